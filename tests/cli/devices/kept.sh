# A run's folder names its devices for good: config.yaml, plan.json. It goes on on them; where they are not here, on what
# chose them. Devices that a person names have to be there.
. "$CLI/support.bash"
stable=$("$LOCL" devices --match cpu --json | python3 -c 'import json, sys
print([row["stable"] for row in json.load(sys.stdin)["devices"] if row["taken"]][0])')
"$LOCL" train small.yaml --quiet --set train.steps=4 || fail "training"
grep -qxF "devices: [\"$stable\"]" run/config.yaml || fail "config.yaml: $(grep devices run/config.yaml)"
python3 -c 'import json, sys
plan = json.load(open("run/plan.json"))
assert [row["stable"] for row in plan["devices"]] == [sys.argv[1]], plan
assert plan["selectors"] == "[cpu]", plan' "$stable" || fail "plan.json"
"$LOCL" train --resume run --quiet --set train.steps=6 2>message || fail "resuming"
cat message # nothing
sed -i "s,^devices:.*,devices: [\"pci:0000:fe:00.0\"]," run/config.yaml # as on another machine
"$LOCL" eval run 2>&1 >/dev/null | grep -o 'the devices that the run began on.*'
"$LOCL" train --resume run --quiet --set train.steps=8 2>&1 | grep -o 'the devices that the run began on.*'
grep -qxF "devices: [\"$stable\"]" run/config.yaml || fail "config.yaml of the other machine: $(grep devices run/config.yaml)"
"$LOCL" train --resume run --quiet --set train.steps=9 --set 'devices=pci:0000:fe:00.0' 2>message && fail "a device that is not there"
head -1 message
