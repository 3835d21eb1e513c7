. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "first run"
"$PROGRAMS/make_data" data 480
"$LOCL" train --resume run --set train.steps=0
