# Two halves of the processor, a block on each; where it has one core only there is nothing to halve.
. "$CLI/support.bash"
if [ "$(nproc)" -ge 2 ]; then
    two=(--set 'devices=[{type: cpu, split: 2}]' --set 'placement=[{blocks: [0], devices: [1]}, {blocks: [1], devices: [0]}]')
    "$LOCL" train small.yaml --quiet "${two[@]}" --set run.dir=whole || fail "the whole run"
    "$LOCL" train small.yaml --quiet "${two[@]}" --set train.steps=25 || fail "first part"
    "$LOCL" train --resume run --quiet --set train.steps=0 || fail "going on"
    same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
fi
