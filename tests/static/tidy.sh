#!/bin/bash
# clang-tidy, with .clang-tidy, over the sources that differ from a base, and over those that include a header
# that does.
#
#   tests/static/tidy.sh [--all | --base COMMIT] [--build FOLDER]
#
# --all: every source (two to four minutes on two cores). The base is, unless given, where this branch left main;
# on main itself the last tag or, without tags, the commit before. FOLDER, build without, is configured where it
# has no compile_commands.json.
. "$(dirname "$0")/common.bash"
build=build base='' all=no
while [ $# -gt 0 ]; do
    case $1 in
    --all) all=yes ;;
    --base) base=$2 && shift ;;
    --build) build=$2 && shift ;;
    *) echo "$check: what is $1?" >&2 && exit 2 ;;
    esac
    shift
done
program=$(clang_tool clang-tidy) || exit $?

find_base() {
    local main
    for main in origin/main main; do
        if git rev-parse --verify --quiet "$main^{commit}" >/dev/null &&
            ! git merge-base --is-ancestor HEAD "$main"; then
            git merge-base HEAD "$main"
            return
        fi
    done
    git describe --tags --abbrev=0 2>/dev/null || git rev-parse --verify --quiet HEAD^
}

# The sources to look at, of those on standard input.
changed() {
    local headers
    git diff --name-only "$base" -- '*.c' '*.h' | cat - <(git ls-files --others --exclude-standard -- '*.c') | sort -u >"$scratch/names"
    headers=$(sed -n 's,^\(src\|tests\|include\)/\(.*\.h\)$,\2,p' "$scratch/names")
    while IFS= read -r file; do
        if grep -qxF "$file" "$scratch/names" ||
            { [ -n "$headers" ] && grep -o '^#include ["<][^">]*' "$file" | cut -c 11- | grep -qxF "$headers"; }; then
            printf '%s\n' "$file"
        fi
    done
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
if [ ! -e "$build/compile_commands.json" ]; then
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        finish 1
    }
fi
if [ $all = no ] && [ -z "$base" ]; then
    base=$(find_base) || left_out "there is no commit to compare with (a shallow clone?); --all takes all"
fi
# Those that the build knows: not the example, not the fuzz targets, which clang alone compiles.
files '*.c' | while IFS= read -r file; do
    grep -qF "\"file\": \"$source/$file\"" "$build/compile_commands.json" && printf '%s\n' "$file"
done >"$scratch/sources"
[ -s "$scratch/sources" ] || { echo "$check: the build knows none of the sources" && finish 1; }
[ $all = yes ] || { changed <"$scratch/sources" >"$scratch/some" && mv "$scratch/some" "$scratch/sources"; }
echo "$check: $(wc -l <"$scratch/sources") sources${base:+ since $(git describe --always "$base")}"
xargs -r -n 4 -P "$(nproc)" "$program" -p "$build" --quiet <"$scratch/sources" 2>"$scratch/errors"
code=$?
[ $code -eq 0 ] || grep -v 'warnings\? \(generated\|treated\)' "$scratch/errors"
finish $code
