# Said before the work begins.
. "$CLI/support.bash"
# shellcheck disable=SC2123 # on purpose
PATH=/nonexistent
"$LOCL" audit small.yaml --plot picture.svg
