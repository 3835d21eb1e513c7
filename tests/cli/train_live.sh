. "$CLI/support.bash"
"$LOCL" train small.yaml --progress --set train.epochs=40
