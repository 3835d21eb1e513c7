# A run that is resumed as it was planned, and then loses a device, still tells which devices it had before.
. "$CLI/support.bash"
. "$CLI/faults.bash"
on_parts run LOCL_LAYER_PART=0 -- --set train.steps=5 || fail "first part: $(cat run.err)"
timeout 120 env LOCL_LAYER_FAIL=clEnqueueNDRangeKernel,300,-5 LD_PRELOAD="$layer" ASAN_OPTIONS=verify_asan_link_order=0 \
    "$LOCL" train --resume run --quiet --set train.steps=20 2>again.err || fail "going on: $(cat again.err)"
grep -q 'is lost' again.err || fail "no device is lost: $(cat again.err)"
used=$(sed -n '/"used"/,$p' run/plan.json)
case $used in *'"step": 0'*'"step": '*) ;; *) fail "it tells of one time only: $used" ;; esac
