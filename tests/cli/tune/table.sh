# Every product of the step has its row, a store is written, and training says what it knew and measured; its plan has the
# cut of each product. How many there was time for depends on the machine.
. "$CLI/support.bash"
export XDG_CACHE_HOME=$PWD/cache
"$LOCL" tune small.yaml --budget 4 --quiet --set engine=native --set model.image='[28, 28, 1]' --set model.classes=10 \
    >table || fail "tuning"
head -1 table
grep -c ' n[nt] \| tn ' table
grep -q "locl tune 2" "$XDG_CACHE_HOME"/locl/v1/tune/*.json || fail "no store"
"$LOCL" train small.yaml --quiet --set tune=quick --set engine=native --set train.steps=2 --verbose 2>said || fail "training"
grep -o 'products: [0-9]* known from the store, [0-9]* measured' said
grep '"cut"' run/plan.json >/dev/null || fail "no cuts in plan.json"
