# Said before the work begins.
. "$CLI/support.bash"
: >file
"$LOCL" train small.yaml --trace file/trace.json
code=$?
[ ! -e run ] || fail "the run began"
exit $code
