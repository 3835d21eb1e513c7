# A step and its kernels; the data set that the configuration names is not there.
. "$CLI/support.bash"
"$LOCL" bench step small.yaml --set data.path=/nowhere --rounds 1
