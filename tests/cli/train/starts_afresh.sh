# A folder without a checkpoint is no obstacle, and nothing of it gets into the new run.
. "$CLI/support.bash"
mkdir -p run/checkpoints
echo '{"kind": "train", "step": 1}' >run/metrics.jsonl
echo 'seed: 99' >run/config.yaml
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "first run"
"$LOCL" train small.yaml --quiet --set train.steps=3 --set run.dir=other || fail "second run"
same_runs run other
