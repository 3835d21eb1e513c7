. "$CLI/support.bash"
"$PROGRAMS/example" small.yaml train.epochs=2
