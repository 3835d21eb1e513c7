# One of two devices that share a stage fails: the right one is named although the other waits for its gradient or its
# parameters, and the run goes on with that other.
. "$CLI/support.bash"
. "$CLI/faults.bash"
sed -i 's/^rule:.*/rule: {name: bp}/' small.yaml
placement='[{blocks: [0, 1], devices: [0, 1]}]'
warm_up
for part in 0 1; do
    for fault in LOCL_LAYER_FAIL=clEnqueueNDRangeKernel,700,-5 LOCL_LAYER_BLOCK=700 LOCL_LAYER_SPOIL=20; do
        on_parts run LOCL_LAYER_PART=$part $fault -- --set run.deadline=6 || fail "$fault: $(cat run.err)"
        recovered run "${parts[1 - part]}"
        rm -r run
    done
done
