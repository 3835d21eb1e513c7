# Ctrl-C in the middle of the steps to trace: what there is by then is written whole.
. "$CLI/support.bash"
env --default-signal=INT "$LOCL" train small.yaml --quiet --set train.epochs=100000 --trace trace.json \
    --trace-steps 1..1000 --set data.batch=512 --set 'rule={name: bp}' &
child=$!
await run/checkpoints/last.safetensors
kill -INT $child
wait $child
code=$?
"$PROGRAMS/check_trace" trace.json 1 stamps >said || fail "$(cat said)"
exit $code
