# A device that hangs in the middle of a run, here by a layer that has its queue stand still: with a deadline the run
# stops, says where, and can be gone on with.
. "$CLI/support.bash"
layer=$PROGRAMS/../libopencl_layer.so
"$LOCL" train small.yaml --quiet --set train.steps=9 || fail "first run"
ASAN_OPTIONS=verify_asan_link_order=0 LOCL_LAYER_BLOCK=100 LOCL_DEADLINE=2 LD_PRELOAD=$layer \
    "$LOCL" train --resume run --quiet --set train.steps=0
code=$?
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "going on"
"$LOCL" train small.yaml --quiet --set run.dir=other || fail "uninterrupted"
same run/checkpoints/last.safetensors other/checkpoints/last.safetensors
exit $code
