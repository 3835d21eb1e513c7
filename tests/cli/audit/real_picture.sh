# With the real gnuplot, where there is one: both kinds of files, also where there is nothing to draw.
. "$CLI/support.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
for rules in "--all" "--rule fa" "--rule fg-a"; do
    for kind in svg png; do
        # shellcheck disable=SC2086 # one word or two
        "$LOCL" audit small.yaml --draws 3 $rules --plot picture.$kind --quiet >/dev/null || fail "$rules $kind"
    done
    grep -q '<svg' picture.svg || fail "no SVG"
    [ "$(head -c 4 picture.png | tail -c 3)" = PNG ] || fail "no PNG"
    rm picture.*
done
