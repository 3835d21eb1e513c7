# What quick takes from the store changes kernels, not bits; a choice that would change them is not taken, whatever the
# store says.
. "$CLI/support.bash"
export XDG_CACHE_HOME=$PWD/cache
train() { # <run> <set>...
    local run=$1
    shift
    "$LOCL" train small.yaml --quiet --set run.dir="$run" --set train.steps=6 --set engine=native \
        "${@/#/--set=}" || fail "training $run"
}
"$LOCL" tune small.yaml --budget 20 --quiet --set engine=native --set model.image='[8, 8, 1]' --set model.classes=10 \
    >/dev/null || fail "tuning"
store=$(echo "$XDG_CACHE_HOME"/locl/v1/tune/*.json)
sed -i 's/"rows": [0-9]*,/"rows": 12,/' "$store"
train off tune=off
train quick tune=quick
grep '"rows": 12' quick/plan.json >/dev/null || fail "quick took nothing from the store"
grep '"rows": 12' off/plan.json >/dev/null && fail "off took something from the store"
same_runs off quick
sed -i 's/"k_block": [0-9]*,/"k_block": 128,/' "$store"
train distrustful tune=quick
same_runs off distrustful
