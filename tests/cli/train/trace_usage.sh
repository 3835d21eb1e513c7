. "$CLI/support.bash"
usage() { "$LOCL" train small.yaml --quiet "$@" && fail "no error: $*"; }
usage --trace t.json --trace-steps 7
usage --trace t.json --trace-steps 7..6
usage --trace t.json --trace-steps 0..3
usage --trace t.json --trace-steps 1..1001
usage --trace-steps 1..3
usage --trace t.json --profile
usage --trace t.json --trace-steps 60..70 --set train.steps=5
usage --trace .
usage --trace ''
[ ! -e t.json ] || fail "a trace of nothing"
