# What was ignored when the command started stays ignored: nohup, and SIGINT for a script's background jobs.
. "$CLI/support.bash"
env --ignore-signal=HUP --ignore-signal=INT "$LOCL" train small.yaml --quiet --set train.epochs=60 &
await run/metrics.jsonl
kill -HUP $!
kill -INT $!
wait $!
