# Kernels that are right: rows with numbers, exit code 0, and no verdict from a part of them.
. "$CLI/verify.bash"
verify --only 'layernorm_*' --json
[ $code = 0 ] || fail "exit code $code: $(cat out err)"
row ok layernorm_dual
for number in shapes runs ulp relative tolerated; do
    grep -qE "^ *\"$number\": [0-9]" row || fail "no $number: $(cat row)"
done
grep -q '"deterministic": true' row || fail "not deterministic: $(cat row)"
row ok 'special floats'
[ -z "$(ls "$XDG_CACHE_HOME/locl/v1/passports" 2>/dev/null)" ] || fail "a passport from two kernels"
verify --only draw_fill
[ $code = 0 ] || fail "exit code $code: $(cat out err)"
grep -q "^ok  *$device draw_fill  *[0-9]* runs of [0-9]* shapes, every bit as in the reference" out || fail "draws: $(cat out)"
