. "$CLI/support.bash"
: >file
"$LOCL" train small.yaml --set run.dir=file/run
