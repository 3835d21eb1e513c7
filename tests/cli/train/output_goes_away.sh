# Output that nobody reads any more is no reason to lose a run.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail "the whole run"
"$LOCL" train small.yaml --progress --set train.save_steps=1000 | head -c 10 >/dev/null
code=${PIPESTATUS[0]}
same_runs whole run
exit "$code"
