#!/bin/bash
# Builds the fuzz targets and runs each for a while, one after another.
#
#   tests/fuzz/run.sh [SECONDS] [TARGET]...
#
# SECONDS: for each target, 60 without. TARGET: jpeg, config, ...: all without. Prints a table; exit code 1 when
# something was found, 77 where there is no clang with libFuzzer (Debian: clang-14 libclang-rt-14-dev, or those
# without numbers). In build-fuzz remain:
#   findings/TARGET-crash-..   inputs that ended a target; run it again alone: build-fuzz/fuzz/TARGET FILE
#   corpus/TARGET              inputs that reached new code, which the next run begins with, beside the seeds
#   logs/TARGET                what the target said
set -u
source=$(cd "$(dirname "$0")/../.." && pwd)
seeds=$source/tests/fuzz/corpus build=$source/build-fuzz seconds=60
if [[ ${1-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
cd "$source" || exit 1
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
    clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2>/dev/null; then
    echo "run.sh: there is no clang with libFuzzer (Debian: clang, libclang-rt-dev)" >&2
    exit 77
fi
mkdir -p "$build/logs" "$build/findings"
if ! { cmake --preset fuzz -G Ninja && cmake --build --preset fuzz; } >"$build/build.log" 2>&1; then
    cat "$build/build.log"
    exit 1
fi
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for target in "$build"/fuzz/*; do
        targets+=("$(basename "$target")")
    done
fi
# The files that targets read; one that is ended by a finding leaves its own behind.
parent=/dev/shm
[ -w $parent ] || parent=/tmp
TMPDIR=$(mktemp -d -p $parent) || exit 1
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR
export LSAN_OPTIONS=suppressions=$source/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=allocator_may_return_null=1

# A number that libFuzzer prints at its end.
statistic() { # <log> <name>
    sed -n "s/^stat::$2: *//p" "$1" | tail -n 1
}

# The words of a configuration, for the targets that read one: keys, choices, presets.
words=$build/config.dict
grep -o '[`a-zA-Z0-9./_-]\{3,\}' docs/configuration.md | tr -d '`' | grep -E '^[a-zA-Z].{2,}$' | sort -u |
    sed 's/.*/"&"/' >"$words"

passed=0 failed=0
printf '%-14s %12s %9s %9s %8s  %s\n' target executions "per sec." coverage inputs finding
for target in "${targets[@]}"; do
    log=$build/logs/$target
    if [ ! -x "$build/fuzz/$target" ]; then
        echo "run.sh: there is no target $target" >&2
        exit 2
    fi
    mkdir -p "$build/corpus/$target"
    options=(-max_len=8192) # more than any seed has, and than a list of most blocks
    case $target in config | set) options+=(-dict="$words") ;; esac
    "$build/fuzz/$target" "${options[@]}" -max_total_time="$seconds" -timeout=20 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "$seeds/$target" >"$log" 2>&1
    code=$?
    finding=none
    if [ $code -ne 0 ]; then
        failed=$((failed + 1))
        finding=$(sed -n "s,.*Test unit written to ,,p" "$log" | tail -n 1)
        finding="exit code $code: ${finding:-see $log}"
    else
        passed=$((passed + 1))
    fi
    printf '%-14s %12s %9s %9s %8s  %s\n' "$target" "$(statistic "$log" number_of_executed_units)" \
        "$(statistic "$log" average_exec_per_sec)" "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -c 6-)" \
        "$(find "$build/corpus/$target" -type f | wc -l)" "$finding"
    if [ $code -ne 0 ]; then
        grep -vE '^(#|INFO|NEW|REDUCE|stat::)' "$log" | head -n 40 | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
