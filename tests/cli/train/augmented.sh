# Images that change each time are the same on resuming, by any number of threads, and as the run's own configuration
# has them; and they do change what is learned.
. "$CLI/support.bash"
augment=(--set 'augment={preset: contrast, crop: {area: [0.5, 1]}}' --set train.epochs=3 --quiet)
"$LOCL" train small.yaml "${augment[@]}" --set run.dir=whole --set data.threads=1 || fail "the whole run"
"$LOCL" train small.yaml "${augment[@]}" --set data.threads=3 --set train.steps=21 || fail "the first half"
"$LOCL" train --resume run --set train.steps=0 --quiet || fail "going on"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
"$LOCL" train run/config.yaml --quiet --set run.dir=again || fail "from its configuration"
same_runs whole again
"$LOCL" train small.yaml --set train.epochs=3 --quiet --set run.dir=plain || fail "without"
cmp -s whole/checkpoints/last.safetensors plain/checkpoints/last.safetensors && fail "nothing changed"
exit 0
