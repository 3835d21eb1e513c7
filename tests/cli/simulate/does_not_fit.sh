. "$CLI/support.bash"
printf 'devices:\n  - {name: tiny, gflops: 30, memory: 0.001}\n' >table.yaml
"$LOCL" simulate small.yaml --devices table.yaml --set data.batch=4096
