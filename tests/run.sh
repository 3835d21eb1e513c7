#!/bin/bash
# Runs all tests of a build: the cmocka programs and the cases of the command. The last line is
# "N passed, N failed"; the exit code is 1 when one failed.
#
#   tests/run.sh [--build FOLDER] [--update] [--jobs N] [--without NAME]... [NAME]...
#
# N of them run at a time, else as many as there are cores, at most 4: much of a test is a driver's compiler, on one core.
# NAME: only programs and cases whose names contain it, such as train/, or all but those. A case is
# tests/cli/VERB/CASE.sh, run by bash in an empty folder with $LOCL (the command), $CLI (tests/cli) and $PROGRAMS (its helpers); beside it:
#   CASE.exit           expected exit code, 0 without
#   CASE.stdout.exact   expected output to the byte; CASE.stdout.glob: as a shell pattern; the same for stderr
# A case that lacks a program says so on standard error and exits with 77: it is skipped and does not count.
# --update rewrites .exit and .exact files by what came.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build update=no jobs='' names=() without=()
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --update) update=yes ;;
    --jobs) jobs=$2; shift ;;
    --without) without+=("$2"); shift ;;
    *) names+=("$1") ;;
    esac
    shift
done
limit=600 # seconds for a program or a case
passed=0 failed=0 skipped=0
cores=$(nproc)
: "${jobs:=$((cores < 4 ? cores : 4))}"
export LOCL=$build/bin/locl CLI=$source/tests/cli PROGRAMS=$build/tests/cases
export CMOCKA_MESSAGE_OUTPUT=TAP
export LOCL_DEVICE_FILE= # not what the user says of devices
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# Drivers keep memory until the end: under sanitizers on PoCL, with its leaks left out. Under ThreadSanitizer all
# takes about ten times as long: the alarms that programs set for themselves are off, the limit here stays.
alone=(timeout "$limit")
if grep -q '^LOCL_SANITIZE:STRING=thread' "$build/CMakeCache.txt" 2>/dev/null; then
    alone+=(env --ignore-signal=ALRM)
    export TSAN_OPTIONS=exitcode=66:second_deadlock_stack=1:history_size=4
fi
if grep -q '^LOCL_SANITIZE:STRING=.' "$build/CMakeCache.txt" 2>/dev/null; then
    export LSAN_OPTIONS=suppressions=$source/tests/lsan.supp:print_suppressions=0
    [ -e /etc/OpenCL/vendors/pocl.icd ] && export OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd
fi

