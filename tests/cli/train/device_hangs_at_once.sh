# A device that hangs before the first step, in the first sweep of mirrors or a later one: with a deadline the run says so
# and ends, and the process with it.
. "$CLI/support.bash"
layer=$PROGRAMS/../libopencl_layer.so
for launch in 1 5; do
    ASAN_OPTIONS=verify_asan_link_order=0 LOCL_LAYER_BLOCK=$launch LOCL_DEADLINE=2 LD_PRELOAD=$layer timeout -s KILL 60 \
        "$LOCL" train small.yaml --quiet --set rule.feedback.group=mirror --set "run.dir=run-$launch" 2>said
    code=$?
    [ $code = 1 ] || fail "launch $launch: exit code $code: $(cat said)"
    grep -q 'waited 2 s for mirrors before the first step: the device has not finished it' said || fail "launch $launch: $(cat said)"
done
