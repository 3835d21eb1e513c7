# A timeline of two halves of a device: its structure and numbers, the same result as without, and a step range.
. "$CLI/support.bash"
halves=(train "$CLI/../../configs/two-devices.yaml" --quiet --set tune=off --set train.steps=12 --set 'devices=[{device: "0:0", split: 2}]'
    --set 'model={blocks: 2, patches: 2, channels: 32, groups: 4}' --set 'data={name: mnist, path: data, batch: 32}'
    --set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}]')
"$LOCL" plan small.yaml --device 0:0/1/2 >/dev/null 2>&1 || skip "the first device cannot be split"
"$LOCL" "${halves[@]}" --set run.dir=plain || fail plain
"$LOCL" "${halves[@]}" --set run.dir=all --trace all.json || fail all
"$LOCL" "${halves[@]}" --set run.dir=some --trace some.json --trace-steps 5..7 || fail some
"$PROGRAMS/check_trace" all.json 2 stamps || fail "all.json"
"$PROGRAMS/check_trace" some.json 2 stamps || fail "some.json"
same_runs plain all
same_runs plain some
[ "$(echo ./*.json*)" = "./all.json ./some.json" ] || fail "files are left over: $(echo ./*)"
