# A checkpoint of two blocks has all tensors of a network of one block, but its classifier belongs to the second.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "training"
"$LOCL" eval run/checkpoints/last.safetensors small.yaml --set model.blocks=1
