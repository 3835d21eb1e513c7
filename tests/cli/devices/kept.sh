# A run's folder names its devices for good: config.yaml, plan.json. It is resumed on them, and evaluated anywhere.
. "$CLI/support.bash"
stable=$("$LOCL" devices --match cpu --json | python3 -c 'import json, sys
print([row["stable"] for row in json.load(sys.stdin)["devices"] if row["taken"]][0])')
"$LOCL" train small.yaml --quiet --set train.steps=4 || fail "training"
grep -qxF "devices: [\"$stable\"]" run/config.yaml || fail "config.yaml: $(grep devices run/config.yaml)"
python3 -c 'import json, sys
assert [row["stable"] for row in json.load(open("run/plan.json"))["devices"]] == [sys.argv[1]]' "$stable" || fail "plan.json"
"$LOCL" train --resume run --quiet --set train.steps=6 || fail "resuming"
sed -i "s,^devices:.*,devices: [\"pci:0000:fe:00.0\"]," run/config.yaml
"$LOCL" eval run 2>warning >/dev/null || fail "evaluation"
grep -o 'the devices that the run was trained on are not here.*' warning
"$LOCL" train --resume run --quiet --set train.steps=8 2>message && fail "resumed on a device that is not there"
head -1 message
