# Data that go away after a run has lost a device, and gone on, are an error of data, not of the device.
. "$CLI/shards.bash"
. "$CLI/faults.bash"
on_parts run LOCL_LAYER_FAIL=clEnqueueNDRangeKernel,300,-5 -- "${set[@]}" --set train.epochs=40 --set train.steps=100000 \
    --set data.memory=1 --set "model.image=[48, 48, 3]" &
await run/metrics.jsonl
for ((i = 0; i < 600; i++)); do
    grep -q '"kind": "devices"' run/metrics.jsonl && break
    sleep 0.1
done
mv shards/train-002.tar away.tar
wait $!
code=$?
grep -q 'is lost' run.err || fail "no device was lost: $(cat run.err)"
grep -q 'train-002.tar' run.err || fail "the shard is not named: $(cat run.err)"
exit $code
