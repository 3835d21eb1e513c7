# Variables that hide devices, and a driver whose kernels do not build, are told.
. "$CLI/doctor.bash"
cp $pocl icds/
CUDA_VISIBLE_DEVICES='' GPU_DEVICE_ORDINAL=0 run doctor
[ $code = 0 ] || fail "exit code $code: $(cat out err)"
row warning 'variable CUDA_VISIBLE_DEVICES' 'which names none'
row warning 'variable GPU_DEVICE_ORDINAL' 'is "0"'
ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$PROGRAMS/../libopencl_layer.so LOCL_LAYER_FAIL=clBuildProgram,1,-11 run doctor
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error 'device 0:0 kernel' 'CL_BUILD_PROGRAM_FAILURE'
row skipped 'device 0:0 atomic' 'a kernel failed'
row ok 'device 0:0 transfer' ''
