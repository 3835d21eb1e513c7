# What a selector takes, and why; the same as JSON.
layer=$PROGRAMS/../libopencl_layer.so
claims="type=4;vendor=NVIDIA Corporation;vendor_id=0x10de;platform=NVIDIA CUDA;name=GeForce RTX 3060;driver=535.54;memory=12884901888;pci=0:1:0.0"
locl() {
    ASAN_OPTIONS=verify_asan_link_order=0 LOCL_LAYER_CLAIM=$claims LD_PRELOAD=$layer "$LOCL" "$@"
}
unset RUSTICL_ENABLE # the remedy names what hides devices
export OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
[ -e "$OCL_ICD_VENDORS" ] || { echo "PoCL is not there" && exit 77; }
for selector in auto gpu:0 rtx pci:01:00.0 '{type: gpu, memory: at least 8 GiB}' '[{device: nvidia, memory: < 16 GiB}]' 'gpu,!cpu'; do
    locl devices --match "$selector" || exit 99
done
locl devices --match pci:0000:01:00.0 --json | python3 -c 'import json, sys; row = json.load(sys.stdin)["devices"][0]
print(row["selector"], row["stable"], row["taken"], row["places"])'
locl devices | sed -n '/for good/,/^$/p'
for selector in gpu:1 nvidia:0-1 pci:0000:02:00.0 '{type: gpu, memory: 16 GiB}' set:lab '{type: gpu, memory: much}'; do
    locl devices --match "$selector" 2>&1 && exit 99
    echo "exit code $?"
done
exit 0
