"""docs/results/NAME.md and its pictures, from NAME.jsonl alone: the same lines give the same bytes."""

import collections
import os
import statistics
import textwrap

from curves import draw, have_gnuplot
from results import last_error, rate_of
from variants import BATCH, CLASSIFIER_LR, CONTRAST, PAPER, SAME_WITH_ONE_BLOCK, VARIANTS

TARGET = 3.0  # % test error, for the time to it on MNIST
PAPER_GAP = 8.77  # points between lg-fg-a and bp without labels, in the paper; half of it is the aim at equal epochs
AIM = 0.2     # points between lg-fg-a with the means of docs/spec.md, section 5, and bp
MEANS = [v for v in VARIANTS if v.paper is None]


def fill(text):
    return textwrap.fill(text, 120, break_on_hyphens=False)  # lg-fg-a stays whole


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def signed(value):
    return "-" if value is None else f"{value:+.2f}"


def mean(values):
    values = [v for v in values if v is not None]
    return statistics.fmean(values) if values else None


def first_below(errors, limit):
    return next((epoch for epoch, error in enumerate(errors, 1) if error is not None and error <= limit), None)


def outcome(run):
    return "diverged" if run.get("diverged") else number(last_error(run))


def rate_text(rate):
    """"c1": with the classifier's factor 1 instead of the usual one."""
    return f"{rate[0]:g}" + ("" if rate[1] == CLASSIFIER_LR else f" c{rate[1]:g}")


def gap(row, other):
    """Points of test error between two rows; None where one of them has none."""
    if row is None or other is None or row.test is None or other.test is None:
        return None
    return row.test - other.test


def gap_text(row, other):
    """With the standard error, where both have several seeds."""
    counts, error = (len(row.errors), len(other.errors)), ""
    if min(counts) > 1:
        variances = statistics.variance(row.errors) / counts[0] + statistics.variance(other.errors) / counts[1]
        error = f" ± {variances ** .5:.2f}"
    return f"{gap(row, other):.2f}{error} points"


def epochs_text(epochs):
    return f"{epochs} epoch{'' if epochs == 1 else 's'}"


def longer(ran, preset, epochs):
    """The variants of a preset that ran for more epochs."""
    return set().union(*(variants for (p, e), variants in ran.items() if p == preset and e > epochs))


class Row:
    """What the finished runs of a variant give."""

    def __init__(self, results, preset, variant, epochs):
        self.variant, self.preset = variant, preset
        every = results.full(preset, variant.id, epochs)
        self.diverged = [r for r in every if r.get("diverged")]
        self.runs = [r for r in every if not r.get("diverged")]
        self.rate = rate_of(every[0]) if every else None
        self.errors = [last_error(r) for r in self.runs]
        self.test = mean(self.errors)
        self.head = None if variant.id == "bp" or preset in CONTRAST else mean([r["head"][-1] for r in self.runs])
        self.train = mean([r.get("train") for r in self.runs])
        self.rounds = results.seconds_per_epoch(preset, variant.id)
        self.seconds = statistics.median(self.rounds) if self.rounds else None
        reached = [first_below(r["test"], TARGET) for r in self.runs]
        self.to_target = None if None in reached else mean(reached)

    def spread(self):
        if self.test is None:
            return "diverged" if self.diverged else "not run yet"
        deviation = f" ± {statistics.stdev(self.errors):.2f}" if len(self.errors) > 1 else ""
        lost = f", {len(self.diverged)} diverged" if self.diverged else ""
        return f"{self.test:.2f}{deviation} ({len(self.errors)}{lost})"

    def time(self):
        if self.seconds is None:
            return "not measured"
        return f"{self.seconds:.2f} ({self.rounds[0]:.2f} to {self.rounds[-1]:.2f})"

    def target(self):
        if self.to_target is None:
            return "not reached" if self.runs else "-"
        seconds = "" if self.seconds is None else f", {self.to_target * self.seconds:.0f} s"
        return f"{self.to_target:.1f}{seconds}"

    def curve(self):
        """The mean over the seeds, epoch by epoch."""
        return [(epoch, statistics.fmean(errors)) for epoch, errors
                in enumerate(zip(*(r["test"] for r in self.runs)), 1)]


