. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "first run"
flock run/lock "$LOCL" train --resume run --set train.steps=0
