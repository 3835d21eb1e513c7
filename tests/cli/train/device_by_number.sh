# A number is part of many names: no device is chosen by accident.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set devices=1 2>&1 && fail "--set devices=1 was taken"
LOCL_DEVICES=2,3 "$LOCL" train small.yaml --quiet 2>&1 && fail "LOCL_DEVICES=2,3 was taken"
"$LOCL" train small.yaml --quiet --device auto:1 2>&1 && fail "--device auto:1 was taken"
"$LOCL" train small.yaml --quiet --device 1
