. "$CLI/support.bash"
long=(--set train.epochs=100 --set train.save_steps=1000000)
"$LOCL" train small.yaml "${long[@]}" --quiet --set run.dir=whole || fail "the whole run"
env --default-signal=INT "$LOCL" train small.yaml "${long[@]}" --quiet & # a script's background jobs ignore SIGINT
await run/metrics.jsonl
kill -INT $!
wait $!
code=$?
"$LOCL" train --resume run --quiet || fail "going on"
same_runs whole run
exit $code
