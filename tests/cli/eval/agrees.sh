# What training measured at its end is what eval measures of the checkpoint.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=40 || fail "training"
grep '"step": 40' run/metrics.jsonl | grep '"test"' | sed 's/.*"loss"/"loss"/' >measured
"$LOCL" eval run --json | sed 's/.*"loss"/"loss"/' >evaluated
[ -s measured ] || fail "no test in metrics.jsonl"
same measured evaluated
