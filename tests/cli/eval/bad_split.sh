. "$CLI/support.bash"
"$LOCL" eval run --split validation
