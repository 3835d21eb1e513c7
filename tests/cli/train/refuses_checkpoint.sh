. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "first run"
cp run/checkpoints/last.safetensors before
"$LOCL" train small.yaml
code=$?
same before run/checkpoints/last.safetensors
exit $code
