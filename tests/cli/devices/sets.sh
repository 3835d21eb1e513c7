# Named sets and settings of devices: in the user's file, in a configuration's, and what is wrong with them.
. "$CLI/support.bash"
export LOCL_DEVICE_FILE=devices.yaml
printf 'sets:\n  lab: [cpu]\n  loop: [set:lab, set:loop]\n' >devices.yaml
"$LOCL" train small.yaml --quiet --set train.steps=2 --set devices=set:lab || fail "a set of the user"
"$LOCL" train small.yaml --quiet --set train.steps=2 --device set:lab --set run.dir=two || fail "--device"
same_runs run two
printf 'sets: {mine: [set:lab]}\n' >lab.yaml
"$LOCL" train small.yaml --quiet --set train.steps=2 --set device_sets=lab.yaml --set devices=set:mine \
    --set run.dir=three || fail "a set of the configuration"
same_runs run three
"$LOCL" train small.yaml --set devices=set:loop 2>&1 && fail "a set that names itself"
"$LOCL" train small.yaml --set devices=set:lap 2>&1 && fail "a set that is not there"
LOCL_DEVICES=set:loop "$LOCL" train small.yaml --set run.dir=other 2>&1 && fail "a set that names itself, in LOCL_DEVICES"
printf 'sets: {mine: gpu}\nsettings: {name:a:b: {share: 2}}\n' >lab.yaml
"$LOCL" train small.yaml --set device_sets=lab.yaml --set devices=set:mine 2>&1 && fail "settings of a configuration"
printf 'sets: {lab: {memory: 8}}\nsettings: {cpu: {share: 0}}\n' >devices.yaml
"$LOCL" train small.yaml --device set:lab --set run.dir=other
