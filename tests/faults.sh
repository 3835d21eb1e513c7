#!/bin/bash
# Runs 20 steps on two halves of PoCL again and again, each time with another OpenCL call that fails, another launch whose
# device hangs, or another read that gives NaN. Each run has to recover and end as a run does that is restarted from the
# same snapshot on the device that remains, or to stop with a clear error and a good checkpoint; none may hang or leak.
#
#   tests/faults.sh [--build FOLDER] [--every N] [--from N] [fail|hang|nan]...
#
# Without --every all are tried. Runs share processes (tests/cli/fault_runs.c) but for the first calls that fail, of which
# some are made once by each process. The last line is "N recovered, N stopped, N unharmed, N failed".
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build every=1 from=1 kinds=()
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --every) every=$2; shift ;;
    --from) from=$2; shift ;;
    fail | hang | nan) kinds+=("$1") ;;
    *) echo "$1: should be fail, hang or nan" >&2; exit 2 ;;
    esac
    shift
done
[ ${#kinds[@]} -gt 0 ] || kinds=(fail hang nan)
export CLI=$source/tests/cli PROGRAMS=$build/tests/cases
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export XDG_CACHE_HOME=$scratch/cache OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
. "$CLI/support.bash"

# Runs of one process: a device that hung keeps its memory as long. The first calls have one each.
runs_at_once=100 hangs_at_once=25 first_calls=250

# try KIND LAST: tries from `from` to `last`. Where a process ends early, what it was at has failed, and the next one goes on.
try() {
    local kind=$1 last=$2 n=$from to most code finished
    while [ "$n" -le "$last" ]; do
        most=$runs_at_once
        [ "$kind" = hang ] && most=$hangs_at_once
        [ "$kind" = fail ] && [ "$n" -le $first_calls ] && most=1
        to=$((n + (most - 1) * every))
        [ "$to" -le "$last" ] || to=$last
        "$PROGRAMS/fault_runs" "$kind" "$n" "$to" "$every" >part.out 2>part.err
        code=$?
        sed "s/^/$kind /" part.out | tee -a all.out | grep failed
        finished=$(grep -c '^[0-9]' part.out)
        n=$((n + finished * every))
        [ "$n" -gt "$to" ] && continue
        echo "$kind $n failed: exit code $code: $(tail -n 3 part.err)" | tee -a all.out
        n=$((n + every))
    done
}

"$PROGRAMS/fault_runs" calls >counts || fail "the run without faults"
for kind in "${kinds[@]}"; do
    try "$kind" "$(sed -n "s/^$kind //p" counts)"
done
count() {
    grep -c "^[a-z]* [0-9]* $1" all.out
}
echo "$(count recovered) recovered, $(count stopped) stopped, $(count unharmed) unharmed, $(count failed) failed"
[ "$(count failed)" -eq 0 ]
