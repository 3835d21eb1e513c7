# What programs get, of a table and of two halves of the processor, on which it trains too.
. "$CLI/support.bash"
printf 'devices:\n  - {name: fast, gflops: 200}\n  - {name: slow, count: 999, gflops: 100}\n' >table.yaml
"$LOCL" simulate small.yaml --devices table.yaml --json >table.json || fail "a table"
[ "$(grep -c '"busy_seconds"' table.json)" = 1000 ] || fail "not a row for each device"
[ "$(grep -c '"activation_bytes"' table.json)" = 3 ] || fail "not three schedules"
[ "$(nproc)" -ge 2 ] || exit 0
"$LOCL" simulate small.yaml --validate --json --set 'devices={type: cpu, split: 2}' >here.json || fail "devices that are here"
grep -q '"simulated_over_measured"' here.json || fail "not compared"
