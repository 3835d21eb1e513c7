. "$CLI/support.bash"
"$LOCL" audit small.yaml --rule '{name: lg-fg-w, exact_last: true, pases: 2}'
