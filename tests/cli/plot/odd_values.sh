# Values that no training has: losses below 0 stay within the picture, what is no loss or error is left out.
. "$CLI/support.bash"
mkdir run
line() { # <step> <loss> <error>
    echo "{\"kind\": \"train\", \"step\": $1, \"epoch\": 1, \"images\": 9, \"loss\": $2, \"error\": $3, \"blocks\": []}"
}
{
    line 50 2 0.5
    line 100 -1e6 0.4
    line 150 1e300 0.4
    line 200 1 7
    line 250 1 -0.5
    line 300 1 0.25
} >run/metrics.jsonl
"$LOCL" plot --text run >out 2>err || fail "it ends with $?: $(cat err)"
[ "$(grep -c 'errors from 0 to 1, or null; the line is left out' err)" = 3 ] || fail "it says: $(cat err)"
grep -q '^\* classifier  *1.0000  *25.00 %' out || fail "it ends with: $(cat out)"
grep -q '^ *0 |.*\*' out || fail "nothing on the axis: $(cat out)"
