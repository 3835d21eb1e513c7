# Which stages each device works on, as a picture: of one device, and of two where the processor can be halved.
. "$CLI/support.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
"$LOCL" plan small.yaml --plot one.svg >/dev/null || fail one
grep -q '<svg' one.svg && grep -q 'GFLOP of a step' one.svg && grep -q 'block 1' one.svg || fail "no SVG"
"$LOCL" plan small.yaml --plot one.png >/dev/null || fail png
[ "$(head -c 4 one.png | tail -c 3)" = PNG ] || fail "no PNG"
"$LOCL" plan small.yaml --plot one.gif 2>/dev/null && fail "no error"
[ "$(nproc)" -ge 2 ] || exit 0
"$LOCL" plan small.yaml --set 'devices={type: cpu, split: 2}' --plot two.svg \
    --set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [0, 1], shares: [3, 1]}]' >/dev/null || fail two
grep -q 'milliseconds of a step' two.svg && grep -q 'block 1, 8 images' two.svg && grep -q 'sends' two.svg || fail "other boxes"
