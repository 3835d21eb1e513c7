"""docs/results/NAME.jsonl: one line for each finished run, and for each round of timing. Read, appended to."""

import json
import os
import statistics


class ResultsDamaged(Exception):
    """A line that is no JSON: which one, and what to do."""


class Results:
    def __init__(self, path):
        self.path = path
        self.read()

    def read(self):
        """Again, too, since several commands may run beside one another, for different variants."""
        self.lines = []
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    try:
                        self.lines += [json.loads(line)] if line.strip() else []
                    except ValueError as reason:
                        raise ResultsDamaged(f"{self.path}, line {number}: {reason}; delete that line, its run is "
                                             "then made again") from None

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

    def searched(self, preset, variant):
        """{epochs: {rate: its mean error over the seeds}} of the searches; a run that diverged is as bad as can be."""
        errors = {}
        for run in self.runs("search", preset, variant):
            errors.setdefault(run["epochs"], {}).setdefault(rate_of(run), []).append(last_error(run))
        return {epochs: {rate: statistics.fmean(found) for rate, found in sorted(rates.items())}
                for epochs, rates in sorted(errors.items())}

    def best_rate(self, preset, variant, below=float("inf")):
        """(rate, classifier's factor) by the longest search, of fewer epochs than `below`, that compares two at least;
        None without one."""
        found = [rates for epochs, rates in self.searched(preset, variant).items()
                 if epochs < below and len(rates) > 1]
        return min(found[-1], key=found[-1].get) if found else None

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
