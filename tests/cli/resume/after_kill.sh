# Killed at any moment, as often as one likes, a run ends with the bytes of one that was left alone.
. "$CLI/support.bash"

kill_and_resume() { # [--set KEY=VALUE]...
    local long=(--set train.epochs=60 --set train.save_steps=7 "$@") kills=0 delay
    rm -rf whole run
    "$LOCL" train small.yaml "${long[@]}" --quiet --set run.dir=whole || fail "the whole run"
    "$LOCL" train small.yaml "${long[@]}" --quiet &
    await run/config.yaml
    for delay in 0 0.1 0.05 0.2 0.3 0.15; do
        sleep $delay
        kill -9 $! 2>/dev/null && kills=$((kills + 1))
        wait $! 2>/dev/null
        "$LOCL" train --resume run --quiet &
    done
    wait $! || fail "the last resume"
    [ $kills -ge 2 ] || fail "only $kills kills"
    same_runs whole run
}

kill_and_resume
kill_and_resume --set model.norm=batch # running statistics too
