# A trace whose folder goes away while the run trains: the run goes on to its end, and the error comes then.
. "$CLI/support.bash"
mkdir here
"$LOCL" train small.yaml --quiet --set train.epochs=80 --trace here/trace.json --trace-steps 1..1000 &
child=$!
await run/checkpoints/last.safetensors
rm -r here
wait $child
code=$?
"$LOCL" eval run --json | grep -q '"step": 1280' || fail "the run did not end"
exit $code
