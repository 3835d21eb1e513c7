# One of two devices hangs: it is named although the other waits for it, and left; the run goes on without it.
. "$CLI/support.bash"
. "$CLI/faults.bash"
warm_up
for part in 0 1; do
    on_parts run LOCL_LAYER_PART=$part LOCL_LAYER_BLOCK=250 -- --set run.deadline=6 || fail "part $part: $(cat run.err)"
    recovered run "${parts[1 - part]}"
    grep -q "device $part does not answer" run.err || fail "part $part: $(cat run.err)"
    rm -r run
done
