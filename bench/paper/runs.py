"""Runs of locl: which are missing, several at once, stopped and gone on with, their results noted."""

import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple

from variants import BATCH, BY_ID, CLASSIFIER_LR, config

# phase: search (on held-out training images) or full
Job = namedtuple("Job", "phase preset variant lr classifier_lr seed epochs")

EXIT_FAILED, EXIT_INTERRUPTED = 1, 5  # docs/command.md
GROWN = 3  # how often a search grows beyond an edge of its rates


class RunFailed(Exception):
    """A run ended well, and what it learned cannot be read."""


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def launch(command, environment, **streams):
    """A process in a session of its own, so that Ctrl-C does not lose what is nearly done. Linux may weigh sessions
    against one another by a niceness of theirs, whatever that of their processes; this one's is the lowest, too."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True, **streams)
    try:
        with open(f"/proc/{process.pid}/autogroup", "w", encoding="ascii") as file:
            file.write("19")
    except OSError:  # sessions are not weighed here, or it has ended
        pass
    return process


def grow(rates, errors):
    """The rates, and while all have an error and the best lies at an edge, one more beyond that edge."""
    rates, count = sorted(rates), len(rates)
    while all(rate in errors for rate in rates) and len(rates) < count + GROWN:
        best = min(rates, key=lambda rate: errors[rate])
        if best == rates[0]:
            rates.insert(0, float(f"{best / 2:.3g}"))
        elif best == rates[-1]:
            rates.append(float(f"{best * 2:.3g}"))
        else:
            break
    return rates


def candidates(task, results, preset, variant, epochs):
    """(rate, the classifier's factor on it) that a search tries: first with the paper's factor; rules that need small
    rates then with the factor 1 around the best rate, since a tenth of a small rate hardly moves the classifier. A
    longer search begins with what a shorter one found, and twice that."""
    def errors(factor):
        found = results.searched(preset, variant.id).get(epochs, {})
        return {rate: error for (rate, of), error in found.items() if of == factor}
    shorter = results.best_rate(preset, variant.id, epochs)
    if shorter:
        rate, factor = shorter
        return [(rate, factor) for rate in grow([rate, float(f"{rate * 2:.3g}")], errors(factor))]
    first = errors(CLASSIFIER_LR)
    rates = grow(variant.rates[preset], first)
    found = [(rate, CLASSIFIER_LR) for rate in rates]
    if task.search_factor and "fg-" in variant.id and all(rate in first for rate in rates):
        best = min(rates, key=lambda rate: first[rate])
        found += [(rate, 1.0) for rate in grow([float(f"{best / 2:.3g}"), best], errors(1.0))]
    return found


def chosen(task, preset, options):
    """The preset's variants, or those of them that --only names."""
    return [v for v in task.variants(preset) if options.only is None or v.id in options.only]


class Bench:
    def __init__(self, task, results, options):
        self.task, self.results, self.options = task, results, options
        self.running = {}  # Job: process
        self.failed = set()
        self.stopping = False

    # ---- what is to be done ----

    def done(self, job):
        return any(all(r[name] == getattr(job, name) for name in ("lr", "classifier_lr", "seed", "epochs"))
                   for r in self.results.runs(job.phase, job.preset, job.variant))

    def searches(self, preset):
        epochs = self.options.search_epochs
        for variant in chosen(self.task, preset, self.options) if epochs else []:
            for rate in candidates(self.task, self.results, preset, variant, epochs):
                for seed in range(1, self.options.search_seeds + 1):
                    yield Job("search", preset, variant.id, *rate, seed, epochs)

    def searched(self, preset, variant):
        return all(self.done(job) for job in self.searches(preset) if job.variant == variant)

    def fulls(self, preset, seed):
        for variant in chosen(self.task, preset, self.options):
            if self.options.search_epochs:
                if not self.searched(preset, variant.id):
                    continue
                rate = self.results.best_rate(preset, variant.id)
            else:
                rate = variant.rates[preset][0], CLASSIFIER_LR
            yield Job("full", preset, variant.id, *rate, seed, self.options.epochs)

    def wanted(self):
        """In the order of their importance."""
        for seed in range(1, self.options.seeds + 1):
            for preset in self.options.presets:
                yield from self.searches(preset)
                yield from self.fulls(preset, seed)

    def missing(self):
        self.results.read()
        for job in self.wanted():
            if job not in self.failed and job not in self.running and not self.done(job):
                yield job

    # ---- one run ----

    def folder(self, job):
        name = f"{job.phase}-e{job.epochs}-lr{job.lr:g}-c{job.classifier_lr:g}-seed{job.seed}"
        preset = job.preset.replace("/", "-").replace(" ", "-")
        return os.path.join(self.options.work, self.task.name, preset, job.variant, name)

    def write_config(self, job, path):
        holdout = self.task.holdout if job.phase == "search" else 0
        content = config(self.task, self.options.data, job.preset, BY_ID[job.variant],
                         (job.lr, job.classifier_lr), job.seed, job.epochs, holdout)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)

    def start(self, job):
        folder = self.folder(job)
        checkpoints = os.path.join(folder, "checkpoints")
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        if os.path.isdir(checkpoints) and any(f.endswith(".safetensors") for f in os.listdir(checkpoints)):
            command = ["train", "--resume", folder, "--set", "data.path=" + self.options.data]
        else:
            self.write_config(job, folder + ".yaml")
            command = ["train", folder + ".yaml", "--set", "run.dir=" + folder]
        command = [self.options.locl] + command + ["--json"] + self.options.device
        with open(folder + ".log", "ab") as log, open(folder + ".err", "wb") as err:
            self.running[job] = launch(command, self.options.environment, stdout=log, stderr=err)
        say(f"{' '.join(str(x) for x in job)}: {command[1]} {command[2]}")

    def measured(self, job):
        """From the run's metrics, which a resumed run goes on with."""
        tests, heads, seconds = [], [], 0.0
        path = os.path.join(self.folder(job), "metrics.jsonl")
        with open(path, encoding="utf-8") as file:
            for line in map(json.loads, file):
                if line["kind"] == "test":
                    tests.append(percent(line["error"]))
                    if line["blocks"]:  # not under contrast, whose heads know no classes
                        heads.append(percent(line["blocks"][-1]["error"]))
                elif line.get("images_per_second"):
                    seconds += line["images"] / line["images_per_second"]
        return {"test": tests, "head": heads, "seconds": round(seconds, 2)}

    def train_error(self, job):
        command = [self.options.locl, "eval", self.folder(job), "--split", "train", "--json"] + self.options.device
        process = launch(command, self.options.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        answer, said = process.communicate()
        if process.returncode:
            raise RunFailed(f"eval ended with exit code {process.returncode}: {said.strip()}")
        return percent(json.loads(answer)["error"])

    def note(self, job, diverged):
        line = dict(job._asdict(), version=self.options.version)
        line.update(self.measured(job))
        if diverged:
            line["diverged"] = True
        elif job.phase == "full":
            line["train"] = self.train_error(job)
        self.results.add(line)
        shutil.rmtree(os.path.join(self.folder(job), "checkpoints"), ignore_errors=True)
        say(f"{' '.join(str(x) for x in job)}: {'diverged' if diverged else line['test'][-1]}")

    def ended(self, job, code):
        with open(self.folder(job) + ".err", encoding="utf-8", errors="replace") as file:
            said = file.read().strip()
        if code == 0:
            try:
                self.note(job, False)
            except RunFailed as reason:
                say(f"{' '.join(str(x) for x in job)}: left out: {reason}")
                self.failed.add(job)
        elif code == EXIT_FAILED and "not finite" in said:
            self.note(job, True)
        elif code == EXIT_INTERRUPTED or (self.stopping and code == -signal.SIGTERM):
            self.stop()
        else:
            say(f"{' '.join(str(x) for x in job)}: exit code {code}, left out: {said}")
            self.failed.add(job)

    # ---- all of them ----

    def stop(self, *_):
        if not self.stopping:
            say("stopping; the same command goes on from here")
            self.stopping = True
            for process in self.running.values():
                process.send_signal(signal.SIGTERM)

    def run(self):
        """True if nothing is missing and nothing failed."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)
        try:
            while self.fill():
                time.sleep(0.2)
                if self.options.until and time.time() >= self.options.until:
                    self.stop()
                for job in [j for j, process in self.running.items() if process.poll() is not None]:
                    self.ended(job, self.running.pop(job).returncode)
        finally:  # also after an error of this program: no run is left behind
            for process in self.running.values():
                process.terminate()
        return not self.stopping and not self.failed

    def fill(self):
        """Starts what fits; whether anything runs."""
        while len(self.running) < self.options.jobs and not self.stopping:
            job = next(self.missing(), None)
            if job is None:
                break
            self.start(job)
        return bool(self.running)


def percent(fraction):
    return None if fraction is None else round(100 * fraction, 4)


def measure_time(task, results, options):
    """Seconds per epoch on the whole device, the variants in turns, so that a disturbance hits all alike. True if
    every one could be measured."""
    found, good = {}, True
    for number in range(options.rounds):
        for preset in options.presets:
            for variant in chosen(task, preset, options):
                seconds = time_once(task, preset, variant, options)
                if seconds is None:
                    good = False
                    continue
                found.setdefault((preset, variant.id), []).append(round(seconds, 3))
                say(f"round {number + 1}: {preset} {variant.id}: {seconds:.3f} s/epoch")
    for (preset, variant), rounds in found.items():
        results.add({"phase": "time", "preset": preset, "variant": variant, "steps": options.steps,
                     "seconds_per_epoch": rounds, "version": options.version})
    return good


def time_once(task, preset, variant, options):
    """A run of a few steps, which ends with a test of one batch; only its training counts."""
    folder = os.path.join(options.work, "time")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(options.work, exist_ok=True)
    with open(folder + ".yaml", "w", encoding="utf-8") as file:
        json.dump(config(task, options.data, preset, variant, (variant.rates[preset][0], CLASSIFIER_LR), 1, 1, BATCH),
                  file)
    command = [options.locl, "train", folder + ".yaml", "--json", "--set", "run.dir=" + folder,
               "--set", f"train.steps={options.steps}", "--set", "train.save_steps=1000000"]
    answer = subprocess.run(command + options.device, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, check=False, text=True)
    if answer.returncode != 0:
        print(f"{preset} {variant.id} is left out: {answer.stderr.strip()}", file=sys.stderr)
        return None
    end = json.loads(answer.stdout.splitlines()[-1])
    return end["seconds"] / end["step"] * task.steps_per_epoch()
