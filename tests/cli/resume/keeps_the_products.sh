# plan.json says who computes each product, and a run that goes on follows it: here one that a person has given to the
# other solver, which is then used for that shape and no other.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set train.steps=8 || fail "training"
grep '"solver": "native"' run/plan.json >/dev/null || fail "$(cat run/plan.json)"
cp -r run other
awk '/"solver": "native"/ && !done { print "\"solver\": \"clblast\""; done = cut = 1; next }
    /"cut"/ && cut { cut++ } cut == 2 { cut = /}/ ? 0 : 2; next } { print }' run/plan.json >other/plan.json
"$LOCL" train --resume run --quiet --set train.steps=16 || fail "going on"
"$LOCL" train --resume other --set train.steps=16 --profile >said || fail "going on, with another solver"
grep -c '  *clblast ' said
cp -r run damaged
sed 's/"solver": "native"/"solver": "abacus"/' run/plan.json >damaged/plan.json
"$LOCL" train --resume damaged --quiet --set train.steps=17 2>said || fail "with a damaged plan"
grep -o 'the run is planned anew' said
