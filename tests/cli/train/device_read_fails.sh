# A wait for parameters that are being read fails: nothing writes to their memory once it is given back.
. "$CLI/support.bash"
. "$CLI/faults.bash"
for n in 1 2 3 4 5 6 7 8; do
    rm -rf run
    on_parts run LOCL_LAYER_PART=-1 "LOCL_LAYER_FAIL=clGetEventInfo,$n,-5" -- --set run.deadline=15
    code=$?
    [ $code -eq 1 ] || fail "call $n: exit code $code: $(cat run.err)"
    grep -q "CL_OUT_OF_RESOURCES" run.err || fail "call $n: $(cat run.err)"
done
