# One of two devices fails in the middle of a run: the run goes on without it, and ends as one does that is restarted from
# the same step on the other.
. "$CLI/support.bash"
. "$CLI/faults.bash"
for call in clEnqueueNDRangeKernel,300 clEnqueueNDRangeKernel,1000 clEnqueueReadBuffer,20 clEnqueueWriteBuffer,60 \
    clEnqueueMarkerWithWaitList,70 clFlush,60; do
    on_parts run "LOCL_LAYER_FAIL=$call,-5" -- || fail "$call: $(cat run.err)"
    recovered run
    released run
    grep -q '"lost"' run/plan.json || fail "$call: the plan does not tell"
    "$LOCL" eval run --json >result.json || fail "$call: the checkpoint is not good"
    rm -r run
done
