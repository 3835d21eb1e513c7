. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "training"
"$LOCL" eval run/checkpoints/last.safetensors small.yaml --set model.blocks=3 --set model.channels=16
