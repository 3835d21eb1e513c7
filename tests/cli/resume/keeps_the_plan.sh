# Placement and engines are those of the run's beginning, whatever would be chosen now.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=20 --set engine=clblast || fail "first part"
sed -i 's/engine: clblast/engine: native/' run/config.yaml
cp run/plan.json before.json
"$LOCL" train --resume run --quiet --set train.steps=40 || fail "going on"
same before.json run/plan.json
"$LOCL" train small.yaml --quiet --set train.steps=40 --set engine=clblast --set run.dir=whole || fail "whole"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
