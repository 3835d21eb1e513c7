"""docs/results/NAME.jsonl: one line for each finished run, and for each round of timing. Read, appended to."""

import json
import os


class Results:
    def __init__(self, path):
        self.path = path
        self.lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.lines = [json.loads(line) for line in file if line.strip()]

    def add(self, line):
        """Whole or not at all, as far as a file can."""
        self.lines.append(line)
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def runs(self, phase, preset, variant):
        """The last line of each run, in an order that does not depend on when it ended."""
        found = {}
        for line in self.lines:
            if (line["phase"], line["preset"], line["variant"]) == (phase, preset, variant):
                found[rate_of(line), line["seed"], line["epochs"]] = line
        return [found[key] for key in sorted(found)]

    def best_rate(self, preset, variant, below=float("inf")):
        """(rate, classifier's factor) by the longest search, of fewer epochs than `below`, that compares two at least;
        None without one."""
        by_epochs = {}
        for line in self.runs("search", preset, variant):
            if line["epochs"] >= below:
                continue
            by_epochs.setdefault(line["epochs"], {})[rate_of(line)] = last_error(line)
        for epochs in sorted(by_epochs, reverse=True):
            errors = by_epochs[epochs]
            if len(errors) > 1:
                return min(sorted(errors), key=lambda rate: errors[rate])
        return None

    def full(self, preset, variant, epochs):
        """The finished runs of a variant, all with one rate: the search's, or else the one with most seeds."""
        runs = [r for r in self.runs("full", preset, variant) if r["epochs"] == epochs]
        best = self.best_rate(preset, variant)
        rates = sorted({rate_of(r) for r in runs})
        if not rates:
            return []
        rate = max(rates, key=lambda x: (x == best, sum(rate_of(r) == x for r in runs)))
        return [r for r in runs if rate_of(r) == rate]

    def seconds_per_epoch(self, preset, variant):
        """The rounds of the last timing, or []."""
        lines = self.runs_of_time(preset, variant)
        return sorted(lines[-1]["seconds_per_epoch"]) if lines else []

    def runs_of_time(self, preset, variant):
        return [line for line in self.lines
                if (line["phase"], line["preset"], line["variant"]) == ("time", preset, variant)]


def rate_of(run):
    return run["lr"], run["classifier_lr"]


def last_error(run):
    """% of the classifier after the last epoch; one that diverged is as bad as can be."""
    return 100.0 if run.get("diverged") or not run["test"] else run["test"][-1]
