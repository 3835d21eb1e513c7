# What a plan says of two stages on a device; no data are read, and no run's folder is made.
. "$CLI/support.bash"
rm -r data
"$LOCL" plan small.yaml || fail "the whole batch"
"$LOCL" plan small.yaml --set data.microbatch=8 --memory 0.3M || fail "micro-batches"
[ ! -e run ] || fail "a plan made a folder"
