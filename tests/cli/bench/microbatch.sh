# A step of slices: each slice's launches count, and the workspace is that of a slice.
. "$CLI/support.bash"
number() { # <kind> <name> <field> <set>
    "$LOCL" bench "$1" small.yaml --set data.path=/nowhere --rounds 1 --json --set "$4" |
        tr -d '\n' | sed 's/{/\n/g' | grep "\"name\": \"$2\"" | sed "s/.*\"$3\": *\([0-9.]*\).*/\1/;s/[.].*//"
}
[ "$(number step step launches data.microbatch=8)" -gt $((2 * $(number step step launches data.batch=32))) ] ||
    fail "launches are not those of four slices"
[ "$(number memory workspace bytes data.microbatch=8)" -lt "$(number memory workspace bytes data.batch=32)" ] ||
    fail "the workspace is that of a whole batch"
