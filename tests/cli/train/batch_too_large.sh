. "$CLI/support.bash"
"$LOCL" train small.yaml --set data.batch=513
