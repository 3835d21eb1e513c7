. "$CLI/support.bash"
"$LOCL" audit small.yaml --draws 3 --all --rule np-w --quiet | grep -c ', against '
