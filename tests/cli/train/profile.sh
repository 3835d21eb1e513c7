. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --profile --set train.epochs=1
