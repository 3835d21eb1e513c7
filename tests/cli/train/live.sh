. "$CLI/support.bash"
"$LOCL" train small.yaml --progress --set train.epochs=200 # long enough for a rate to be known
