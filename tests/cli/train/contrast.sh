# Without labels: a run learns something, and is the same bits whether it is interrupted, resumed, or runs on two devices.
. "$CLI/support.bash"
sed -i 's/^rule:.*/rule: {name: lg-fg-a, noise: rademacher, exact_last: true, feedback: {group: mirror}}/' small.yaml
echo 'task: {name: contrast, projection: 16}' >>small.yaml
error_of() {
    sed -n 's/^.*"test".*"loss": [0-9.]*, "error": \([0-9.]*\), .*$/\1/p' "$1/metrics.jsonl" | tail -1
}
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail "the whole run"
awk -v e="$(error_of whole)" 'BEGIN { exit !(e > 0 && e < 0.7) }' || fail "test error $(error_of whole)"
for steps in 7 23; do
    if [ -e run ]; then
        "$LOCL" train --resume run --quiet --set train.steps=$steps || fail "to step $steps"
    else
        "$LOCL" train small.yaml --quiet --set train.steps=$steps || fail "to step $steps"
    fi
    "$LOCL" eval run --json >eval.json || fail "eval at step $steps"
    grep -F "\"error\": $(error_of run)" eval.json >/dev/null || fail "eval at step $steps: $(cat eval.json), $(error_of run)"
done
# its heads know no classes, and the classifier alone has a result
grep -F '"blocks": []' eval.json >/dev/null || fail "eval of heads: $(cat eval.json)"
"$LOCL" eval run --quiet | grep -F block && fail "eval tells of blocks"
"$LOCL" train --resume run --set train.steps=0 >told || fail "to the end"
grep -q '^block 0 *[0-9.]* *[0-9.]* %$' told || fail "the end tells of tests of heads: $(cat told)"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
for halves in one two; do
    devices='[{type: cpu, split: 2}]'
    placement='[{blocks: [0, 1], devices: [0]}]'
    [ $halves = two ] && placement='[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}]'
    "$LOCL" train small.yaml --quiet --set train.epochs=2 --set devices="$devices" --set placement="$placement" \
        --set run.dir=$halves || fail "on $halves"
done
same_runs one two
"$LOCL" train small.yaml --quiet --set rule='{name: bp}' --set run.dir=bp || fail "bp"
"$LOCL" audit run --draws 3 >/dev/null || fail "audit"
