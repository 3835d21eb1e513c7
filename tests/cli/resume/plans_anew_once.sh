# A run whose plan.json is gone gets a new one, and with it the next resume needs no warning.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=3 || fail "training"
cp run/plan.json before.json
rm run/plan.json
: >run/config.yaml.00000000000000ff.new
"$LOCL" train --resume run --quiet --set train.steps=4 2>/dev/null || fail "going on"
# all but from which step on the devices are used, of which the lost plan told
same <(sed '/"used"/,$d' before.json) <(sed '/"used"/,$d' run/plan.json)
[ ! -e run/config.yaml.00000000000000ff.new ] || fail "the leftover is still there"
"$LOCL" train --resume run --quiet --set train.steps=5
