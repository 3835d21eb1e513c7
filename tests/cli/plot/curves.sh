# Pictures of real runs with the real gnuplot, of one and of several with other rules and depths.
. "$CLI/support.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
"$LOCL" train small.yaml --set train.epochs=2 | grep -x 'curves: locl plot run' || fail "no hint"
"$LOCL" plot run || fail svg
grep -q '<svg' curves.svg && grep -q 'block 1' curves.svg && grep -q 'lg-fg-a' curves.svg || fail "no SVG"
"$LOCL" train small.yaml --quiet --set train.epochs=2 --set rule='{name: bp}' --set run.dir=exact
"$LOCL" train small.yaml --quiet --set train.steps=3 --set model.blocks=1 --set run.dir=short
"$LOCL" plot run/ exact/ --by second --out two.png || fail png
"$LOCL" plot run exact short --out three.svg || fail three
[ "$(head -c 4 two.png | tail -c 3)" = PNG ] || fail "no PNG"
grep -q 'exact (bp)' three.svg || fail "no rule"
