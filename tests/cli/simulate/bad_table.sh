. "$CLI/support.bash"
printf 'devices:\n  - {nam: a, gflops: -3}\n  - {gflops: 3, count: 5000}\n' >table.yaml
"$LOCL" simulate small.yaml --devices table.yaml
