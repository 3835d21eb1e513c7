# A device is lost while a timeline is recorded: it ends there, and the run goes on as it would without one.
. "$CLI/support.bash"
. "$CLI/faults.bash"
warm_up
for fault in LOCL_LAYER_FAIL=clEnqueueNDRangeKernel,1000,-5 LOCL_LAYER_BLOCK=600; do
    on_parts run $fault -- --set run.deadline=6 --trace trace.json || fail "$fault: $(cat run.err)"
    recovered run
    grep -q '"step": 3' trace.json || fail "$fault: no steps in the trace"
    tail -n 1 trace.json | grep -q '^]}$' || fail "$fault: the trace is cut"
    rm -r run trace.json
done
