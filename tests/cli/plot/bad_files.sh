. "$CLI/support.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
bad() { # <file's text> <options> ...
    printf '%s' "$1" >trace.json
    shift
    "$LOCL" plot --timeline trace.json "$@" && fail "no error"
}
event='{"name": "a", "cat": "kernel", "ph": "X", "ts": 1, "dur": 2, "pid": 2, "tid": 100, "args": {"step": 5, "stage": 0}}'
names='{"name": "process_name", "ph": "M", "pid": 2, "tid": 100, "args": {"name": "device 0"}}, {"name": "thread_name", "ph": "M", "pid": 2, "tid": 100, "args": {"name": "compute"}}'
of() { printf '{"otherData": {"locl": "0"}, "traceEvents": [%s]}' "$1"; }
"$LOCL" plot --timeline missing.json && fail "no error"
bad ''
bad '{"traceEvents": [
{"name": "cut sho'
bad '[1, 2]'
bad "{\"traceEvents\": [$event]}"
bad "$(of "$event")"
bad "$(of "$names, 7")"
bad "$(of "$names, ${event/\"dur\": 2/\"dur\": -2}")"
bad "$(of "$names, ${event/\"ts\": 1/\"ts\": \"soon\"}")"
bad "$(of "$names, ${event/\"step\": 5/\"step\": 0}")"
bad "$(of "$names")"
bad "$(of "$names, $event")" --steps 6..8
bad "$(of "$names, $event")" --steps six
bad "$(of "$names, $event")" --out picture.gif
"$LOCL" plot && fail "no error"
[ ! -e timeline.svg ] || fail "a picture of nothing"
