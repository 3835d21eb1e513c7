# One problem, not one for each of its keys.
. "$CLI/support.bash"
"$PROGRAMS/make_shards" shards 2 20 24 || fail "the shards"
ln -s train-000.tar shards/train-002.tar
"$LOCL" train small.yaml --set data.name=shards --set data.path=shards --quiet
