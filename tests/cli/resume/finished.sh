. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "first run"
cp -r run before
rm -r data
"$LOCL" train --resume run
code=$?
diff -r before run >&2 || fail "the folder has changed"
exit $code
