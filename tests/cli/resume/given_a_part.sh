# What lies in a run's folder, or that folder instead of a configuration: the remedy names the command that was meant.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "training"
for part in run/checkpoints/last.safetensors run/checkpoints/ run/config.yaml run/plan.json; do
    "$LOCL" train --resume $part 2>said && fail "$part was taken"
    grep 'remedy: locl train --resume run$' said >/dev/null || fail "$part: $(cat said)"
done
for part in run run/ run/checkpoints/last.safetensors; do
    "$LOCL" train $part 2>said && fail "$part was taken"
    grep 'remedy: locl train --resume run$' said >/dev/null || fail "$part: $(cat said)"
done
"$LOCL" eval run/checkpoints/last.safetensors
