# Held-out images are the test split of training, of a run that goes on, and of eval; the others train.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set data.holdout=100 --set run.dir=whole || fail "the whole run"
"$LOCL" train small.yaml --quiet --set data.holdout=100 --set train.steps=17 || fail "to step 17"
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "to the end"
same whole/checkpoints/last.safetensors run/checkpoints/last.safetensors
grep -aq 'train_images.":412,' run/checkpoints/last.safetensors || fail "412 of 512 images should be left"
tail -n 1 run/metrics.jsonl | grep '"test"' | sed 's/.*"loss"/"loss"/' >measured
"$LOCL" eval run --json >evaluated
grep -q '"images": 100,' evaluated || fail "eval took other images"
same measured <(sed 's/.*"loss"/"loss"/' evaluated)
"$LOCL" train small.yaml --set data.holdout=512 --set run.dir=none
