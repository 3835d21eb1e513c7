# Rows name the cut that training takes from the store, and beside it the one that it takes without.
. "$CLI/support.bash"
export XDG_CACHE_HOME=$PWD/cache
"$LOCL" tune small.yaml --budget 20 --quiet --set engine=native --set model.image='[28, 28, 1]' --set model.classes=10 \
    >/dev/null || fail "tuning"
sed -i 's/"rows": [0-9]*,/"rows": 14,/' "$XDG_CACHE_HOME"/locl/v1/tune/*.json
bench() { # <tune>
    "$LOCL" bench product small.yaml --set data.path=/nowhere --rounds 1 --set engine=native --set tune="$1"
}
bench quick >with || fail "products"
bench off >without || fail "products without the store"
grep ' 14x' with >/dev/null || fail "the store's cut has no row"
grep ' 14x' without >/dev/null && fail "off has the store's cut"
[ "$(wc -l <with)" -gt "$(wc -l <without)" ] || fail "nothing stands beside the store's cut"
