. "$CLI/support.bash"
"$LOCL" simulate small.yaml
