#!/usr/bin/env python3
"""How often `locl bench --compare` calls two runs of the same device different, and whether it finds a slow-down.

    bench/pairs.py [--pairs 20] [--slow 0.05] [--keep FOLDER] -- build/bin/locl bench --device 0:0

Runs the command in pairs, on a quiet machine, and compares the two of each. With --slow the second of a pair is stopped for
that part of the time (1 ms in every 21 ms for 0.05), by signals: a slow-down that is really there. Prints a line for each
pair, and how many were called different; of those with --slow, in how many training was called slower.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time


def measure(command, out, slow):
    """Runs the benchmark, stopped for a part of the time."""
    process = subprocess.Popen(command + ["--quiet", "--out", out], stdout=subprocess.DEVNULL, start_new_session=True)
    pause = 0.001
    while process.poll() is None:
        if slow > 0:
            time.sleep(pause / slow)
            os.killpg(process.pid, signal.SIGSTOP)
            time.sleep(pause)
            os.killpg(process.pid, signal.SIGCONT)
        else:
            time.sleep(0.5)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")


def compare(locl, first, second):
    text = subprocess.run([locl, "bench", "--compare", first, second, "--json"], check=True, capture_output=True, text=True)
    return json.loads(text.stdout)["comparisons"][0]


def interval(mean):
    """A geometric mean with its 95 % interval, where there were samples enough for one."""
    if mean["low"] is None or mean["high"] is None:
        return f"{mean['ratio']:.4f} [too few samples]"
    return f"{mean['ratio']:.4f} [{mean['low']:.4f}, {mean['high']:.4f}]"


def main():
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--slow", type=float, default=0)
    parser.add_argument("--keep", help="folder for the results")
    options = parser.parse_args(sys.argv[1:split])
    command = sys.argv[split + 1 :]
    if not command:
        parser.error("no command after --")
    folder = options.keep or tempfile.mkdtemp(prefix="locl-pairs-")
    os.makedirs(folder, exist_ok=True)
    different = found = 0
    for pair in range(options.pairs):
        first, second = (os.path.join(folder, f"{pair}-{side}.json") for side in "ab")
        measure(command, first, 0)
        measure(command, second, options.slow)
        result = compare(command[0], first, second)
        slower = [r["name"] for r in result["rows"] if r["kind"] in ("train", "step") and r["verdict"] == "slower"]
        different += result["faster"] + result["slower"] > 0
        found += bool(slower)
        print(f"pair {pair + 1}: {result['faster']} faster, {result['slower']} slower, {result['within_noise']} alike; "
              f"{interval(result['means'][0]['speed'])} times as fast {result['note']}", flush=True)
    print(f"{different} of {options.pairs} pairs called different; training called slower in {found}; results in {folder}")


if __name__ == "__main__":
    main()
