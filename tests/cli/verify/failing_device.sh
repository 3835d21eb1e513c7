# A device that gives NaN, one whose calls fail, and one that hangs: rows of the kernels that they happened to.
. "$CLI/verify.bash"
layer=$PROGRAMS/../libopencl_layer.so
export ASAN_OPTIONS=verify_asan_link_order=0
LD_PRELOAD=$layer LOCL_LAYER_SPOIL=4 verify --only layernorm_dual --json
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error layernorm_dual
LD_PRELOAD=$layer LOCL_LAYER_FAIL=clEnqueueNDRangeKernel,3,-5 verify --only layernorm_dual --json
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error layernorm_dual
grep -q CL_OUT_OF_RESOURCES row || fail "no cause: $(cat row)"
