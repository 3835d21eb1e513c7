"""What is compared: the paper's numbers (docs/spec.md, 9), the variants with the rates that are tried, the settings."""

import collections

# rule: {preset: (test error, train error)}, % as the paper prints them
PAPER = {
    "bp": {"S/1/1": (2.66, 0.00), "M/1/16": (2.41, 0.00), "M/8/16": (33.62, 0.00), "contrast M/8/16": (24.11, None)},
    "l-bp": {"S/1/1": (2.38, 0.00), "M/1/16": (2.16, 0.00), "M/8/16": (30.75, 0.00)},
    "lg-bp": {"S/1/1": (2.43, 0.00), "M/1/16": (2.81, 0.00), "M/8/16": (33.84, 0.05)},
    "fa": {"S/1/1": (2.82, 0.00), "M/1/16": (2.90, 0.00), "M/8/16": (39.94, 28.44)},
    "l-fa": {"S/1/1": (3.21, 0.00), "M/1/16": (2.90, 0.00), "M/8/16": (39.74, 28.98)},
    "lg-fa": {"S/1/1": (3.11, 0.00), "M/1/16": (2.50, 0.00), "M/8/16": (39.73, 32.32)},
    "dfa": {"S/1/1": (3.31, 0.00), "M/1/16": (3.17, 0.00), "M/8/16": (38.80, 33.69)},
    "fg-w": {"S/1/1": (9.25, 8.93), "M/1/16": (8.56, 8.64), "M/8/16": (55.95, 54.28)},
    "fg-a": {"S/1/1": (3.24, 1.53), "M/1/16": (3.76, 1.75), "M/8/16": (59.72, 41.29)},
    "lg-fg-w": {"S/1/1": (9.25, 8.93), "M/1/16": (5.66, 4.59), "M/8/16": (52.70, 51.71)},
    "lg-fg-a": {"S/1/1": (3.24, 1.53), "M/1/16": (2.55, 0.00), "M/8/16": (30.68, 19.39),
                "contrast M/8/16": (32.88, None)},
}

# With one block these are the same to the last bit, so the first is not run there.
SAME_WITH_ONE_BLOCK = {"l-bp": "lg-bp", "l-fa": "lg-fa"}

# id: as results name it; paper: the rule that the paper has, None for the means of docs/spec.md,
# section 5; keys: the rule's settings; rates: {preset: learning rates of the search}
Variant = collections.namedtuple("Variant", "id paper label keys rates")

# Without labels: M/8/16 as the paper has it, and a network that learns in minutes. One rate for all; none is searched.
CONTRAST = {"contrast M/8/16": {"preset": "M/8/16"},
            "contrast small": {"blocks": 2, "patches": 4, "channels": 128, "groups": 8}}
CONTRAST_RATE = .05


def _plain(rule, s, m, cifar=None):
    rates = {"S/1/1": s, "M/1/16": m}
    if cifar:
        rates["M/8/16"] = cifar
    if rule in ("bp", "lg-bp", "lg-fg-a"):
        rates.update({preset: [CONTRAST_RATE] for preset in CONTRAST})
    keys = {"name": rule, "noise": "gaussian"} if "fg-" in rule else {"name": rule}
    return Variant(rule, rule, rule, keys, rates)


def _means(name, label, keys, s, m, cifar=None):
    tried = {"S/1/1": s, "M/1/16": m, "M/8/16": cifar}
    rates = {preset: rates for preset, rates in tried.items() if rates}
    if name in ("exact", "exact-mirror", "exact-mirrors"):
        rates.update({preset: [CONTRAST_RATE] for preset in CONTRAST})
    return Variant("lg-fg-a+" + name, None, "lg-fg-a, " + label,
                   dict(keys, name="lg-fg-a", exact_last=True), rates)


