# Which matrix unit `precision: matrix` would take, by what a driver says of itself.
layer=$PROGRAMS/../libopencl_layer.so
export OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
[ -e "$OCL_ICD_VENDORS" ] || { echo "PoCL is not there" && exit 77; }
units() { # <claims>
    export LOCL_LAYER_CLAIM=$1
    ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$layer "$LOCL" devices --json | python3 -c 'import json, sys
for device in json.load(sys.stdin)["devices"]:
    print(device["name"], device["matrix"])'
}
units "type=4;name=gfx90a;vendor=Advanced Micro Devices, Inc.;vendor_id=0x1002;platform=AMD Accelerated Parallel Processing"
units "type=4;name=gfx1030;vendor=Advanced Micro Devices, Inc.;vendor_id=0x1002;platform=AMD Accelerated Parallel Processing"
units "type=4;name=Max 1550;vendor=Intel(R) Corporation;vendor_id=0x8086;extensions=cl_intel_subgroup_matrix_multiply_accumulate_tf32"
