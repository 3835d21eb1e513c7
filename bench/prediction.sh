#!/bin/bash
# Holds what locl expects of several devices against what is then measured, over ten configurations of blocks, batches and
# devices, and prints one table:
#
#   simulated   locl simulate CONFIG --validate: the events' rate over that of a training
#   predicted   locl bench pipeline CONFIG: the placement's rate over that of a training, in turns with others
#   identical   whether the parameters are those of a run in turn
#
#   bench/prediction.sh [--locl FILE] [--rounds N] [--quick]
#
# Stages are measured anew. It takes half an hour, and should run with nothing else on the machine; --quick has small
# networks, to see that it works. Halves of PoCL's CPU device, and of Intel's runtime where OCL_ICD_VENDORS shows it
# (eval "$(tests/intel_runtime.sh)"); without it those rows are left out. Exit code 1 where a command failed.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
locl=$source/build/bin/locl rounds=5 quick=
while [ $# -gt 0 ]; do
    case $1 in
    --locl) locl=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --quick) quick=yes ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
    shift
done
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# What was measured of stages before is left aside; programs and products are not.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/locl/v1
mkdir -p "$scratch/locl/v1" "$cache/programs" "$cache/tune"
ln -s "$cache/programs" "$cache/tune" "$scratch/locl/v1/"
export XDG_CACHE_HOME=$scratch

declare -A devices=(
    [pocl]='{platform: portable, type: cpu, split: 2}'
    [intel]='{platform: intel, type: cpu, split: 2}'
    [mixed]='[{platform: portable, type: cpu, split: 2, part: 0}, {platform: intel, type: cpu, split: 2, part: 1}]'
)
# blocks, channels, groups, batch, rule, devices
rows=(
    "4 256 16 128 lg-fg-a pocl"
    "4 256 16 64 lg-fg-a pocl"
    "4 256 16 256 lg-fg-a pocl"
    "2 256 16 128 lg-fg-a pocl"
    "7 256 16 128 lg-bp pocl"
    "4 256 16 128 bp pocl"
    "4 256 16 128 lg-fg-a mixed"
    "6 256 16 64 lg-bp mixed"
    "5 128 16 128 lg-fg-a mixed"
    "4 256 16 128 lg-fg-a intel"
)

# config BLOCKS CHANNELS GROUPS BATCH RULE DEVICES: writes config.yaml.
config() {
    local channels=$2 batch=$4
    [ -n "$quick" ] && channels=64 batch=$(($4 / 4))
    cat >"$scratch/config.yaml" <<END
model: {image: [32, 32, 3], classes: 10, blocks: $1, patches: 8, channels: $channels, groups: $3}
rule: {name: $5}
data: {name: cifar10, batch: $batch}
devices: ${devices[$6]}
END
}

# number KEY...: prints what is below the keys of the JSON on standard input; "kind=x" takes the first object of a list
# that has it so.
number() {
    python3 -c '
import json, sys
at = json.load(sys.stdin)
for key in sys.argv[1:]:
    name, equals, value = key.partition("=")
    at = next(x for x in at if str(x.get(name)) == value) if equals else at[key]
print(f"{at:.3f}" if isinstance(at, float) else str(at).lower())' "$@"
}

# compare ROW...: one line of the table.
compare() {
    local simulation=$scratch/simulation.json bench=$scratch/bench.json
    config "$@"
    "$locl" simulate "$scratch/config.yaml" --validate --json >"$simulation" &&
        "$locl" bench pipeline "$scratch/config.yaml" --rounds "$rounds" --quiet --json >"$bench" || return 1
    printf '%-6s %-8s %-6s %-8s %-6s %11s %10s %10s %10s\n' "$1" "$2" "$4" "$5" "$6" \
        "$(number results kind=together median <"$bench")" "$(number simulated_over_measured <"$simulation")" \
        "$(number results kind=prediction median <"$bench")" "$(number identical <"$bench")"
}

printf '%-6s %-8s %-6s %-8s %-6s %11s %10s %10s %10s\n' \
    blocks channels batch rule on images/s simulated predicted identical
status=0
for row in "${rows[@]}"; do
    read -r -a what <<<"$row"
    case ${what[5]}:$("$locl" devices --json | grep -c '"platform": "Intel') in
    pocl:*) ;;
    *:0) echo "${what[*]}: left out, as Intel's runtime is not there" >&2; continue ;;
    esac
    compare "${what[@]}" || { echo "${what[*]}: failed" >&2; status=1; }
done
exit $status
