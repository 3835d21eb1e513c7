# The same object printed and in a file; progress and tables are left out.
. "$CLI/support.bash"
"$LOCL" bench product small.yaml --set data.path=/nowhere --rounds 1 --json --out bench.json >printed || fail "products"
same bench.json <(tr -d '\n' <printed)
grep -o '"bench": "product"' printed
