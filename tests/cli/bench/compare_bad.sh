# Files that are broken, hostile or of a later locl: each is an error that says what is wrong, with exit code 4.
. "$CLI/support.bash"
. "$CLI/results.bash"
results good.json 1
bad() { # <name> <sed script>
    sed "$2" good.json >"$1.json"
    "$LOCL" bench --compare good.json "$1.json" && fail "$1 was taken"
    code=$?
    [ $code -eq 4 ] || fail "$1: exit code $code"
}
head -c 300 good.json >cut.json
for option in "--compare good.json" "--collect page.html" "--report page.html"; do
    # shellcheck disable=SC2086 # they are several words
    "$LOCL" bench $option cut.json && fail "cut was taken by $option"
    [ $? -eq 4 ] || fail "cut: exit code"
done
[ -e page.html ] && fail "a page of nothing"
"$LOCL" bench --compare good.json missing.json
[ $? -eq 4 ] || fail "missing: exit code"
printf '\xff\xfe{' >bytes.json
"$LOCL" bench --compare good.json bytes.json
: >empty.json
"$LOCL" bench --compare good.json empty.json
bad later 's/"schema": 1, "version"/"schema": 2, "version"/'
bad earlier 's/"schema": 1, "version"/"version"/'
bad other 's/"bench": "suite"/"bench": "nonsense"/'
bad none 's/"bench": "suite", //'
bad twice 's/"bench": "suite",/"bench": "suite", "bench": "suite",/'
bad list 's/"results": \[/"results": 7, "rest": [/'
bad row 's/"results": \[/"results": [7, /'
bad kind 's/"kind": "kernel"/"kind": 7/'
bad long "s/\"kind\": \"kernel\"/\"kind\": \"$(printf 'k%.0s' {1..5000})\"/"
bad status 's/"status": "ok"/"status": "fine"/'
bad samples 's/"samples": \[[0-9.]*,/"samples": [-1,/'
bad quartiles 's/"q1": [0-9.e+]*,/"q1": 1e30,/'
bad infinite 's/"q3": [0-9.e+]*,/"q3": 1e999,/'
bad deep "s/\"host\": {/\"host\": {\"x\": $(printf '[%.0s' {1..5000}), /"
bad word 's/"schema": 1, "version"/"schema": "1", "version"/'
bad vast 's/"samples": \[[0-9.]*,/"samples": [1e300,/'
bad tiny 's/"flops": [0-9.e+]*/"flops": 1e-300/'
bad keys "s/\"host\": {/\"host\": {$(printf '"k%d": 1, ' {1..300})/"
bad rows "s/\"results\": \[/\"results\": [$(printf '{}, %.0s' {1..10000})/"
# What a terminal would obey is taken out.
sed 's/"name": "a device"/"name": "a \\u001b[31mred\\u009b device"/' good.json >red.json
"$LOCL" bench --compare good.json red.json >printed || fail "red"
grep -q 'a ?\[31mred?? device' printed || fail "the name is not disarmed: $(cat -v printed)"
