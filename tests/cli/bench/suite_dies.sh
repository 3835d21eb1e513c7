# A device whose calls fail is rows that say so, with the call; a process that cannot even begin is one.
. "$CLI/support.bash"
layer=$PROGRAMS/../libopencl_layer.so
env LOCL_LAYER_FAIL=clFinish,5,-36 LD_PRELOAD="$layer" ASAN_OPTIONS=verify_asan_link_order=0 \
    "$LOCL" bench --quick --seconds 20 --device 0:0 --set engine=native >text || fail "the suite"
grep -q 'error: .*clFinish: CL_INVALID_COMMAND_QUEUE' text || fail "nothing says what failed: $(cat text)"
grep -q '^locl-bench: images/s ' text || fail "the rest did not go on"
