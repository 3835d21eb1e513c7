. "$CLI/support.bash"
printf 'devices:\n  - {name: fast, gflops: 200}\n  - {name: slow, count: 2, gflops: 100, overlap: false}\n' >table.yaml
"$LOCL" simulate small.yaml --devices table.yaml
