# Time to a target on made-up data, to which the reference does not apply: it is void where it is not reached. Its logs are
# lines of JSON in MLPerf's order. Without the data the row is skipped.
. "$CLI/support.bash"
train() { # <options>
    "$LOCL" bench train --only mnist --rounds 2 --set data.batch=32 --set model.preset=S/1/1 --set train.epochs=2 "$@"
}
train --set data.path=data --mllog log >text || fail "training"
grep -q '^mnist to 3 % error: void: 2 of 2 seeds did not reach 3 %' text || fail "$(cat text)"
events='submission_benchmark submission_division submission_status submission_org submission_platform seed init_start init_stop run_start'
for _ in 1 2; do events+=' epoch_start epoch_stop eval_start eval_accuracy eval_stop'; done
[ "$(sed 's/.*"key": "\([a-z_]*\)".*/\1/' log_mnist_1.txt | tr '\n' ' ')" = "$events run_stop " ] || fail "$(cat log_mnist_1.txt)"
grep -qv '^:::MLLOG {"namespace": "", "time_ms": [0-9]*, "event_type": "[A-Z_]*", "key": .*}}$' log_mnist_0.txt && fail "no log"
train --set data.path=/nowhere >text || fail "without data"
grep -q '^mnist to 3 % skipped: .*nowhere' text || fail "$(cat text)"
"$LOCL" bench train --only cifar >text && fail "an unknown target was taken"
[ $? -eq 2 ] || fail "exit code"