class Report:
    def __init__(self, task, results, out):
        self.task, self.results, self.out = task, results, out
        full = [r for r in results.lines if r["phase"] == "full"]
        ran = {(preset, epochs): {r["variant"] for r in full if (r["preset"], r["epochs"]) == (preset, epochs)}
               for preset in task.presets for epochs in {r["epochs"] for r in full}}
        # a table for each length at which bp ran, and something that did not run longer; the longest first
        self.tables = sorted((key for key in ran if ran[key] - longer(ran, *key) and "bp" in ran[key]),
                             key=lambda key: (task.presets.index(key[0]), -key[1]))
        self.rows = {(preset, epochs): {v.id: Row(results, preset, v, epochs) for v in task.variants(preset)
                                        if self.belongs(ran, preset, v.id, epochs)}
                     for preset, epochs in self.tables}
        self.text = []

    def belongs(self, ran, preset, variant, epochs):
        """Whether a variant has a row: it ran so long, or, in the first table of a preset, at no length."""
        first = [key for key in self.tables if key[0] == preset][0] == (preset, epochs)
        return variant in ran[preset, epochs] or first and not any(variant in ran[key] for key in self.tables
                                                                   if key[0] == preset)

    def lengths(self):
        """"12 and 4 epochs"."""
        lengths = sorted({epochs for _, epochs in self.tables}, reverse=True)
        return " and ".join(str(e) for e in lengths[:-1] + [epochs_text(lengths[-1])])

    def add(self, *lines):
        self.text += lines

    # ---- tables ----

    def table(self, preset, rows):
        heads = ["rule", "test error, % (seeds)", "rate", "last head", "train error", "paper: test / train",
                 "minus our bp", "minus our lg-bp", "s/epoch"]
        target = self.task.name == "mnist"
        self.add("| " + " | ".join(heads + ([f"to {TARGET:g} %: epochs, s"] if target else [])) + " |",
                 "|---" * (len(heads) + target) + "|")
        listed = [(name, SAME_WITH_ONE_BLOCK.get(name, name)) for name in PAPER]
        listed = [(name, own) for name, own in listed if own in rows and (name == own or target)]
        for name, own in listed + [(v.id, v.id) for v in MEANS if v.id in rows]:
            row = rows[own]
            paper = "/".join(number(x) for x in PAPER.get(name, {}).get(preset, (None,)))
            label = name if name in PAPER else row.variant.label
            cells = [label + (f" (is {own})" if name != own else ""), row.spread(),
                     "-" if row.rate is None else rate_text(row.rate), number(row.head), number(row.train), paper]
            cells += [signed(gap(row, rows.get(base))) for base in ("bp", "lg-bp")]
            cells += [row.time()] + ([row.target()] if target else [])
            self.add("| " + " | ".join(cells) + " |")
        self.add("")

    def gaps(self, preset, rows):
        local, plain = gap(rows.get("lg-bp"), rows.get("bp")), gap(rows.get("lg-fg-a"), rows.get("bp"))
        if local is None:
            return
        text = (f"Gaps to our own bp (± standard error over seeds): lg-bp, which has the exact local gradient, "
                f"{gap_text(rows['lg-bp'], rows['bp'])}")
        if plain is not None:
            text += f"; lg-fg-a with the paper's estimator {gap_text(rows['lg-fg-a'], rows['bp'])}"
        if self.task.name == "contrast":
            text += f". The aim for lg-fg-a is {PAPER_GAP / 2:.2f} at most"
        self.add(fill(text + ". With means of lower variance:"), "")
        for variant in MEANS:
            distance = gap(rows.get(variant.id), rows["bp"])
            if distance is not None:
                notes = [] if plain is None else [f"{plain - distance:.2f} less than the plain estimator"]
                notes += [f"{signed(gap(rows[variant.id], rows['lg-bp']))} to lg-bp"]
                aim = PAPER_GAP / 2 if self.task.name == "contrast" else AIM
                if self.task.name != "cifar10":  # whose aim is for full length
                    notes += [f"{'at most' if distance <= aim else 'above'} {aim:.3g}, the aim"]
                self.add(f"- {variant.label}: {gap_text(rows[variant.id], rows['bp'])}; " + "; ".join(notes))
        self.add("")

    def misses(self, preset, rows):
        found = []
        for name, numbers in PAPER.items():
            row = rows.get(SAME_WITH_ONE_BLOCK.get(name, name))
            if row is None or (row.test is None and not row.diverged):
                continue
            if row.test is None or row.test > numbers[preset][0]:
                found.append(f"- {name}: {row.spread()}, the paper has {numbers[preset][0]:.2f}")
        self.add("Misses, that is, above the paper's test error:" if found else
                 "Misses: none; each rule that was run is at or below the paper's test error.", "")
        self.add(*(found + [""] if found else []))

    def rates(self, preset):
        self.add(f"| {preset} | learning rate: error on the held-out images, % |", "|---|---|")
        for variant in self.task.variants(preset):
            best = self.results.best_rate(preset, variant.id)
            for epochs, rates in self.results.searched(preset, variant.id).items():
                seeds = max(r["seed"] for r in self.results.runs("search", preset, variant.id) if r["epochs"] == epochs)
                cells = []
                for rate, error in rates.items():
                    text = f"{rate_text(rate)}: " + (number(error) if error < 100 else "diverged")
                    cells.append(f"**{text}**" if rate == best else text)
                over = f", mean of {seeds} seeds" if seeds > 1 else ""
                self.add(f"| {variant.label}, {epochs_text(epochs)}{over} | {', '.join(cells)} |")
        self.add("")

    def others(self):
        """Runs of another length than the table's, or with another rate."""
        shown = {id(r) for rows in self.rows.values() for row in rows.values() for r in row.runs + row.diverged}
        rest = []
        for preset in self.task.presets:
            for variant in self.task.variants(preset):
                for run in self.results.runs("full", preset, variant.id):
                    if id(run) not in shown:
                        rest.append(f"| {preset} | {variant.label} | {run['epochs']} | {rate_text(rate_of(run))} | "
                                    f"{run['seed']} | {outcome(run)} |")
        if rest:
            self.add("## Other lengths and rates", "", "| preset | rule | epochs | rate | seed | test error, % |",
                     "|---|---|---|---|---|---|", *rest, "")

    # ---- curves ----

    def picture(self, name, title, xlabel, curves):
        curves = [(label, points) for label, points in curves if points]
        if curves and self.drawing:
            draw(os.path.join(self.out, name), title, xlabel, curves)
        if curves:
            self.add(f"![{title}]({name})", "")

    def curves(self, preset, epochs):
        rows, short = self.rows[preset, epochs], preset.removeprefix("contrast ").replace("/", "-").lower()
        if epochs != max(e for p, e in self.tables if p == preset):
            short += f"-{epochs}"
        title = f"{self.task.title} {preset}, {epochs_text(epochs)}, mean over seeds"
        plain = [row for row in rows.values() if row.variant.paper]
        reduced = [rows[v] for v in ("bp", "lg-bp", "lg-fg-a") if v in rows]
        reduced += [row for row in rows.values() if not row.variant.paper]
        if self.task.name == "mnist":
            groups = [("rules", "the paper's rules", plain), ("means", "lg-fg-a with less variance", reduced)]
        else:
            groups = [("epochs", "by epochs", list(rows.values()))]
        for suffix, what, members in groups:
            self.picture(f"{self.task.name}-{short}-{suffix}.svg", f"{title}: {what}", "epoch",
                         [(row.variant.label, row.curve()) for row in members])
        if self.task.name != "mnist":
            self.seconds_picture(short, title, list(rows.values()))

    def seconds_picture(self, short, title, rows):
        """Of the rules whose time was measured; the runs' own seconds hold what else the machine did."""
        curves = [(row.variant.label, [(x * row.seconds, y) for x, y in row.curve()])
                  for row in rows if row.seconds is not None]
        if not curves:
            self.add("By time: not measured yet.", "")
        self.picture(f"{self.task.name}-{short}-seconds.svg", f"{title}: by time", "seconds of training, quiet machine",
                     curves)

    # ---- all ----

    def write(self):
        self.drawing = have_gnuplot()
        task = self.task
        self.add(f"# {task.title}: the paper's learning rules", "",
                 f"<!-- Written by bench/paper/paper.py from {task.name}.jsonl: do not edit. -->", "")
        for line in INTRODUCTION[task.name](self):
            self.add(fill(line))
        for preset, epochs in self.tables:
            rows = self.rows[preset, epochs]
            self.add(f"## {preset.removeprefix('contrast ')}, {epochs_text(epochs)}", "")
            self.table(preset, rows)
            if task.name == "mnist":  # elsewhere the runs are much shorter than the paper's
                self.misses(preset, rows)
            self.gaps(preset, rows)
            self.curves(preset, epochs)
        self.others()
        notes = os.path.join(os.path.dirname(os.path.abspath(__file__)), task.name + "-notes.md")
        if os.path.exists(notes):
            with open(notes, encoding="utf-8") as file:
                self.add(file.read().rstrip("\n"), "")
        if any(r["phase"] == "search" for r in self.results.lines):
            self.add("## Rates", "")
            for preset in dict(self.tables):
                self.rates(preset)
        path = os.path.join(self.out, task.name + ".md")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.text))
        return path


