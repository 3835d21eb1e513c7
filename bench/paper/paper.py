#!/usr/bin/env python3
"""The paper's comparison of learning rules, on MNIST and on CIFAR-10, with labels and without. Python's standard
library alone.

    bench/paper/paper.py mnist [--data FOLDER] [--jobs N] [--until HH:MM]
    bench/paper/paper.py cifar10 [--data ARCHIVE] [--epochs N]
    bench/paper/paper.py contrast [--data ARCHIVE] [--epochs N] [--presets "contrast small"]
    bench/paper/paper.py mnist time         seconds per epoch, on a machine that does nothing else
    bench/paper/paper.py mnist report       docs/results/mnist.md again, from docs/results/mnist.jsonl

It searches the learning rate of each variant on held-out training images, then trains in full, seed by seed, at the
lowest priority. It can be stopped at any time (Ctrl-C, SIGTERM, --until); the same command goes on where it was.
Finished runs are lines of docs/results/NAME.jsonl, what is under way is in --work.
"""

import argparse
import datetime
import os
import subprocess
import sys

from report import write_report
from results import Results, ResultsDamaged
from runs import Bench, measure_time, say
from variants import BY_ID, TASKS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROUNDS = 3


def clock(text):
    """HH:MM, the next such moment, as seconds since the epoch."""
    now = datetime.datetime.now()
    at = datetime.datetime.strptime(text, "%H:%M").replace(year=now.year, month=now.month, day=now.day)
    return (at if at > now else at + datetime.timedelta(days=1)).timestamp()


def parse(argv):
    about, example = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser(description=about, epilog=example,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("phase", nargs="?", default="runs", choices=["runs", "time", "report"])
    parser.add_argument("--data", help="folder or archive of the images (default: data/ of the repository)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at once (default: one per core)")
    parser.add_argument("--until", type=clock, help="HH:MM, save and stop then")
    parser.add_argument("--epochs", type=int, help="of a full run (60 for mnist, 12 for cifar10, else 4)")
    parser.add_argument("--seeds", type=int, help="full runs use the seeds 1 to this one (3 for mnist, else 1)")
    parser.add_argument("--search-epochs", type=int,
                        help="of a search (5 for mnist, 1 for cifar10); 0: the first rate of the table; more than a "
                        "search had before: a second one around what that found")
    parser.add_argument("--search-seeds", type=int, default=1, help="a search's errors are means over so many seeds")
    parser.add_argument("--only", type=lambda text: text.split(","), help="these variants, by comma: bp,lg-fg-a+exact")
    parser.add_argument("--presets", type=lambda text: text.split(","), help="these presets, by comma")
    parser.add_argument("--steps", type=int, help="of a round of `time` (an epoch for mnist, else 20)")
    parser.add_argument("--device", help="a selector (see locl devices) for every run")
    parser.add_argument("--work", default=os.path.join(ROOT, "runs", "paper"), help="where unfinished runs are kept")
    parser.add_argument("--out", default=os.path.join(ROOT, "docs", "results"), help="where results are kept")
    parser.add_argument("--locl", default=os.path.join(ROOT, "build", "bin", "locl"), help="the program")
    return parser.parse_intermixed_args(argv)


def version(program):
    """The program's, and the last commit that changed its sources, where git knows."""
    answer = subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    ask = ["git", "-C", ROOT, "log", "-1", "--format=%h", "--", "src", "cl"]
    try:
        commit = subprocess.run(ask, check=True, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return answer
    return f"{answer} ({commit})" if commit else answer


def check_names(what, given, known):
    unknown = [name for name in given or [] if name not in known]
    if unknown:
        sys.exit(f"--{what}: there is no {', '.join(unknown)}; there are {', '.join(known)}")


def complete(options, task):
    """What follows from the options and the machine."""
    check_names("only", options.only, list(BY_ID))
    check_names("presets", options.presets, task.presets)
    if options.jobs < 1:
        sys.exit("--jobs: should be at least 1")
    options.data = options.data or os.path.join(ROOT, task.data)
    options.epochs = options.epochs or task.epochs
    options.seeds = options.seeds or task.seeds
    options.search_epochs = task.search_epochs if options.search_epochs is None else options.search_epochs
    options.device = ["--device", options.device] if options.device else []
    options.presets = options.presets or task.presets
    options.steps = options.steps or task.timed_steps
    options.rounds = ROUNDS
    # Small steps gain little from a second core, so each run gets its share of them. PoCL's sub-devices would
    # do as well, but wake one another's threads: 7.0 s instead of 5.7 s of processor time for 3 epochs.
    threads = max(1, (os.cpu_count() or 1) // options.jobs)
    options.environment = dict({"POCL_MAX_PTHREAD_COUNT": str(threads)}, **os.environ)


def main():
    options = parse(sys.argv[1:])
    task = TASKS[options.task]
    complete(options, task)
    results = Results(os.path.join(options.out, task.name + ".jsonl"))
    good = True
    if options.phase != "report":
        if not os.access(options.locl, os.X_OK):
            sys.exit(f"{options.locl} is missing: build it first (./locl.sh --version), or name it with --locl")
        if not os.path.exists(options.data):
            sys.exit(f"{options.data} is missing: name the images with --data (docs/data.md)")
        options.version = version(options.locl)
    if options.phase == "runs":
        os.nice(19)
        good = Bench(task, results, options).run()
    elif options.phase == "time":
        good = measure_time(task, results, options)
    written = write_report(task, results, options)
    say(f"{written}" if written else "no full run of bp is finished: no report")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, ResultsDamaged) as reason:
        sys.exit(str(reason) or "stopped")
