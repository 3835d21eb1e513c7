# Equals, a slower one, another device, one file with too few samples.
. "$CLI/support.bash"
. "$CLI/results.bash"
results a.json 1
results b.json 1.001
results slow.json 1.1
results other.json 0.5 "another | device" "another id"
sed 's/"samples": \[[^]]*\]/"samples": [1, 2]/' slow.json >few.json
for other in b slow other few; do
    "$LOCL" bench --compare a.json $other.json || fail "$other"
    echo
done
"$LOCL" bench --compare a.json b.json slow.json other.json --markdown
"$LOCL" bench --compare a.json slow.json --json --out compared.json | grep -o '"verdict": "[a-z ]*"'
[ -s compared.json ] || fail "no file"
