# However often and in whatever way a run is asked to end, it saves and goes on to the same end.
. "$CLI/support.bash"
long=(--set train.epochs=100 --set train.save_steps=1000000 --quiet)
"$LOCL" train small.yaml "${long[@]}" --set run.dir=whole || fail "the whole run"

# expect CODE COMMAND...: starts the command, which trains in run/, lets `ask` act on it, and goes on to the end
expect() {
    local code=$1 got
    shift
    rm -rf run
    "$@" "$LOCL" train small.yaml "${long[@]}" &
    child=$!
    await run/metrics.jsonl
    ask
    wait $child
    got=$?
    [ $got -eq "$code" ] || fail "$(declare -f ask) ended with $got, should be $code"
    "$LOCL" train --resume run --quiet || fail "going on"
    same_runs whole run
}
ask() { kill -TERM $child; kill -TERM $child; kill -TERM $child; }
expect 5 env
ask() { kill -HUP $child; kill -XCPU $child; }
expect 5 env
ask() { kill -INT $child; kill -INT $child; }
expect 5 env --default-signal=INT
ask() { kill -HUP $child; sleep 0.3; kill -TERM $child; kill -HUP $child; } # nohup: a hangup means nothing
expect 5 env --ignore-signal=HUP
