# The command sets what AMD's driver reads before the first call, unless the user did.
layer=$PROGRAMS/../libopencl_layer.so
export LOCL_LAYER_CLAIM="type=4;vendor=Advanced Micro Devices, Inc.;vendor_id=0x1002;platform=AMD Accelerated Parallel Processing;driver=3380.6;memory=17179869184;largest_buffer=8589934592"
devices() {
    ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$layer "$LOCL" devices
}
devices | grep -c 'GPU_SINGLE_ALLOC_PERCENT'
exit 0
