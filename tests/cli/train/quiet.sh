. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet
