# With halves a run that was broken off goes on to the same result, within a GPU and between two: what a GPU keeps in halves
# is no state of a run.
. "$CLI/support.bash"
export LOCL_CAPS=cpu=0,work_group=64
last=checkpoints/last.safetensors
halves=(--quiet --set precision=fp16-storage)
run() { # <folder> <options>
    local folder=$1
    shift
    "$LOCL" train small.yaml "${halves[@]}" --set train.steps=12 --set "run.dir=$folder" "$@" || fail "$folder"
}
run whole
"$LOCL" train small.yaml "${halves[@]}" --set train.steps=5 --set run.dir=broken || fail broken
"$LOCL" train --resume broken --quiet --set train.steps=12 || fail resuming
same whole/$last broken/$last
apart=(--set 'devices=[{device: cpu, split: 2}]' --set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}]')
run two "${apart[@]}"
"$LOCL" train small.yaml "${halves[@]}" --set train.steps=5 --set run.dir=two-broken "${apart[@]}" || fail "two devices"
"$LOCL" train --resume two-broken --quiet --set train.steps=12 || fail "resuming on two devices"
same two/$last two-broken/$last
"$LOCL" train small.yaml --quiet --set train.steps=12 --set run.dir=floats || fail floats
cmp -s floats/$last whole/$last && fail "halves have the bits of floats"
exit 0
