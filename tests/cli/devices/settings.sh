# Settings of the user's file: shares of a batch, memory that is left free, the engine, options of builds. Both devices have
# the machine's memory, which may grow meanwhile: it is held against the other's.
. "$CLI/support.bash"
export POCL_DEVICES="pthread basic" OCL_ICD_VENDORS=/etc/OpenCL/vendors/pocl.icd LOCL_DEVICE_FILE=devices.yaml
: >devices.yaml
[ -e "$OCL_ICD_VENDORS" ] || skip "PoCL is not there"
[ "$("$LOCL" devices --json | grep -c '"selector"')" = 2 ] || skip "this PoCL has no second device"
second=$("$LOCL" devices --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["devices"][1]["stable"])')
plan() {
    "$LOCL" plan small.yaml --json --set 'devices=["0:0", "0:1"]' --set "placement=[{blocks: [0, 1], devices: [0, 1]$1}]" |
        python3 -c 'import json, sys
plan = json.load(sys.stdin)
first, second = (device["memory"] for device in plan["devices"])
print([stage["rows"] for stage in plan["stages"]], "less than the other by", (first - second) / 2**20, "MiB")'
}
plan ''
printf 'settings: {"%s": {share: 3, headroom: 64 MiB, engine: native, build: -DMARK=7}}\n' "$second" >devices.yaml
plan ''
plan ', shares: [1, 1]'
"$LOCL" train small.yaml --quiet --set train.steps=2 --device 0:1 || fail "training"
grep 'engine' run/config.yaml | sed "s,$second,SECOND,"
grep -c '"engine": "native"' run/plan.json
