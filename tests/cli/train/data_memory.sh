# A run over ten times data.memory stays within it. Measured against a run that keeps next to nothing, and one that keeps all;
# the margins are wide, since other memory of a process varies by some MiB.
. "$CLI/support.bash"
"$PROGRAMS/make_shards" shards 4 380 96 || fail "the shards" # 40 MiB decoded
measure() { # MIB [--set KEY=VALUE]...
    local memory=$1
    shift
    rm -rf run
    "$PROGRAMS/peak_memory" "$LOCL" train small.yaml --set data.name=shards --set data.path=shards --set train.epochs=1 \
        --set "model.image=[96, 96, 3]" --set "data.mean=[0.3, 0.3, 0.3]" --set "data.std=[0.2, 0.2, 0.2]" \
        --set data.batch=16 --set data.memory="$memory" "$@" --quiet || fail "data.memory $memory"
}
measure 1 --set train.steps=1 >/dev/null # builds kernels and indices
least=$(measure 1) || exit
some=$(measure 4) || exit
all=$(measure 200) || exit
echo "KiB resident at most: $least with 1 MiB, $some with 4, $all with 200" >&2
[ $((some - least)) -lt $((16 * 1024)) ] || fail "4 MiB took $((some - least)) KiB"
[ $((all - some)) -gt $((24 * 1024)) ] || fail "40 MiB took $((all - some)) KiB only: they cannot all have been kept"
