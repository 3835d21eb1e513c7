# The one before takes its place, and the run ends as it would have.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail "the whole run"
"$LOCL" train small.yaml --quiet --set train.steps=30 || fail "first part"
truncate -s 2000 run/checkpoints/last.safetensors
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "going on"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