def settings(report):
    return (f"sgd with momentum 0.9, weight decay 1e-4, batch {BATCH}, linear schedule, lecun initialisation, the "
            "classifier's rate a tenth of the rate as in the authors' code (c1: equal to it), Gaussian noise and one "
            "draw a step where no other is named.")


def versions(report):
    """Which sources the table's numbers are of."""
    def counted(lines):
        count = collections.Counter(line.get("version", "an unknown version") for line in lines)
        return ", ".join(f"{version}: {count[version]}" for version in sorted(count))
    rows = [row for rows in report.rows.values() for row in rows.values()]
    timed = [lines[-1] for row in rows if (lines := report.results.runs_of_time(row.preset, row.variant.id))]
    text = f"Runs by version: {counted(run for row in rows for run in row.runs + row.diverged)}"
    return text + (f"; times: {counted(timed)}." if timed else ".")


def searched(report):
    """How the rates of the longest runs were found."""
    task = report.task
    preset, epochs = report.tables[0]
    labels = {True: [], False: []}
    for row in report.rows[preset, epochs].values():
        if row.rate is not None:
            labels[row.rate == report.results.best_rate(preset, row.variant.id)].append(row.variant.id)
    if not labels[True]:
        return "Rates are sensible ones, not searched."
    of = f"In the runs of {epochs_text(epochs)} the rates"
    text = (f"{of} of {', '.join(labels[True])} are those with the lowest error on {task.holdout} held-out "
            f"training images after {epochs_text(task.search_epochs)} of their whole schedule")
    return text + (f"; those of {', '.join(labels[False])} are sensible ones." if labels[False] else ".")


