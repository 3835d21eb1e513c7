. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "training"
"$LOCL" audit run --draws 20 --rule lg-fg-w --rule fa --rule '{name: lg-fg-a, exact_last: true, passes: 2}'
