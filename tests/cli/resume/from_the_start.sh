# Asked to end before the first step: nothing is trained, and the run can go on all the same.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail "the whole run"
mkfifo config
"$LOCL" train config --quiet --set run.dir=run 2>said & # waits for its configuration
child=$!
sleep 0.2
kill -TERM $child
await said
cat small.yaml >config
wait $child
code=$?
cat said >&2
"$LOCL" train --resume run --quiet || fail "going on"
same_runs whole run
exit $code
