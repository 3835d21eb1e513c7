. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "first run"
"$LOCL" train --resume run --set optimizer.lr=0.2
