# Mirrors of weights are read where the run ended, also in the middle of a sweep, and go on from there; an evaluation
# does without them, and an audit with what is there.
. "$CLI/support.bash"
mirrors=(--set 'rule.feedback={group: mirror, channel: mirror}' --set model.channels=128 --set model.groups=2)
"$LOCL" train small.yaml --quiet "${mirrors[@]}" --set run.dir=whole || fail "the whole run"
for steps in 7 23; do
    if [ -e run ]; then
        "$LOCL" train --resume run --quiet --set train.steps=$steps || fail "to step $steps"
    else
        "$LOCL" train small.yaml --quiet "${mirrors[@]}" --set train.steps=$steps || fail "to step $steps"
    fi
done
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "to the end"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
grep -a blocks.1.channel.mirror run/checkpoints/last.safetensors >/dev/null || fail "no mirrors are kept"
"$LOCL" train small.yaml --quiet --set model.channels=128 --set model.groups=2 --set run.dir=plain || fail "without"
"$LOCL" eval run >/dev/null || fail "evaluation"
"$LOCL" eval plain/checkpoints/last.safetensors run/config.yaml >/dev/null || fail "evaluation without mirrors"
"$LOCL" eval run/checkpoints/last.safetensors plain/config.yaml >/dev/null || fail "evaluation of more than is needed"
for run in run plain; do
    "$LOCL" audit $run --draws 3 --rule "{name: lg-fg-a, exact_last: true, feedback: {group: mirror}}" >/dev/null ||
        fail "audit of $run"
done
