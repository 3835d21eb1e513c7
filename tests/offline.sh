#!/bin/bash
# Builds every kernel that a GPU would build with the compilers of AMD, NVIDIA and Intel, without such a GPU, and prints
# what each takes: registers, spills, scratch, local memory, occupancy (docs/gpus.md). What is built is what
# build/bin/kernel_builds records, by default of the presets' training and evaluation by every rule.
#
#   tests/offline.sh [--all] [--quick] [--apart] [--json] [--vendor amd|nvidia|intel]... [--kernel PATTERN] [--keep FOLDER] [--build FOLDER]
#
# A kernel fails on a GPU that it does not build for, that would spill its registers or take scratch memory for it where a
# training step launches it, or where it takes more than 32 KiB of local memory, 16 KiB where it is built for the least of
# GPUs. The last line is "N passed, N failed". A compiler that is not there and cannot be fetched (tests/offline/compilers.sh)
# is said and left out; exit code 77 where none is.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
vendors=() arguments=("$@") build=$source/build
while [ $# -gt 0 ]; do
    [ "$1" = --vendor ] && vendors+=("${2-}")
    [ "$1" = --build ] && build=${2-}
    shift
done
command -v python3 >/dev/null || { echo "offline.sh: there is no python3" >&2 && exit 77; }
[ -x "$build/bin/kernel_builds" ] || { echo "offline.sh: $build/bin/kernel_builds is not built" >&2 && exit 2; }
variables=$("$source/tests/offline/compilers.sh" "${vendors[@]}") || exit $(($? == 2 ? 2 : 77))
eval "$variables"
exec python3 "$source/tests/offline/matrix.py" --build "$build" "${arguments[@]}"
