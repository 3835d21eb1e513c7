. "$CLI/support.bash"
for size in M 0 12X 1.5GX -3; do
    "$LOCL" plan small.yaml --memory "$size" && fail "$size was taken"
done
exit 0
