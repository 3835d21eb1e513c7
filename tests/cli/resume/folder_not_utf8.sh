# A folder may have any name: what was written of such a run is read again.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "training"
cp -r run whole
"$LOCL" train --resume whole --set train.epochs=6 --quiet || fail "going on"
mv run $'r\xfcn'
"$LOCL" train --resume $'r\xfcn' --set train.epochs=5 --set train.steps=70 --quiet || fail "the first time"
"$LOCL" train --resume $'r\xfcn' --set train.epochs=6 --set train.steps=0 --json >said || fail "the second time"
tail -n 1 said | grep '"kind": "end"' >/dev/null || fail "$(cat said)"
"$LOCL" eval $'r\xfcn' --quiet | grep classifier >/dev/null || fail "evaluating"
mv $'r\xfcn' '~run'
"$LOCL" train --resume '~run' --set train.epochs=7 --quiet || fail "as ~run"
"$LOCL" train --resume '~run' --set train.epochs=8 --quiet || fail "as ~run again"
