. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.epochs=1 || fail "training"
"$LOCL" audit run/checkpoints/last.safetensors small.yaml --set model.channels=64 --draws 3
