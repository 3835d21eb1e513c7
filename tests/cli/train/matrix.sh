# Matrix units: a CPU has none, so that the bits are those of fp32 and a warning says so.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=4 --set run.dir=floats || fail "fp32"
"$LOCL" train small.yaml --quiet --set train.steps=4 --set run.dir=none --set precision=matrix 2>said || fail "matrix"
same floats/checkpoints/last.safetensors none/checkpoints/last.safetensors
grep -q 'has no matrix unit that locl knows: its products are in fp32' said || fail "said: $(cat said)"
