# Two halves of the processor together, beside each alone and the whole; where it has one core only there is nothing to
# halve.
. "$CLI/support.bash"
[ "$(nproc)" -ge 2 ] || exit 0
"$LOCL" bench pipeline small.yaml --set 'devices={type: cpu, split: 2}' --rounds 3 --quiet --json >out || fail "the benchmark"
for kind in alone equal_split together whole efficiency prediction; do
    grep -q "\"kind\": \"$kind\"" out || fail "no row $kind"
done
grep -q '"identical": true' out || fail "other bits"
