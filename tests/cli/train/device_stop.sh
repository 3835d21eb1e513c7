# With on_device_loss: stop the run ends with a checkpoint of the last snapshot, from which it goes on elsewhere.
. "$CLI/support.bash"
. "$CLI/faults.bash"
on_parts run LOCL_LAYER_FAIL=clEnqueueNDRangeKernel,1000,-5 LOCL_LAYER_PART=-1 -- --set on_device_loss=stop
code=$?
cat run.err >&2
released run
selector=$(sed -n 's/.*--device \([0-9:/]*\)$/\1/p' run.err)
step=$(sed -n 's/.*has the state after \([0-9]*\) steps.*/\1/p' run.err)
go_on run "$selector" 2>/dev/null || fail "going on"
reference "$step" "$selector"
same run/checkpoints/last.safetensors "same-$step-${selector//[:\/]/-}/checkpoints/last.safetensors"
exit $code
