# One of two devices gives values that are not finite: the other does not, and the run goes on with that one.
. "$CLI/support.bash"
. "$CLI/faults.bash"
for part in 0 1; do
    on_parts run LOCL_LAYER_PART=$part LOCL_LAYER_SPOIL=12 -- || fail "part $part: $(cat run.err)"
    recovered run "${parts[1 - part]}"
    released run
    rm -r run
done
