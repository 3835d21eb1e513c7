# Sourced by the cases, after support.bash, and by tests/faults.sh: 20 steps on two halves of a device, with a layer that
# makes calls fail, hang or give NaN (tests/support/opencl_layer.h), and what has to come of it.
layer=$PROGRAMS/../libopencl_layer.so
parts=(0:0/0/2 0:0/1/2)
placement='[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}]'

# on_parts FOLDER SETTING... -- OPTION...: trains with settings of the layer. Its messages go to FOLDER.err, its report to
# FOLDER.calls.
on_parts() {
    local folder=$1 settings=()
    shift
    while [ "$1" != -- ]; do
        settings+=("$1")
        shift
    done
    shift
    timeout 120 env "${settings[@]}" LOCL_LAYER_REPORT="$folder.calls" LD_PRELOAD="$layer" \
        ASAN_OPTIONS=verify_asan_link_order=0 \
        "$LOCL" train small.yaml --quiet --device "${parts[0]},${parts[1]}" --set rebalance=off --set engine=native \
        --set "placement=$placement" --set train.steps=20 \
        --set run.snapshot_steps=5 --set train.save_steps=1000 --set "run.dir=$folder" "$@" 2>"$folder.err"
}

# go_on FOLDER SELECTOR: continues a run on one device.
go_on() {
    "$LOCL" train --resume "$1" --quiet --device "$2" --set placement=auto --set train.steps=20
}

# reference STEP SELECTOR: makes the run that is restarted on one device after that step on both, once, in the folder
# same-STEP-...
reference() {
    local folder=same-$1-${2//[:\/]/-}
    [ -d "$folder" ] && return 0
    if [ "$1" = 0 ]; then
        "$LOCL" train small.yaml --quiet --device "$2" --set engine=native --set train.steps=20 \
            --set train.save_steps=1000 --set "run.dir=$folder" || fail "$folder"
    else
        on_parts "$folder" LOCL_LAYER_PART=0 -- --set "train.steps=$1" || fail "$folder"
        go_on "$folder" "$2" 2>/dev/null || fail "$folder goes on"
    fi
}

# warm_up: has drivers compile all that a run launches on both parts, and on each one that is left, so that no
# step takes as long as a deadline.
warm_up() {
    on_parts warm -- || fail "warm: $(cat warm.err)"
    reference 0 "${parts[0]}"
    reference 0 "${parts[1]}"
}

# Prints the step and the device of the last line about devices in a run's metrics.
went_on() {
    sed -n 's/^{"kind": "devices", "step": \([0-9]*\), "devices": \["\([^"]*\)"\].*/\1 \2/p' "$1/metrics.jsonl" | tail -n 1
}

# recovered FOLDER [SELECTOR]: it went on, on that device if one is named, and ended where a restarted run ends.
recovered() {
    local step device
    read -r step device < <(went_on "$1")
    [ -n "${device-}" ] || fail "$1 lost no device"
    [ "${2-$device}" = "$device" ] || fail "$1 went on on $device"
    reference "$step" "$device"
    same "$1/checkpoints/last.safetensors" "same-$step-${device//[:\/]/-}/checkpoints/last.safetensors"
}

# released FOLDER: all OpenCL objects are given back but the two parts themselves.
released() {
    [ "$(sed -n 's/^held //p' "$1.calls")" -le "${#parts[@]}" ] || fail "$1 leaks OpenCL objects"
}
