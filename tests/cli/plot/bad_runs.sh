# What cannot be drawn is said, before a picture is written.
. "$CLI/support.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
bad() {
    "$LOCL" plot "$@" && fail "no error: $*"
}
line='{"kind": "train", "step": 50, "epoch": 1, "images": 40, "loss": 1, "error": 0.5, "blocks": []}'
mkdir empty run unmeasured
echo "$line" >run/metrics.jsonl
: >unmeasured/metrics.jsonl
bad missing
bad small.yaml
bad empty
bad unmeasured
bad run empty
bad run --by epoch
bad run --by second
bad run --by hour
bad run --out picture.gif
bad run --steps 3..4
bad run --timeline trace.json
bad --timeline trace.json --text
[ ! -e curves.svg ] || fail "a picture of nothing"
