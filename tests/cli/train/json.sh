. "$CLI/support.bash"
"$LOCL" train small.yaml --json --set train.epochs=1
