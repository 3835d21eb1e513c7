# Blocks that two halves of the processor share go on bit for bit: plan.json keeps whose images are whose. So does
# backpropagation, data-parallel. Where there is one core only there is nothing to halve.
. "$CLI/support.bash"
[ "$(nproc)" -ge 2 ] || exit 0
for rule in lg-fg-a bp; do
    two=(--set 'devices=[{type: cpu, split: 2}]' --set "rule={name: $rule}")
    [ $rule = bp ] || two+=(--set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [0, 1], shares: [1, 3]}]')
    "$LOCL" train small.yaml --quiet "${two[@]}" --set run.dir=first --set train.steps=25 || fail "first part"
    cp -r first whole
    "$LOCL" train --resume first --quiet --set train.steps=40 || fail "going on"
    "$LOCL" train --resume first --quiet --set train.steps=0 || fail "going on again"
    "$LOCL" train --resume whole --quiet --set train.steps=0 || fail "going on in one"
    same whole/checkpoints/last.safetensors first/checkpoints/last.safetensors
    "$LOCL" eval first --quiet || fail "evaluation"
    rm -r first whole
done
