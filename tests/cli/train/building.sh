# Kernels that take long to build, here by a layer that delays every OpenCL call: progress says so, and nobody is told a
# rate that has the building in it.
. "$CLI/support.bash"
layer=$PROGRAMS/../libopencl_layer.so
slow() {
    ASAN_OPTIONS=verify_asan_link_order=0 LOCL_LAYER_DELAY_US=3000,1 LD_PRELOAD=$layer \
        "$LOCL" train small.yaml --set train.steps=2 --set run.dir="$1" "${@:2}" | tr '\r' '\n'
}
slow lines >said.lines
grep -c '^building kernels [0-9]*/[0-9]*  0:0[1-9]$' said.lines
slow live --progress | sed 's/ *$//' | grep -v '^$' >said.live
grep '^building kernels [0-9]*/[0-9]*  0:0[1-9]$' said.live >/dev/null || fail "$(cat said.live)"
sed -n '/^epoch/p' said.live | head -n 1
