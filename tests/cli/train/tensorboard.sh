# Event files for TensorBoard hold what metrics.jsonl does, each line once, also of a run that was killed and resumed.
. "$CLI/support.bash"
reader=(tensorboard) # has to be there
python=$("$CLI/../tensorboard.sh" 2>/dev/null) || { reader=() && python=$(command -v python3); } || skip "no python3"
long=(--set train.epochs=60 --set train.save_steps=7 --set run.tensorboard=true)
"$LOCL" train small.yaml "${long[@]}" --quiet &
await run/config.yaml
for delay in 0.1 0.2 0.3; do
    sleep $delay
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    "$LOCL" train --resume run --quiet &
done
wait $! || fail "the last resume"
"$python" "$CLI/check_events.py" run "${reader[@]}" || fail "events differ"
# and a file that ends within an event
"$LOCL" train --resume run --quiet --set train.epochs=61 || fail "one epoch more"
truncate -s -5 run/tensorboard/test/*.tfevents.*
"$python" "$CLI/check_events.py" run 2>/dev/null && fail "the check sees nothing"
"$LOCL" train small.yaml --quiet --set run.dir=plain || fail plain
[ ! -e plain/tensorboard ] || fail "event files that nobody asked for"
