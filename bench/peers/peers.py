#!/usr/bin/env python3
"""A training step of locl beside PyTorch, JAX and tinygrad: the same work, in turns, in one run.

    python=$(bench/peers/setup.sh)
    $python bench/peers/peers.py                       all tasks, rules and peers
    $python bench/peers/peers.py --only M/1/16 --rules lg-fg-a,bp --peers torch,jax --rounds 5
    $python bench/peers/peers.py --check               the peers' gradients against those of locl probe
    $python bench/peers/peers.py --on cuda --ahead       the peers on a GPU, all started before the first turn
    $python bench/peers/peers.py --memory              peak memory against depth, PyTorch's bp in micro-batches too

A step is gradient and update (sgd with momentum) on a batch that is there already; draws are part of it. Ratios are
of the medians, a peer's time over locl's. --json FILE also keeps them for programs.
"""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading

import mixer

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

TASKS = {
    "M/8/16": mixer.Shape(blocks=4, side=8, channels=512, groups=16, image=(32, 32, 3), batch=128),
    "M/1/16": mixer.Shape(blocks=1, side=1, channels=512, groups=16, image=(28, 28, 1), batch=128),
    "L/8/64": mixer.Shape(blocks=4, side=8, channels=2048, groups=64, image=(32, 32, 3), batch=32),
}
RULES = ["lg-fg-a", "lg-bp", "bp"]
DEPTHS = [4, 8, 16, 32]

# name: module, and what its Peer is made with. `torch` runs as it is and compiled; the table has the faster one.
PEERS = {"torch": [("torch", {"compiled": False}), ("torch", {"compiled": True})],
         "jax": [("jax", {})],
         "tinygrad": [("tinygrad", {})]}

MEMORY = [("locl lg-fg-a", None, "lg-fg-a", {}), ("locl lg-bp", None, "lg-bp", {}), ("locl bp", None, "bp", {}),
          ("PyTorch bp", "torch", "bp", {"compiled": False}),
          ("PyTorch bp, micro-batches of 16", "torch", "bp", {"compiled": False, "microbatch": 16}),
          ("PyTorch bp, micro-batches of 8", "torch", "bp", {"compiled": False, "microbatch": 8}),
          ("PyTorch bp, checkpoints", "torch", "bp", {"compiled": False, "checkpointing": True}),
          ("PyTorch lg-bp", "torch", "lg-bp", {"compiled": False})]


def parse(argv):
    about, example = __doc__.split("\n\n", 1)
    names = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=about, epilog=example,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare gradients instead of times")
    parser.add_argument("--memory", action="store_true", help="measure peak memory instead of times")
    parser.add_argument("--only", type=names, default=list(TASKS), help="these tasks, by comma")
    parser.add_argument("--rules", type=names, default=RULES, help="these rules, by comma")
    parser.add_argument("--peers", type=names, default=list(PEERS), help="these peers, by comma")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each (9)")
    parser.add_argument("--seconds", type=float, default=1.0, help="about so long is a turn (1)")
    parser.add_argument("--depths", type=lambda text: [int(n) for n in text.split(",")], default=DEPTHS,
                        help="blocks of M/8/16 for --memory (4,8,16,32)")
    parser.add_argument("--device", help="a selector for locl")
    parser.add_argument("--on", choices=["cpu", "cuda"], default="cpu", help="where PyTorch and JAX compute (cpu)")
    parser.add_argument("--samples", type=int, help="of a turn of locl's (9)")
    parser.add_argument("--limit", type=float, default=3600, help="seconds in which a peer has to be ready (3600)")
    parser.add_argument("--ahead", action="store_true", help="start the peers of all tasks at once, before the first turn")
    parser.add_argument("--json", help="a file that gets the figures")
    parser.add_argument("--locl", default=os.path.join(ROOT, "build", "bin", "locl"), help="the program")
    options = parser.parse_args(argv)
    for what, given, known in (("only", options.only, TASKS), ("rules", options.rules, RULES),
                               ("peers", options.peers, PEERS)):
        if unknown := [name for name in given if name not in known]:
            parser.error(f"--{what}: there is no {', '.join(unknown)}; there are {', '.join(known)}")
    return options


