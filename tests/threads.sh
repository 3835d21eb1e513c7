#!/bin/bash
# Builds the preset tsan and runs under ThreadSanitizer the tests in which threads meet: the pipeline's workers and
# channels, the loader, the threads that decode and change images, also as they are needed, the cache of programs, kernels built ahead, and runs of the
# command, also interrupted ones. Any report fails a test. PoCL and LLVM are not instrumented: of what they do only
# locks and the like are seen, of which no report came, so that nothing is suppressed. Exit code 77 where
# ThreadSanitizer does not work.
#
#   tests/threads.sh [NAME]...      as of tests/run.sh, instead of those here
set -u
cd "$(dirname "$0")/.." || exit 1
names=(pipeline busy loader augment_test shards_test program build_test channel tree_ archive_ faults resume/two_devices train/json train/trace interrupt)
without=(--without bench/ --without pipeline_half) # the same threads as others, for minutes
[ $# -gt 0 ] && names=("$@") && without=()
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# A race has to be noticed, else no report means nothing.
cat >"$scratch/race.c" <<'END'
#include <pthread.h>
static int count;
static void *work(void *user) { count++; return user; }
int main(void)
{
    pthread_t a, b;
    pthread_create(&a, 0, work, 0);
    pthread_create(&b, 0, work, 0);
    pthread_join(a, 0);
    return pthread_join(b, 0);
}
END
notices_a_race() {
    TSAN_OPTIONS=exitcode=66 "${how[@]}" "$scratch/race" >/dev/null 2>&1
    [ $? -eq 66 ]
}
how=(env)
if ! cc -fsanitize=thread -pthread -o "$scratch/race" "$scratch/race.c" 2>/dev/null || ! notices_a_race; then
    how=(setarch -R) # where addresses are laid out more randomly than it knows
    notices_a_race || { echo "threads.sh: ThreadSanitizer does not work here" >&2 && exit 77; }
fi

mkdir -p build-tsan
{ cmake --preset tsan && cmake --build --preset tsan; } >build-tsan/build.log 2>&1 || {
    cat build-tsan/build.log
    exit 1
}
export LOCL_TEST_SMALL=1
# one at a time: side by side a driver has once died while it compiled
"${how[@]}" tests/run.sh --build build-tsan --jobs 1 "${without[@]}" "${names[@]}"
