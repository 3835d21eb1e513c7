# Pages from files: text is shown as it is, whatever it has in it; nothing is loaded from elsewhere.
. "$CLI/support.bash"
. "$CLI/results.bash"
hostile='<script>alert(1)<\/script><img src=x onerror=alert(2)> \\"\&amp;'
results a.json 1
results b.json 2 "another device" "b"
sed "s/\"name\": \"a device\"/\"name\": \"$hostile\"/; s/\"name\": \"M.8.16\"/\"name\": \"'><svg onload=alert(3)>\"/; s/\"work\": \"w\"/\"work\": \"$hostile\"/; s/\"reason\": \"too slow\"/\"reason\": \"$hostile\"/; s/\"processor\": \"[^\"]*\"/\"processor\": \"$hostile\"/; s/\"config\": \"default\"/\"config\": \"$hostile\"/" a.json >c.json
"$LOCL" bench --report a.html a.json || fail "report"
"$LOCL" bench --report c.html c.json || fail "hostile report"
"$LOCL" bench --collect board.html a.json b.json c.json || fail "collect"
for page in a c board; do
    [ "$(grep -o '<script' $page.html | wc -l)" = 1 ] || fail "$page.html has another script"
    grep -q '<img\|<svg onload' $page.html && fail "$page.html shows text as tags"
    grep -qi 'src=[^x]\|href=\|url(\|@import\|https\?:' $page.html && fail "$page.html loads something"
done
grep -q '&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt; &quot;&amp;amp;' c.html || fail "not escaped"
grep -q '<svg viewBox' a.html && grep -q 'roofline' a.html || fail "no pictures"
grep -q 'too slow' a.html || fail "no reason"
# the fastest first
[ "$(grep -o '>a device<\|>another device<' board.html | tail -n 2 | tr -d '\n')" = '>a device<>another device<' ] || fail "order"
