. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "training"
"$LOCL" eval run --json
