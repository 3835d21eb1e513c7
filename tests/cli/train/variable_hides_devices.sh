# Variables that can hide devices are named before anything is to be installed.
. "$CLI/support.bash"
mkdir none
OCL_ICD_VENDORS=$PWD/none CUDA_VISIBLE_DEVICES='' "$LOCL" train small.yaml 2>said
[ $? -eq 3 ] || fail "$(cat said)"
sed "s|$PWD|HERE|" said | grep remedy | cut -c1-130
CUDA_VISIBLE_DEVICES='' "$LOCL" train small.yaml --device accelerator 2>&1 | grep remedy
LOCL_CAPS=work_group=1 "$LOCL" train small.yaml --set data.batch=16 2>&1 | grep small.yaml && fail "the batch was blamed"
true