def _mnist(report):
    task = report.task
    return [
        f"{task.images} training images, {report.lengths()}, {settings(report)} Each rule's rate is the one with "
        f"the lowest error on {task.holdout} held-out training images after {task.search_epochs} epochs (more where so "
        "said: then a second, longer search around what the first one found decides); the full runs then train on all "
        "images, and the error after the last epoch counts. Rules that need small rates are also searched with the "
        "classifier's rate equal to the rate, since a tenth of it hardly moves the classifier; in a greedy rule that "
        "changes the readout alone. Errors in per cent, of the classifier and "
        "(last head) of the last block's own head; mean ± standard deviation over seeds, their number in brackets. "
        "l-bp and l-fa are lg-bp and lg-fa to the last bit with one block, so one run stands for both. s/epoch: median "
        f"and range of 3 rounds on the whole, quiet machine, one variant after the other; to {TARGET:g} %: first "
        "epoch at whose end the test error is that low, mean over seeds, and that many epochs' seconds. Means of lower "
        f"variance aim at a gap to bp of at most {AIM} points.", "",
        "To repeat it: `bench/paper/paper.py mnist --data FOLDER` (stop it when you like, it goes on where it was), "
        "on a quiet machine `bench/paper/paper.py mnist time`; what is measured is in mnist.jsonl. "
        + versions(report), ""]


def _cifar10(report):
    return [
        f"{report.task.images} training images, {report.lengths()} of the whole schedule, no augmentation, "
        f"{settings(report)} The paper does not say how long it trained; the rules are compared with each other at "
        f"equal epochs and at equal time. {searched(report)}", "",
        "To repeat it: `bench/paper/paper.py cifar10 --data ARCHIVE --epochs N`, `bench/paper/paper.py cifar10 time`; "
        "what is measured is in cifar10.jsonl. " + versions(report), ""]


def _contrast(report):
    small = CONTRAST["contrast small"]
    return [
        f"{report.task.images} training images, of which a step takes {BATCH} in two augmented views (docs/spec.md, 7: "
        f"local InfoNCE losses, temperature 0.5, heads of 128 outputs), {report.lengths()} of the whole schedule, "
        f"{settings(report)} After each epoch a linear classifier alone is trained for one, on features of the images "
        f"as they are; errors are its. The small network has {small['blocks']} blocks, {small['patches']} x "
        f"{small['patches']} patches and {small['channels']} channels in {small['groups']} groups. Rates are not "
        f"searched. In the paper the gap between lg-fg-a and bp is {PAPER_GAP} points, and half of that the aim at "
        "equal epochs.", "",
        "To repeat it: `bench/paper/paper.py contrast --data ARCHIVE --epochs N`, "
        "`bench/paper/paper.py contrast time`; "
        "what is measured is in contrast.jsonl. " + versions(report), ""]


INTRODUCTION = {"mnist": _mnist, "cifar10": _cifar10, "contrast": _contrast}


def write_report(task, results, options):
    """The file's path, or None without a finished run of bp, with which all are compared."""
    report = Report(task, results, options.out)
    return report.write() if report.tables else None
