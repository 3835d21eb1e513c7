# bench/paper/paper.py: its report follows from the lines of results alone, and says what is missed and diverged.
. "$CLI/support.bash"
command -v python3 >/dev/null || skip "no python3"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' || skip "python3 is older than 3.8"
cat >mnist.jsonl <<'END'
{"phase": "search", "preset": "M/1/16", "variant": "bp", "lr": 0.5, "classifier_lr": 0.1, "seed": 1, "epochs": 1, "test": [4.0], "head": [90.0]}
{"phase": "search", "preset": "M/1/16", "variant": "bp", "lr": 1.0, "classifier_lr": 0.1, "seed": 1, "epochs": 1, "test": [], "head": [], "diverged": true}
{"phase": "full", "preset": "M/1/16", "variant": "bp", "lr": 0.5, "classifier_lr": 0.1, "seed": 2, "epochs": 2, "test": [2.0, 1.5], "head": [90.0, 90.0], "train": 0.5}
{"phase": "full", "preset": "M/1/16", "variant": "bp", "lr": 0.5, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [3.5, 1.7], "head": [90.0, 90.0], "train": 0.7}
{"phase": "full", "preset": "M/1/16", "variant": "lg-bp", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [5.0, 3.1], "head": [4.0, 2.9], "train": 1}
{"phase": "full", "preset": "M/1/16", "variant": "lg-fg-a", "lr": 0.02, "classifier_lr": 1.0, "seed": 1, "epochs": 2, "test": [3.0, 2.6], "head": [2.8, 2.5], "train": 1}
{"phase": "full", "preset": "M/1/16", "variant": "lg-fg-a+exact", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [3.0, 1.75], "head": [3.0, 1.7], "train": 1}
{"phase": "full", "preset": "M/1/16", "variant": "fa", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [8.0], "head": [9.0], "diverged": true}
{"phase": "time", "preset": "M/1/16", "variant": "bp", "steps": 9, "seconds_per_epoch": [1.5, 1.25, 2.0]}
END
paper=$CLI/../../bench/paper/paper.py
python3 "$paper" mnist report --out . >said 2>&1 || fail "$(cat said)"
for line in '| bp | 1.60 ± 0.14 (2) | 0.5 | - | 0.60 | 2.41/0.00 | +0.00 | -1.50 | 1.50 (1.25 to 2.00) | 1.5, 2 s |' \
    '| l-bp (is lg-bp) | 3.10 (1) | 0.1 | 2.90 | 1.00 | 2.16/0.00 | +1.50 | +0.00 | not measured | not reached |' \
    '| lg-fg-a | 2.60 (1) | 0.02 c1 | 2.50 | 1.00 | 2.55/0.00 | +1.00 | -0.50 | not measured | 1.0 |' \
    '| fa | diverged | 0.1 | - | - | 2.90/0.00 | - | - | not measured | - |' \
    '- lg-bp: 3.10 (1), the paper has 2.81' '- fa: diverged, the paper has 2.90' \
    '- lg-fg-a, exact_last, rademacher: 0.15 points; 0.85 less than the plain estimator; -1.35 to lg-bp; at most 0.2, the aim' \
    '| bp, 1 epoch | **0.5: 4.00**, 1: diverged |'; do
    grep -qxF -- "$line" mnist.md || fail "no line: $line"$'\n'"$(cat mnist.md)"
done
[ -e mnist-m-1-16-rules.svg ] || grep -q 'apt-get install gnuplot-nox' said || fail "neither a picture nor why: $(cat said)"
sort -r mnist.jsonl >turned && mkdir again && mv turned again/mnist.jsonl
python3 "$paper" mnist report --out again >/dev/null 2>&1 || fail "again"
same mnist.md again/mnist.md

# Whose rates a search chose, and whose not: of another rate's run, and of one that none was made for.
cat >cifar10.jsonl <<'END'
{"phase": "search", "preset": "M/8/16", "variant": "bp", "lr": 0.05, "classifier_lr": 0.1, "seed": 1, "epochs": 1, "test": [45.0], "head": [90.0]}
{"phase": "search", "preset": "M/8/16", "variant": "bp", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 1, "test": [44.0], "head": [90.0]}
{"phase": "search", "preset": "M/8/16", "variant": "fa", "lr": 0.05, "classifier_lr": 0.1, "seed": 1, "epochs": 1, "test": [57.0], "head": [56.0]}
{"phase": "search", "preset": "M/8/16", "variant": "fa", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 1, "test": [58.0], "head": [56.0]}
{"phase": "full", "preset": "M/8/16", "variant": "bp", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [45.0, 40.0], "head": [90.0, 90.0], "train": 0.5}
{"phase": "full", "preset": "M/8/16", "variant": "fa", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [55.0, 50.0], "head": [55.0, 50.0], "train": 40}
{"phase": "full", "preset": "M/8/16", "variant": "lg-bp", "lr": 0.1, "classifier_lr": 0.1, "seed": 1, "epochs": 2, "test": [45.0, 41.0], "head": [45.0, 41.0], "train": 4}
END
python3 "$paper" cifar10 report --out . >said 2>&1 || fail "$(cat said)"
tr '\n' ' ' <cifar10.md | grep -qF "In the runs of 2 epochs the rates of bp are those with the lowest error on 5000 held-out training images after 1 \
epoch of their whole schedule; those of lg-bp, fa are sensible ones." || fail "$(cat cifar10.md)"
grep -qxF '| fa, 1 epoch | **0.05: 57.00**, 0.1: 58.00 |' cifar10.md || fail "$(cat cifar10.md)"
