# Drivers whose profiling stamps say nothing, from the first on or later: the host's times, marked, and the same result.
. "$CLI/support.bash"
layer=$PROGRAMS/../libopencl_layer.so
"$LOCL" train small.yaml --quiet --set train.steps=6 --set 'rule={name: bp}' --set run.dir=plain || fail plain
for stamps in zero,0 constant,0 backwards,0 zero,150 backwards,150; do
    how=host
    [ "${stamps#*,}" = 0 ] || how=mixed
    ASAN_OPTIONS=verify_asan_link_order=0 LOCL_LAYER_STAMPS=$stamps LD_PRELOAD=$layer "$LOCL" train small.yaml \
        --quiet --set train.steps=6 --set run.dir="$stamps" --set 'placement=[{blocks: [0, 1], devices: [0]}]' \
        --set 'rule={name: bp}' --trace trace.json || fail "$stamps"
    same_runs plain "$stamps"
    "$PROGRAMS/check_trace" trace.json 1 "$how" || fail "$stamps: other times than $how"
done
