# A plain archive stays in its file where images are cut out of it anew: members without their holes are none to cut from.
. "$CLI/shards.bash"
mkdir -p tree/train/a && tar -C tree/train/a -xf "$(find shards -name '*.tar' | head -n 1)" || fail "unpacking"
find tree -type f ! -name '*.png' ! -name '*.jpg' -delete
find tree -type f -exec truncate -s 2M {} +
tar --sparse -C tree -cf tree.tar train || fail tar
[ "$(stat -c %s tree.tar)" -lt 1000000 ] || skip "this file system keeps no holes"
"$LOCL" train small.yaml "${set[@]}" --set data.name=folder --set data.path=tree.tar --set data.holdout=1 --set augment=contrast 2>message
code=$?
grep -o 'the member train/a/[^ ]* is sparse' message | head -n 1 | sed 's|a/[^ ]*|a/NAME|'
grep -o 'make the archive without --sparse' message | head -n 1
exit $code
