. "$CLI/support.bash"
"$LOCL" train small.yaml --set train.epochs=3000 --quiet &
await run/metrics.jsonl
kill -TERM $!
wait $!
