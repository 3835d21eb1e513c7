# Said before the work begins.
. "$CLI/support.bash"
PATH=/nonexistent
"$LOCL" audit small.yaml --plot picture.svg
