. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=30 || fail "first part"
truncate -s 2000 run/checkpoints/last.safetensors
truncate -s 0 run/checkpoints/previous.safetensors
"$LOCL" train --resume run
