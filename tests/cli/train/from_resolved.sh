# The configuration in the run's folder is all of it: it gives the same run.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set optimizer.lr=0.02 || fail "first run"
"$LOCL" train run/config.yaml --quiet --set run.dir=other || fail "second run"
same_runs run other
sed 's/dir: .*/dir: run/' other/config.yaml >config.yaml
same run/config.yaml config.yaml
