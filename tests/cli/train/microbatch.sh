# Micro-batches: interrupted or not, the same bits; of other slices the same network but for rounding.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set data.microbatch=8 --set run.dir=whole || fail "the whole run"
for steps in 7 23; do
    if [ -e run ]; then
        "$LOCL" train --resume run --quiet --set train.steps=$steps || fail "to step $steps"
    else
        "$LOCL" train small.yaml --quiet --set data.microbatch=8 --set train.steps=$steps || fail "to step $steps"
    fi
done
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "to the end"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
"$LOCL" train --resume run --set data.microbatch=4 2>/dev/null && fail "slices of a resumed run were changed"
# before rounding grows, as that of any difference does
for slice in 32 8; do
    "$LOCL" train small.yaml --quiet --set train.steps=4 --set data.microbatch=$slice --set run.dir=of_$slice ||
        fail "slices of $slice"
done
cmp -s of_32/checkpoints/last.safetensors of_8/checkpoints/last.safetensors && fail "nothing was cut"
loss() {
    sed -n 's/^.*"test".*"loss": \([0-9.]*\), "error".*"blocks".*$/\1/p' "$1/metrics.jsonl" | tail -1
}
awk -v a="$(loss of_32)" -v b="$(loss of_8)" 'BEGIN { exit !(a > 0 && a - b < 1e-4 * a && b - a < 1e-4 * a) }' ||
    fail "test losses $(loss of_32) and $(loss of_8)"
"$LOCL" audit of_8 --draws 3 >/dev/null || fail "audit"
