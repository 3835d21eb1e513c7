# Ctrl-C tells what was drawn until then.
. "$CLI/support.bash"
env --default-signal=INT "$LOCL" audit small.yaml --draws 4000000 --rule lg-fg-a --progress >printed &
steps=0
while [ "$steps" -lt 20 ]; do
    kill -0 $! 2>/dev/null || fail "it ended by itself"
    sleep 0.1
    steps=$(grep -o 'audit [0-9]*/' printed | tail -n 1 | tr -dc 0-9)
    steps=${steps:-0}
done
kill -INT $!
wait $!
code=$?
tr '\r' '\n' <printed | sed 's/[1-9][0-9]* draws/N draws/' | grep -o 'lg-fg-a, against lg-bp: N draws'
exit $code
