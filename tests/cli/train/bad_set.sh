. "$CLI/support.bash"
"$LOCL" train small.yaml --set data.batch=abc
