. "$CLI/support.bash"
printf -- '- {name: a, gflops: 100}\n' >table.yaml
"$LOCL" simulate small.yaml --devices table.yaml
