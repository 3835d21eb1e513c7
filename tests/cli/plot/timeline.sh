# With the real gnuplot, where there is one: both kinds of files, steps that are asked for and those that are not.
. "$CLI/support.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
"$LOCL" train small.yaml --quiet --set train.steps=9 --trace trace.json || fail train
"$LOCL" plot --timeline trace.json || fail svg
"$LOCL" plot --timeline trace.json --steps 2..7 --out picture.png || fail png
"$LOCL" plot --timeline trace.json --steps 9..100 --out last.svg || fail last
"$LOCL" plot --timeline trace.json --steps 1..18446744073709551615 --out all.svg || fail all
grep -q '<svg' timeline.svg && grep -q 'stage 0' timeline.svg && grep -q 'worker of device 0' timeline.svg || fail "no SVG"
[ "$(head -c 4 picture.png | tail -c 3)" = PNG ] || fail "no PNG"
