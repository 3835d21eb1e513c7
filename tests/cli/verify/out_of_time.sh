# A kernel that is not done in time says nothing of the others: an error, but no passport that training would heed.
. "$CLI/verify.bash"
export ASAN_OPTIONS=verify_asan_link_order=0
LD_PRELOAD=$PROGRAMS/../libopencl_layer.so LOCL_LAYER_BLOCK=5 verify --only layernorm_dual --deadline 5 --json
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row warning passport
grep -q 'none kept' row || fail "it says: $(cat row)"
ls cache/locl/v1/passports/*.json 2>/dev/null && fail "a passport is kept"
verify --deadline soon
[ $code = 2 ] || fail "exit code $code of a deadline that is none"
grep -q -e '--deadline soon: should be seconds' err || fail "it says: $(cat err)"
