#!/bin/bash
# Runs the tests of the kernels on Oclgrind, a simulator that sees accesses out of bounds, data races and wrong
# API calls. A program fails when a test does or the simulator reports anything; the last line counts programs.
# Small shapes only, in buffers of exactly their size (LOCL_TEST_SMALL). Exit code 77 where there is no oclgrind.
#
#   tests/oclgrind.sh [BUILD FOLDER]
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$source/build}" && pwd) || exit 2
programs=(check_operations_test check_products_test check_optimisers_test properties_test draw_words_test)
if ! command -v oclgrind >/dev/null; then
    echo "oclgrind.sh: oclgrind is not installed (a package of Debian 12, not of Debian 13)" >&2
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export LOCL_TEST_SMALL=1 XDG_CACHE_HOME=$scratch
unset LOCL_DEVICES LOCL_CAPS OCL_ICD_VENDORS

passed=0 failed=0
for name in "${programs[@]}"; do
    log=$scratch/$name.log output=$scratch/$name.output
    : >"$log"
    if [ ! -x "$build/tests/$name" ]; then
        echo "FAIL $name: $build/tests/$name is not built"
        failed=$((failed + 1))
        continue
    fi
    oclgrind --check-api --data-races --log "$log" "$build/tests/$name" >"$output" 2>&1
    code=$?
    if [ $code -ne 0 ] || [ -s "$log" ]; then
        failed=$((failed + 1))
        echo "FAIL $name (exit code $code)"
        grep -E 'ERROR|FAILED|again:' "$output" | head -n 20 | sed 's/^/    /'
        head -n 40 "$log" | sed 's/^/    /'
    else
        passed=$((passed + 1))
        echo "ok   $name"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
