# The quick suite: what programs read of it, its headline, its page, and that it can be compared with itself.
. "$CLI/support.bash"
device=$("$LOCL" devices --json | tr -d '\n' | sed 's/.*"devices": *\[[^]]*"selector": "\([^"]*\)".*/\1/')
"$LOCL" bench --quick --seed 7 --seconds 20 --device "$device" --set engine=native --out a.json --report a.html >text || fail "the suite"
grep -q "^locl-bench: images/s [0-9.]* S/1/1 device $device of-peak [0-9.]* ." text || fail "no headline: $(tail -n 3 text)"
for word in '"bench": "suite"' '"schema": 1' '"seed": "7"' '"fingerprint": {' '"kernels": "' '"processor": "' '"other_processors": ' \
    '"headlines": \[{' '"id": "' '"kind": "control"' '"name": "device to host"' '"name": "fma fp64"' '"name": "layernorm_dual"' \
    '"kind": "product"' '"samples": \[' '"first_us": ' '"outliers": ' '"work": "28x28x1/10, lg-fg-a'; do
    tr -d '\n' <a.json | grep -q "$word" || fail "a.json lacks $word"
done
grep -q 'alert\|<svg' a.html || fail "no picture"
"$LOCL" bench --compare a.json a.json >compared || fail "comparing"
grep -q 'too few samples to tell: 9 of a row are needed' compared || fail "$(cat compared)"
