. "$CLI/support.bash"
"$LOCL" train small.yaml --set train.steps=3 >/dev/full
