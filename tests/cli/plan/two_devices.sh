# What a plan says of two halves of the processor: which way they work, who has which images, and what is predicted.
. "$CLI/support.bash"
[ "$(nproc)" -ge 2 ] || exit 0
two=(--set 'devices={type: cpu, split: 2}')
"$LOCL" plan small.yaml "${two[@]}" >auto || fail "placed by measurement"
grep -q '^pipeline: under rule' auto || fail "no way"
grep -q 'images/s, as measured stages lead one to expect' auto || fail "no prediction"
"$LOCL" plan small.yaml "${two[@]}" --set 'rule={name: bp}' >parallel || fail "data-parallel"
grep -q '^data-parallel: under rule bp' parallel || fail "not data-parallel"
"$LOCL" plan small.yaml "${two[@]}" --json \
    --set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [0, 1], shares: [3, 1]}]' >shared || fail "shares"
grep -q '"rows": 24' shared && grep -q '"first_row": 24' shared || fail "other rows"
"$LOCL" plan small.yaml "${two[@]}" --set data.batch=65536 --set model.channels=8192 >large 2>warnings || fail "what does not fit"
grep -q "stages are placed by estimates" warnings && grep -q "does not fit" large || fail "a batch that does not fit was measured"
