# A second Ctrl-C, a second after the first, ends the process at once: here a run that waits for its configuration.
. "$CLI/support.bash"
mkfifo config
env --default-signal=INT "$LOCL" train config --quiet --set run.dir=run &
child=$!
sleep 0.3
kill -INT $child
kill -INT $child
sleep 1.1
kill -0 $child || fail "two at once ended it"
kill -INT $child
wait $child 2>/dev/null
