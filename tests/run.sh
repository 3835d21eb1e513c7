#!/bin/bash
# Runs all tests of a build: the cmocka programs and the cases of the command. The last line is
# "N passed, N failed"; the exit code is 1 when one failed.
#
#   tests/run.sh [--build FOLDER] [--update] [--without NAME]... [NAME]...
#
# NAME: only programs and cases whose names contain it, such as train/, or all but those. A case is
# tests/cli/VERB/CASE.sh, run by bash in an empty folder with $LOCL (the command), $CLI (tests/cli) and $PROGRAMS (its helpers); beside it:
#   CASE.exit           expected exit code, 0 without
#   CASE.stdout.exact   expected output to the byte; CASE.stdout.glob: as a shell pattern; the same for stderr
# A case that lacks a program says so on standard error and exits with 77: it is skipped and does not count.
# --update rewrites .exit and .exact files by what came.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build update=no names=() without=()
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --update) update=yes ;;
    --without) without+=("$2"); shift ;;
    *) names+=("$1") ;;
    esac
    shift
done
limit=600 # seconds for a program or a case
passed=0 failed=0 skipped=0
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

wanted() {
    local name
    for name in "${without[@]}"; do
        [[ $1 == *"$name"* ]] && return 1
    done
    [ ${#names[@]} -eq 0 ] && return 0
    for name in "${names[@]}"; do
        [[ $1 == *"$name"* ]] && return 0
    done
    return 1
}

# Counts the tests of a program's TAP output; a program that dies is one more that failed.
run_program() {
    local name log ok not skips code
    name=$(basename "$1") log=$scratch/log
    (cd "$scratch" && "${alone[@]}" "$1") >"$log" 2>&1
    code=$?
    ok=$(grep -c '^ok [0-9]' "$log") skips=$(grep -c '^not ok .*# SKIP' "$log")
    not=$(($(grep -c '^not ok ' "$log") - skips))
    [ "$code" -ne 0 ] && [ "$not" -eq 0 ] && not=1
    passed=$((passed + ok)) failed=$((failed + not)) skipped=$((skipped + skips))
    if [ "$not" -gt 0 ]; then
        echo "FAIL $name (exit code $code)"
        tail -n 100 "$log" | sed 's/^/    /'
    else
        echo "ok   $name: $ok$([ "$skips" -gt 0 ] && echo ", $skips skipped")"
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

run_case() {
    local base name folder code expected good=yes
    base=${1%.sh} name=$(case_name "$1") folder=$scratch/case
    mkdir "$folder"
    (cd "$folder" && timeout $limit bash "$1") >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
    code=$?
    if [ $code -eq 77 ]; then
        skipped=$((skipped + 1))
        echo "skip $name: $(cat "$scratch/stderr")"
        rm -rf "$folder"
        return
    fi
    [ $update = yes ] && { [ $code -ne 0 ] && echo $code >"$base.exit" || rm -f "$base.exit"; }
    expected=$(cat "$base.exit" 2>/dev/null || echo 0)
    {
        [ "$code" = "$expected" ] || { echo "exit code $code, should be $expected" && good=no; }
        compare "$base" "$scratch/stdout" stdout || good=no
        compare "$base" "$scratch/stderr" stderr || good=no
    } >"$scratch/log"
    if [ $good = yes ]; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        cat "$scratch/log" "$scratch/stderr" | tail -n 100 | sed 's/^/    /'
    fi
    rm -rf "$folder"
}

# Counts a case that lies elsewhere as failed. It would not run, and nobody would notice.
while IFS= read -r case; do
    failed=$((failed + 1))
    echo "FAIL $(case_name "$case"): a case is tests/cli/VERB/CASE.sh, a file to be sourced ends with .bash"
done < <(find "$CLI" -maxdepth 1 -name '*.sh' && find "$CLI" -mindepth 3 -name '*.sh')

for program in "$build"/tests/*_test; do
    [ -x "$program" ] && wanted "$(basename "$program")" && run_program "$program"
done
for case in "$CLI"/*/*.sh; do
    wanted "$(case_name "$case")" && run_case "$case"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