declare -A known=() # names that are part of some test's
wanted() {
    local name named=no
    for name in "${names[@]}"; do
        [[ $1 == *"$name"* ]] && named=yes known[$name]=yes
    done
    for name in "${without[@]}"; do
        [[ $1 == *"$name"* ]] && return 1
    done
    [ $named = yes ] || [ ${#names[@]} -eq 0 ]
}

# Prints what a test took that began when SECONDS was that: nothing for one that is quick.
took() {
    local seconds=$((SECONDS - $1))
    [ $seconds -lt 5 ] || echo " ($seconds s)"
}

# Writes down how many passed, failed and were skipped. A test runs in a shell of its own.
tell() {
    echo "$1 $2 $3" >>"$scratch/counts"
}

# Counts the tests of a program's TAP output; a program that dies is one more that failed. In folder $2.
run_program() {
    local name log=$2/log ok not skips code begin=$SECONDS
    name=$(basename "$1")
    mkdir "$2/run"
    (cd "$2/run" && "${alone[@]}" "$1") >"$log" 2>&1
    code=$?
    ok=$(grep -c '^ok [0-9]' "$log") skips=$(grep -c '^not ok .*# SKIP' "$log")
    not=$(($(grep -c '^not ok ' "$log") - skips))
    [ "$code" -ne 0 ] && [ "$not" -eq 0 ] && not=1
    tell "$ok" "$not" "$skips"
    if [ "$not" -gt 0 ]; then
        echo "FAIL $name (exit code $code)"
        { head -n 20 "$log" && tail -n +21 "$log" | tail -n 100; } | sed 's/^/    /' # how it began, how it ended
    else
        echo "ok   $name: $ok$([ "$skips" -gt 0 ] && echo ", $skips skipped")$(took $begin)"
    fi
}

# Compares one kind of output with what is expected of it; prints the difference.
compare() { # <case without .sh> <file> <kind>
    if [ -e "$1.$3.exact" ]; then
        if [ $update = yes ]; then
            cp "$2" "$1.$3.exact"
        fi
        diff -u "$1.$3.exact" "$2"
    elif [ -e "$1.$3.glob" ]; then
        local text pattern
        text=$(cat "$2") pattern=$(cat "$1.$3.glob")
        # shellcheck disable=SC2254 # it is a pattern
        case $text in
        $pattern) return 0 ;;
        esac
        echo "$3 should match $1.$3.glob; it is:" && cat "$2"
        return 1
    fi
}

# "train/bad_set" of tests/cli/train/bad_set.sh
case_name() {
    local name=${1#"$CLI/"}
    echo "${name%.sh}"
}

# Runs a case, in folder $2.
run_case() {
    local base name code expected good=yes begin=$SECONDS
    base=${1%.sh} name=$(case_name "$1")
    mkdir "$2/case"
    (cd "$2/case" && timeout $limit bash "$1") >"$2/stdout" 2>"$2/stderr" </dev/null
    code=$?
    if [ $code -eq 77 ]; then
        tell 0 0 1
        echo "skip $name: $(cat "$2/stderr")"
        return
    fi
    [ $update = yes ] && { [ $code -ne 0 ] && echo $code >"$base.exit" || rm -f "$base.exit"; }
    expected=$(cat "$base.exit" 2>/dev/null || echo 0)
    {
        [ "$code" = "$expected" ] || { echo "exit code $code, should be $expected" && good=no; }
        compare "$base" "$2/stdout" stdout || good=no
        compare "$base" "$2/stderr" stderr || good=no
    } >"$2/log"
    if [ $good = yes ]; then
        tell 1 0 0
        echo "ok   $name$(took $begin)"
    else
        tell 0 1 0
        echo "FAIL $name"
        cat "$2/log" "$2/stderr" | tail -n 100 | sed 's/^/    /'
    fi
}

# start HOW TEST: runs it in the background, in a folder of its own, once fewer than `jobs` run. Its lines come out together.
running=0 number=0
start() {
    local folder=$scratch/$((number += 1))
    if [ $running -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
    fi
    mkdir "$folder"
    {
        "$1" "$2" "$folder" >"$folder/said"
        cat "$folder/said"
        rm -rf "$folder"
    } &
    running=$((running + 1))
}

# Counts a case that lies elsewhere as failed. It would not run, and nobody would notice.
while IFS= read -r case; do
    failed=$((failed + 1))
    echo "FAIL $(case_name "$case"): a case is tests/cli/VERB/CASE.sh, a file to be sourced ends with .bash"
done < <(find "$CLI" -maxdepth 1 -name '*.sh' && find "$CLI" -mindepth 3 -name '*.sh')

for program in "$build"/tests/*_test; do
    [ -x "$program" ] && wanted "$(basename "$program")" && start run_program "$program"
done
for case in "$CLI"/*/*.sh; do
    wanted "$(case_name "$case")" && start run_case "$case"
done
for name in "${names[@]}"; do
    if [ "${known[$name]-}" != yes ]; then
        failed=$((failed + 1))
        echo "FAIL $name: no test has that in its name"
    fi
done
wait
while read -r ok not skips; do
    passed=$((passed + ok)) failed=$((failed + not)) skipped=$((skipped + skips))
done < <(cat "$scratch/counts" 2>/dev/null)
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
