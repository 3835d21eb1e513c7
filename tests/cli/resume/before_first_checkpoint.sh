. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "first run"
cp -r run begun
rm begun/checkpoints/*
"$LOCL" train --resume begun --quiet || fail "resume"
same_runs run begun
