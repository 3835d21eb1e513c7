# Shards train alike however they are named, with whatever memory and threads, and a run that is interrupted in the middle of
# an epoch ends with the bytes of one that was not.
. "$CLI/shards.bash"
long=("${set[@]}" --set train.epochs=4)
"$LOCL" train small.yaml "${long[@]}" --set run.dir=whole || fail "the whole run"
"$LOCL" train small.yaml "${long[@]}" --set run.dir=little --set data.memory=1 --set data.threads=3 \
    --set 'data.path=["shards/train-{000..004}.tar", shards/val-000.tar]' || fail "little memory"
same_runs whole little
"$LOCL" train small.yaml "${long[@]}" --set train.steps=37 --set data.memory=1 || fail "the first part" # 15 steps an epoch
"$LOCL" train --resume run --quiet --set train.steps=0 --set data.memory=100 --set data.threads=2 || fail "the rest"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
"$LOCL" eval run --json >/dev/null || fail "eval"
