# PoCL alone: every trial of its devices is done, nothing is wrong, and the exit code says so.
. "$CLI/doctor.bash"
cp $pocl icds/
run doctor
[ $code = 0 ] || fail "exit code $code: $(cat out err)"
row ok loader libOpenCL.so
row ok 'icd folder' "OCL_ICD_VENDORS: $PWD/icds: 1 ICD file"
row ok 'icd pocl.icd' 'platform Portable Computing Language with 1 device'
row ok devices '1 on 1 platform: 0:0 '
row ok 'device 0:0' 'a cpu with'
for trial in context kernel transfer 'local memory' atomic; do
    row ok "device 0:0 $trial" ''
done
grep -qE '^(ok|warning) +device 0:0 profiling ' out || fail "no profiling"
grep -qE '^(ok|skipped) +device 0:0 out-of-order queue ' out || fail "no out-of-order queue"
grep -qE '^(ok|skipped) +device 0:0 sub-devices ' out || fail "no sub-devices"
grep -qE '^(ok|warning) +device 0:0 largest buffer ' out || fail "no largest buffer"
grep -qE '^(ok|warning) +cache programs ' out || fail "no cache of programs"
grep -qE '^(ok|warning) +cache tune ' out || fail "no cache of products"
if grep -q '^error' out; then fail "errors: $(cat out)"; fi
[ ! -s err ] || fail "it says: $(cat err)"
