# The live line of several devices says how busy each of them is.
. "$CLI/support.bash"
"$LOCL" plan small.yaml --device 0:0/1/2 >/dev/null 2>&1 || skip "the first device cannot be split"
"$LOCL" train small.yaml --progress --device 0:0/0/2,0:0/1/2 --set train.epochs=100 \
    --set 'placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}]'
