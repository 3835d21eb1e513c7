# Nothing is registered, or not where a variable says: an error with a remedy.
. "$CLI/doctor.bash"
run doctor
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error 'icd folder' 'has no ICD file'
row error devices 'there is no OpenCL device'
grep -q 'unset OCL_ICD_VENDORS' out || fail "no remedy: $(cat out)"
OCL_ICD_VENDORS=$PWD/nowhere run doctor
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error 'icd folder' 'No such file or directory'
OCL_ICD_VENDORS=$PWD/nowhere.icd run doctor
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error 'icd nowhere.icd' 'No such file or directory'
