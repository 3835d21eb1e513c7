# One object, of which each product is a result; no data are opened.
. "$CLI/support.bash"
export XDG_CACHE_HOME=$PWD/cache
rm -r data
"$LOCL" tune small.yaml --budget 3 --json --set engine=native >result || fail "tuning"
grep -o '"results": *\[' result
grep -c '"default_rate"' result
