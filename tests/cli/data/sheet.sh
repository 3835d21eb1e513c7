# A picture of a batch: the same whoever makes it, another one for another batch, and as large as two views need.
. "$CLI/support.bash"
"$LOCL" data small.yaml --set augment=contrast --views 2 --contact-sheet one.png --set data.threads=1 >/dev/null || exit
"$LOCL" data small.yaml --set augment=contrast --views 2 --contact-sheet two.png --set data.threads=3 >/dev/null || exit
"$LOCL" data small.yaml --set augment=contrast --views 2 --contact-sheet other.png --batch 17 >/dev/null || exit
same one.png two.png
cmp -s one.png other.png && fail "batches 1 and 17 look the same"
[ "$(head -c 8 one.png | od -An -tx1)" = " 89 50 4e 47 0d 0a 1a 0a" ] || fail "no PNG"
# 32 images of 8 x 8 in 12-fold size, two views each, in 5 columns and 7 rows
[ "$(od -An -tu1 -j16 -N8 one.png | tr -s ' ')" = " 0 0 4 12 0 0 2 216" ] || od -An -tu1 -j16 -N8 one.png
"$LOCL" data small.yaml --contact-sheet there/one.png
