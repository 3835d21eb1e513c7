# A shard that goes away ends a run with an error that names it; nothing is lost, and the run goes on once it is there again.
. "$CLI/shards.bash"
long=("${set[@]}" --set train.epochs=12 --set train.save_steps=1000000 --set data.memory=1 --set "model.image=[48, 48, 3]")
"$LOCL" train small.yaml "${long[@]}" --set run.dir=whole || fail "the whole run"
"$LOCL" train small.yaml "${long[@]}" &
await run/metrics.jsonl
mv shards/train-002.tar away.tar
wait $!
code=$?
mv away.tar shards/train-002.tar
"$LOCL" train --resume run --quiet || fail "going on"
same_runs whole run
exit $code
