. "$CLI/support.bash"
"$LOCL" audit small.yaml --draws 1000 --progress
