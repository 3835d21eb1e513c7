# A kernel that computes wrongly: an error, and training refuses the device until the kernels are others, or it is told to.
. "$CLI/support.bash"
. "$CLI/verify.bash"
mkdir broken
spoil layernorm.cl
export LOCL_KERNELS=$PWD/broken
verify --only 'layernorm_dual'
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
grep -q "^error  *$device layernorm_dual  *FAIL layernorm_dual " out || fail "no row: $(cat out)"
grep -q "again: build/bin/kernel_check --op layernorm_dual " out || fail "no command: $(cat out)"
grep -q "^warning  *$device passport  *failed: training refuses the device" out || fail "no passport: $(cat out)"
"$LOCL" train small.yaml --device "$device" --set run.dir=refused --quiet >out 2>err
code=$?
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
grep -q 'computes wrongly, as .locl verify. found: .* layernorm_dual: ' err || fail "it says: $(cat err)"
grep -q 'run.failed_passport=train' err || fail "no way out: $(cat err)"
"$LOCL" train small.yaml --device "$device" --set run.dir=told --set run.failed_passport=train --quiet >out 2>err ||
    fail "told to train it does not: $(cat err)"
unset LOCL_KERNELS
"$LOCL" train small.yaml --device "$device" --set run.dir=others --quiet >out 2>err || fail "other kernels are refused: $(cat err)"
