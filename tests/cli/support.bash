# Sourced by the cases: data/ with a small data set, small.yaml to train on it, and a few helpers.
"$PROGRAMS/make_data" data
cp "$CLI/small.yaml" small.yaml

fail() {
    echo "$*" >&2
    exit 99
}

# Where a program is not there: the case is left out.
skip() {
    echo "$*" >&2
    exit 77
}

# The same files, byte by byte.
same() {
    cmp "$1" "$2" >&2 || fail "$1 and $2 differ"
}

# Parameters, optimiser state and position of two runs, and what they keep as their best.
same_runs() {
    same "$1/checkpoints/last.safetensors" "$2/checkpoints/last.safetensors"
    same "$1/checkpoints/best.safetensors" "$2/checkpoints/best.safetensors"
    # metrics but the rates, which no two runs share
    same <(sed 's/, "images_per_second.*//' "$1/metrics.jsonl") <(sed 's/, "images_per_second.*//' "$2/metrics.jsonl")
}

# Waits until the file is there.
await() {
    for _ in $(seq 600); do
        [ -e "$1" ] && return 0
        sleep 0.02
    done
    fail "$1 did not appear"
}
