# The run stops at once, and the checkpoint from before stays.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set optimizer.lr=1e6 --set optimizer.weight_decay=1e6 --set train.save_steps=1
code=$?
"$LOCL" eval run --json >result.json || fail "the checkpoint is not good"
exit $code
