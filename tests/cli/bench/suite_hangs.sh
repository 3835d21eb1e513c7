# A device that hangs is a row that says so; the other one's rows are there, and so is what the first had before.
. "$CLI/support.bash"
[ "$(nproc)" -ge 2 ] || skip "a device of two parts"
layer=$PROGRAMS/../libopencl_layer.so
timeout 150 env LOCL_LAYER_PART=1 LOCL_LAYER_BLOCK=300 LD_PRELOAD="$layer" ASAN_OPTIONS=verify_asan_link_order=0 \
    "$LOCL" bench --quick --seconds 20 --deadline 15 --device 0:0/0/2,0:0/1/2 --set engine=native --out a.json >text || fail "the suite"
grep -q '^suite *error: it hung and was ended, at: ' text || fail "nothing says that it hung: $(cat text)"
grep -q '^locl-bench: images/s [0-9.]* S/1/1 device 0:0/0/2 ' text || fail "the other one has no headline"
