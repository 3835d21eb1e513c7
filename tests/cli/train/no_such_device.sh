. "$CLI/support.bash"
"$LOCL" train small.yaml --device nosuchdevice