def fields_of(shape):
    return json.dumps(mixer.dataclasses.asdict(shape))


class Worker:
    """A peer in its own process (worker.py)."""

    def __init__(self, module, rule, shape, options, limit):
        self.what = f"{module} {rule} {options}"
        self.options = options
        self.complaints = tempfile.TemporaryFile("w+")
        command = [sys.executable, os.path.join(HERE, "worker.py"), module, rule, fields_of(shape), json.dumps(options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=self.complaints)
        self.late = ""
        self.watch = threading.Timer(limit, self.give_up, [limit])
        self.watch.daemon = True
        self.watch.start()

    def give_up(self, limit):
        self.late = f"was not ready in {limit:.0f} s "
        self.process.kill()

    def await_ready(self):
        hello = self.answer()
        self.watch.cancel()
        self.name = f"{hello['name']} {hello['version']}"

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.complaints.seek(0)
            raise RuntimeError(f"{self.what} {self.late or 'ended'}: {self.complaints.read()[-2000:]}")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def measure(self, seconds):
        """Milliseconds of a step, over about so many seconds."""
        once = self.ask("run 1")["seconds"]
        return 1e3 * self.ask(f"run {max(1, round(seconds / once))}")["seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.complaints.close()


class Locl:
    """`locl bench step`, a process for each turn."""

    def __init__(self, options, rule, shape, preset):
        self.name = "locl"
        self.options = {}
        self.file = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self.file.write(configuration(rule, shape, preset))
        self.file.flush()
        self.where = ["--device", options.device] if options.device else []
        rounds = ["--rounds", str(options.samples)] if options.samples else []
        self.command = [options.locl, "bench", "step", self.file.name, "--json", "--quiet", *self.where, *rounds]

    def measure(self, _seconds):
        done = subprocess.run(self.command, stdout=subprocess.PIPE, check=True, text=True).stdout
        return next(row for row in json.loads(done)["results"] if row["name"] == "step")["median"]

    def close(self):
        self.file.close()


def configuration(rule, shape, preset):
    depth = f", blocks: {shape.blocks}" if shape.blocks != TASKS[preset].blocks else ""
    return (f"model: {{preset: {preset}, image: {list(shape.image)}, classes: {shape.classes}{depth}}}\n"
            f"rule: {{name: {rule}}}\n"
            f"data: {{name: folder, path: nowhere, batch: {shape.batch}}}\n"
            "optimizer: {name: sgd, lr: 0.01, momentum: 0.9}\n")


def spread(values):
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": middle, "q1": low, "q3": high}


def start(options, task, rule):
    """The peers of a task under a rule; they get ready side by side."""
    cuda = options.on == "cuda"
    where = {"torch": {"device": options.on, "graphs": cuda}, "jax": {"device": options.on}, "tinygrad": {}}
    return [Worker(module, rule, TASKS[task], {**made_with, **where[module]}, options.limit)
            for peer in options.peers for module, made_with in PEERS[peer]]


def ready(workers):
    """Those that get ready; of the others it is said why not."""
    able = []
    for worker in workers:
        try:
            worker.await_ready()
            able.append(worker)
        except RuntimeError as error:
            print(f"left out: {error}", file=sys.stderr)
    return able


def take_turns(options, runners):
    """Times of each runner; one that fails is left out from there on."""
    times = {runner: [] for runner in runners}
    for _ in range(options.rounds):
        for runner in list(times):
            try:
                times[runner].append(runner.measure(options.seconds))
            except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
                print(f"left out: {runner.name}: {error}", file=sys.stderr)
                del times[runner]
    return times


def compare(options, task, rule, workers):
    """One table row for each runner of the task under the rule."""
    locl = Locl(options, rule, TASKS[task], task)
    try:
        times = take_turns(options, [locl, *workers])
    finally:
        for runner in [locl, *workers]:
            runner.close()
    rows = [{"task": task, "rule": rule, "name": runner.name, "options": runner.options, "unit": "ms",
             **spread(taken), "runs": len(taken)} for runner, taken in times.items()]
    for row in rows:
        row["ratio"] = row["median"] / rows[0]["median"] if locl in times else None
    return rows


def compare_all(options, report):
    """Hands the rows of each task under each rule to `report`."""
    pairs = [(task, rule) for task in options.only for rule in options.rules]
    ahead = {pair: start(options, *pair) for pair in pairs} if options.ahead else {}
    ahead = {pair: ready(workers) for pair, workers in ahead.items()}
    for pair in pairs:
        workers = ahead[pair] if options.ahead else ready(start(options, *pair))
        report(compare(options, *pair, workers))


def print_head():
    print(f"{'task':8}{'rule':9}{'runner':44}{'ms':>10}{'quartiles':>20}{'over locl':>11}")


def print_times(rows):
    for row in rows:
        compiled, graphs = row["options"].get("compiled"), row["options"].get("graphs")
        made = ", compiled, graphs" if compiled and graphs else ", compiled" if compiled else ""
        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}"
        print(f"{row['task']:8}{row['rule']:9}{row['name'] + made:44}{row['median']:10.2f}"
              f"{row['q1']:10.2f}..{row['q3']:<8.2f}{ratio:>11}", flush=True)


def peak_of_locl(options, rule, shape):
    """The greatest resident memory of a process that trains for a step, its kernels in the cache."""
    runner = Locl(options, rule, shape, "M/8/16")
    code = "import resource, subprocess, sys\n" \
           "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n" \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
    command = [options.locl, "bench", "start", runner.file.name, "--once", "0", "--json", "--quiet", *runner.where]
    for _ in ("builds the kernels", "measured"):
        done = subprocess.run([sys.executable, "-c", code, *command], check=True, stdout=subprocess.PIPE, text=True)
    runner.close()
    return int(done.stdout)


def peak_of(options, module, rule, made_with, depth):
    shape = mixer.dataclasses.replace(TASKS["M/8/16"], blocks=depth)
    if module is None:
        return peak_of_locl(options, rule, shape)
    worker = Worker(module, rule, shape, made_with, options.limit)
    worker.await_ready()
    peak = worker.ask("memory")["peak"]
    worker.close()
    return peak


def measure_memory(options):
    """Prints a line for each way to train, as it comes, and returns the rows."""
    rows = []
    print(f"{'peak memory of the process, MB':36}" + "".join(f"{f'{d} blocks':>12}" for d in options.depths))
    for name, module, rule, made_with in MEMORY:
        print(f"{name:36}", end="", flush=True)
        for depth in options.depths:
            peak = peak_of(options, module, rule, made_with, depth) / 1e6
            rows.append({"name": name, "blocks": depth, "unit": "MB", "peak": peak})
            print(f"{peak:12.0f}", end="", flush=True)
        print(flush=True)
    return rows


def check_all(options):
    import check
    import worker
    bad = 0
    for peer in options.peers:
        for module, made_with in PEERS[peer][:1]:
            for rule in options.rules:
                make = lambda shape, rule: worker.make(module, shape, rule, made_with)
                error, where = check.check(make, rule, options.locl, options.device)
                good = error <= check.TOLERANCE
                bad += not good
                print(f"{peer:10}{rule:10}{error:10.1e}  {where:24}{'PASS' if good else 'FAIL'}", flush=True)
    return 1 if bad else 0


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else "unknown"


def measure_times(options, keep):
    rows = []

    def report(more):
        print_times(more)
        rows.extend(more)
        keep(rows)

    print_head()
    compare_all(options, report)


def main(argv):
    options = parse(argv)
    if options.check:
        return check_all(options)
    cpu = processor()
    load = os.getloadavg()[0]
    print(f"{cpu}, {datetime.date.today()}, load {load:.1f} at the start" +
          (": not quiet" if load > 0.5 else ""))
    if "AMD" in cpu and options.on == "cpu":
        print("PyTorch's MKL is held back on AMD's processors: its ratios are larger than on Intel's")

    def keep(rows):
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump({"processor": cpu, "load": load, "on": options.on, "results": rows}, file, indent=1)

    if options.memory:
        rows = measure_memory(options)
        keep(rows)
    else:
        measure_times(options, keep)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
