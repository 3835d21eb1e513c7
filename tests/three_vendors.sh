#!/bin/bash
# Trains a small network on three vendors' OpenCL at once, in one process: PoCL, Intel's runtime and Mesa's rusticl, a block
# each. The parameters have to be those of the same stages one after another, with a timeline and without.
#
#   tests/three_vendors.sh [--build FOLDER]
#
# rusticl is that of the system (package mesa-opencl-icd), or LOCL_RUSTICL, the path of libRusticlOpenCL.so.1. What `locl
# verify` found before does not keep the devices from training. Exit code 77 where one of the three is not to be had.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build
[ "${1-}" = --build ] && build=$(cd "$2" && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
settings=$("$source/tests/intel_runtime.sh") || exit 77
eval "$settings"
rusticl=${LOCL_RUSTICL-}
[ -n "$rusticl" ] || rusticl=$(cat /etc/OpenCL/vendors/rusticl.icd 2>/dev/null) || {
    echo "rusticl is not there" >&2
    exit 77
}
cp -r "$OCL_ICD_VENDORS" "$scratch/vendors"
echo "$rusticl" >"$scratch/vendors/rusticl.icd"
export OCL_ICD_VENDORS=$scratch/vendors RUSTICL_ENABLE=llvmpipe LOCL=$build/bin/locl CLI=$source/tests/cli \
    PROGRAMS=$build/tests/cases
cd "$scratch" || exit 1
. "$CLI/support.bash"
three=(--set model.blocks=3 --set engine=native --set run.failed_passport=train
    --set 'devices=[{platform: portable}, {platform: intel}, {platform: rusticl}]'
    --set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}, {blocks: [2], devices: [2]}]')
"$LOCL" devices | cut -c1-100
train=("$LOCL" train small.yaml --quiet "${three[@]}" --set rebalance=off --set train.steps=20)
"${train[@]}" --set run.dir=plain || fail "training"
"${train[@]}" --set run.dir=traced --trace trace.json || fail "training with a timeline"
"$PROGRAMS/check_trace" trace.json 3 any || fail "the timeline"
same_runs plain traced
"$LOCL" bench pipeline small.yaml "${three[@]}" --rounds 1 --quiet --json >bench.json || fail "the benchmark"
grep -q '"identical": true' bench.json || fail "the bits are not those of a run in turn"
echo "the same bits one after another, together and with a timeline"
