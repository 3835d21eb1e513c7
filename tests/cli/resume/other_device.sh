. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=20 || fail "first part"
sed -i 's/"name": ".*"/"name": "Another Device"/' run/plan.json
"$LOCL" train --resume run --quiet --set train.steps=40