VARIANTS = [
    _plain("bp", [.1, .2, .5, 1], [.1, .2, .5, 1], [.05, .1, .2]),
    _plain("lg-bp", [.05, .1, .2, .5], [.05, .1, .2, .5], [.05, .1, .2]),
    _plain("fa", [.05, .1, .2, .5], [.05, .1, .2, .5], [.025, .05, .1]),
    _plain("lg-fa", [.05, .1, .2, .5], [.05, .1, .2, .5]),
    _plain("dfa", [.05, .1, .2, .5], [.05, .1, .2, .5]),
    _plain("fg-w", [.0005, .001, .002, .005], [.0005, .001, .002, .005]),
    _plain("fg-a", [.005, .01, .02, .05], [.005, .01, .02, .05]),
    _plain("lg-fg-w", [.002, .005, .01, .02], [.005, .01, .02, .05], [.05]),
    _plain("lg-fg-a", [.005, .01, .02, .05], [.01, .02, .05, .1], [.02, .05, .1]),
    _means("exact", "exact_last, rademacher", {"noise": "rademacher"},
           [.02, .05, .1, .2], [.05, .1, .2, .5], [.05, .1, .2]),
    _means("exact-passes4", "exact_last, rademacher, 4 passes", {"noise": "rademacher", "passes": 4},
           [.02, .05, .1, .2], [.05, .1, .2, .5]),
    _means("exact-tangents8", "exact_last, 8 Hadamard tangents", {"tangents": {"channel": 8}},
           [.02, .05, .1, .2], [.05, .1, .2, .5]),
    # all rows for the groups of 32 channels of M/*/16: there, with one block, every layer's gradient is exact
    _means("exact-tangents32", "exact_last, 32 Hadamard tangents", {"tangents": {"channel": 32}},
           [.05, .1, .2, .5], [.05, .1, .2, .5], [.1]),
    _means("exact-mirror", "exact_last, rademacher, group mirror",
           {"noise": "rademacher", "feedback": {"group": "mirror"}}, [.05, .1, .2, .5], [.05, .1, .2, .5],
           [.05, .1, .2]),
    # with one block there is no token layer, and this is the one before
    _means("exact-mirrors", "exact_last, rademacher, group and channel mirrors",
           {"noise": "rademacher", "feedback": {"group": "mirror", "channel": "mirror"}}, None, None, [.05, .1, .2]),
]
BY_ID = {v.id: v for v in VARIANTS}


class Task:
    """One data set: what is run on it and how it is called."""

    def __init__(self, name, title, data, presets, epochs, seeds, search_epochs, holdout, images, timed_steps,
                 search_factor=False):
        self.name, self.title, self.data, self.presets = name, title, data, presets
        self.epochs, self.seeds = epochs, seeds
        self.search_epochs, self.holdout = search_epochs, holdout  # 0: no search, the first rate is taken
        self.search_factor = search_factor  # the classifier's, too, where a rule may need a small rate
        self.images = images  # of training
        self.timed_steps = timed_steps  # of a round of `time`, at most an epoch's

    def variants(self, preset):
        return [v for v in VARIANTS if preset in v.rates]

    def steps_per_epoch(self):
        return self.images // BATCH


BATCH = 128
CLASSIFIER_LR = 0.1  # the factor that the authors' code names
TASKS = {
    "mnist": Task("mnist", "MNIST", "data/mnist", ["M/1/16", "S/1/1"], 60, 3, 5, 5000, 60000, 467,
                  search_factor=True),
    "cifar10": Task("cifar10", "CIFAR-10", "data/cifar10-jpeg.tar.xz", ["M/8/16"], 12, 1, 1, 5000, 50000, 20),
    "contrast": Task("contrast", "CIFAR-10 without labels", "data/cifar10-jpeg.tar.xz", list(CONTRAST), 4, 1, 0, 5000,
                     50000, 20),
}


def model(preset):
    return CONTRAST.get(preset, {"preset": preset})


def config(task, data, preset, variant, rate, seed, epochs, holdout):
    """The configuration of a run; rate: the learning rate and the classifier's factor. JSON is YAML, too."""
    large, contrast = preset.endswith("M/8/16"), {"task": {"name": "contrast"}, "augment": "contrast"}
    sizes = {"image": [32, 32, 3], "classes": 10} if preset in CONTRAST else {}
    return {
        **(contrast if preset in CONTRAST else {}),
        "seed": seed,
        "model": dict(model(preset), init="lecun", **sizes),
        "rule": variant.keys,
        "data": {"name": "mnist" if task.name == "mnist" else "cifar10", "path": data, "batch": BATCH,
                 "holdout": holdout},
        "optimizer": {"name": "sgd", "lr": rate[0], "momentum": 0.9, "weight_decay": 1e-4, "schedule": "linear",
                      "classifier_lr": rate[1]},
        # a checkpoint at the end of each epoch, but at least every 100 steps of the large network
        "train": {"epochs": epochs, "save_steps": 100 if large else task.steps_per_epoch()},
    }
