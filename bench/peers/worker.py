#!/usr/bin/env python3
"""One peer in a process of its own: reads commands, a line each, and answers each with a line of JSON.

    worker.py PEER RULE SHAPE [OPTIONS]     SHAPE and OPTIONS are JSON objects

`run N` runs N steps: {"seconds": of one}. `memory`: {"peak": bytes}. It ends with its input.
"""

import importlib
import json
import resource
import sys
import time

import mixer


def make(peer, shape, rule, options):
    return importlib.import_module(f"peer_{peer}").Peer(shape, rule, **options)


def main():
    peer, rule, shape, options = sys.argv[1:5]
    fields = json.loads(shape)
    fields["image"] = tuple(fields["image"])
    worker = make(peer, mixer.Shape(**fields), rule, json.loads(options))
    worker.step()  # compiles
    worker.step()
    worker.finish()
    print(json.dumps({"ready": True, "name": worker.name, "version": worker.version}), flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "run":
            count = int(arguments[0])
            start = time.perf_counter()
            for _ in range(count):
                worker.step()
            worker.finish()
            answer = {"seconds": (time.perf_counter() - start) / count}
        else:
            answer = {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
