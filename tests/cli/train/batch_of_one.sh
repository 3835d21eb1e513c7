# A batch of one image has no statistics for batch norm: training and audit need them, evaluation has its own.
. "$CLI/support.bash"
one=(--set model.norm=batch --set data.batch=1)
"$LOCL" train small.yaml --quiet --set model.norm=batch --set train.epochs=1 || fail "training"
"$LOCL" eval run --json --set data.batch=1 >one || fail "evaluation of single images"
"$LOCL" eval run --json >many || fail "evaluation"
error() { grep -o '"error": [0-9.]*' "$1"; }
[ "$(error one)" = "$(error many)" ] || fail "$(error one), not $(error many)"
"$LOCL" train small.yaml "${one[@]}" --set run.dir=other 2>said && fail "training with single images"
grep -q 'data.batch.*found 1 with model.norm batch' said || fail "train: $(cat said)"
"$LOCL" audit small.yaml "${one[@]}" --set model.post_linear_ln=false --draws 3 >said 2>&1 || fail "$(cat said)"
"$LOCL" audit small.yaml "${one[@]}" --draws 3 2>said && fail "audit of a single image"
grep -q 'data.batch.*found 1 with model.norm batch' said || fail "audit: $(cat said)"
