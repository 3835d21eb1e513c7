# Sourced by cases: shards/ with a small set of shards, small.yaml to train on it.
. "$CLI/support.bash"
"$PROGRAMS/make_shards" shards 5 100 24 || fail "the shards"
# shellcheck disable=SC2034 # the cases use it
set=(--set data.name=shards --set data.path=shards --set "model.image=[24, 24, 3]" --set model.patches=4 --quiet)
