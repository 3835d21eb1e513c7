. "$CLI/support.bash"
truncate -s 1000 data/train-images-idx3-ubyte
"$LOCL" train small.yaml
