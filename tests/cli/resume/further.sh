# A run that train.steps ended within an epoch goes on as if it never had.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail "the whole run"
for steps in 7 23 32 61; do
    if [ -e run ]; then
        "$LOCL" train --resume run --quiet --set train.steps=$steps || fail "to step $steps"
    else
        "$LOCL" train small.yaml --quiet --set train.steps=$steps || fail "to step $steps"
    fi
done
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "to the end"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
grep '"train"' whole/metrics.jsonl | sed 's/, "images_per_second.*//' >expected
grep '"train"' run/metrics.jsonl | sed 's/, "images_per_second.*//' >found
same expected found
