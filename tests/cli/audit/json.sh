# A checkpoint under a configuration, and the same object in a file.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet || fail "training"
"$LOCL" audit run/checkpoints/best.safetensors small.yaml --draws 5 --json --out audit.json | tee printed
"$LOCL" audit run/checkpoints/best.safetensors small.yaml --draws 5 --quiet --out again.json >/dev/null || fail "a file"
# what is measured of draws is the same every time; times are not
numbers() {
    sed 's/.*"layers"//' "$1"
}
same <(numbers audit.json) <(numbers again.json)
same <(numbers audit.json) <(numbers printed | tr -d '\n')
