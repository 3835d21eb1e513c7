# The pages in a real browser: what a script finds in them, sorting, and that they are complete without scripts.
. "$CLI/support.bash"
. "$CLI/results.bash"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no chromium"
dom() { # <page> [<option>]: the document as the browser has it after its scripts; what it complains about goes to log
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$PWD/profile" \
        --enable-logging=stderr --virtual-time-budget=2000 --dump-dom "${@:2}" "file://$PWD/$1" 2>log
}
results a.json 1
results b.json 2 "another device" "b"
results c.json 0.5 '<img src=x onerror=document.title=1>' "c"
"$LOCL" bench --report c.html c.json && "$LOCL" bench --collect board.html a.json b.json c.json || fail "pages"
for page in c board; do
    dom $page.html >$page.dom || skip "chromium does not start: $(tail -n 1 log)"
    grep -q 'CONSOLE' log && fail "$page.html: $(grep CONSOLE log)"
    grep -q '<th[^>]* data-sort=""' $page.dom || fail "$page.html: the script did not run"
    grep -q '<img' $page.dom && fail "$page.html: text became a tag"
    grep -q '<title>locl' $page.dom || fail "$page.html: text became a script"
    sed "s#script-src 'unsafe-inline'#script-src 'none'#" $page.html >still.html
    dom still.html | grep -q '<td>' || fail "$page.html: no table without scripts"
done
[ "$(grep -o '<circle' c.dom | wc -l)" -ge 5 ] || fail "no roofline"
# by images/s: the slowest first, then the fastest
after() { # <clicks>
    sed "s#</body>#<script>for(i=0;i<$1;i++)document.querySelectorAll('th')[2].click();document.title=document.querySelector('td[data-v] + td').textContent</script></body>#" board.html >sorted.html
    dom sorted.html | grep -o '<title>[^<]*'
}
[ "$(after 1)" = '<title>another device' ] || fail "not sorted: $(after 1)"
[ "$(after 2)" = '<title>&lt;img src=x onerror=document.title=1&gt;' ] || fail "not sorted back: $(after 2)"
