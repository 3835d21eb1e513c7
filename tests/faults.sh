#!/bin/bash
# Runs 20 steps on two halves of PoCL again and again, each time with another OpenCL call that fails, another launch whose
# device hangs, or another read that gives NaN. Each run has to recover and end as a run does that is restarted from the
# same snapshot on the device that remains, or to stop with a clear error and a good checkpoint; none may hang or leak.
#
#   tests/faults.sh [--build FOLDER] [--every N] [--from N] [fail|hang|nan]...
#
# Without --every all calls are tried: an hour or two. The last line is "N recovered, N stopped, N unharmed, N failed".
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build every=1 from=1 kinds=()
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --every) every=$2; shift ;;
    --from) from=$2; shift ;;
    *) kinds+=("$1") ;;
    esac
    shift
done
[ ${#kinds[@]} -gt 0 ] || kinds=(fail hang nan)
export LOCL=$build/bin/locl CLI=$source/tests/cli PROGRAMS=$build/tests/cases
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export XDG_CACHE_HOME=$scratch/cache OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
. "$CLI/support.bash"
. "$CLI/faults.bash"
recovered=0 stopped=0 unharmed=0 failed=0

# Prints how often the run without faults makes a call.
calls() {
    sed -n "s/^$1 //p" whole.calls
}

# Judges a run that did not end well: an exit code of the command's own, a message, and a checkpoint if it says so.
stopped_well() {
    [ "$2" -le 6 ] && grep -q '^locl train: ' run.err || fail "$1: exit code $2: $(cat run.err)"
    [ "$2" -ne 6 ] && return 0
    "$LOCL" eval run --json >/dev/null || fail "$1: the checkpoint is not good"
    go_on run "${parts[0]}" 2>/dev/null || fail "$1 can't be gone on with"
}

# attempt WHAT SETTING...: one run with a fault.
attempt() {
    local what=$1 code
    shift
    rm -rf run
    on_parts run "$@" -- --set run.deadline=5
    code=$?
    if [ $code -ne 0 ]; then
        (stopped_well "$what" $code) && stopped=$((stopped + 1)) && return 0
    elif [ -z "$(went_on run)" ]; then
        (same run/checkpoints/last.safetensors whole/checkpoints/last.safetensors) &&
            unharmed=$((unharmed + 1)) && return 0
    else
        (recovered run) && { grep -q "does not answer" run.err || (released run); } &&
            recovered=$((recovered + 1)) && return 0
    fi
    echo "FAIL $what: exit code $code: $(cat run.err)"
    failed=$((failed + 1))
}

on_parts whole LOCL_LAYER_PART=0 -- || fail "$(cat whole.err)"
for kind in "${kinds[@]}"; do
    case $kind in
    fail) counted=calls ;;
    hang) counted=clEnqueueNDRangeKernel ;;
    nan) counted=clEnqueueReadBuffer ;;
    *) fail "$kind: should be fail, hang or nan" ;;
    esac
    for ((n = from; n <= $(calls $counted); n += every)); do
        case $kind in
        fail) attempt "call $n fails" "LOCL_LAYER_FAIL=*,$n,-5" ;;
        hang) attempt "the device of launch $n hangs" LOCL_LAYER_BLOCK=$n ;;
        nan) attempt "read $n gives NaN" LOCL_LAYER_SPOIL=$n ;;
        esac
    done
done
echo "$recovered recovered, $stopped stopped, $unharmed unharmed, $failed failed"
[ $failed -eq 0 ]
