. "$CLI/support.bash"
"$LOCL" plan small.yaml --workspace --set model.blocks=1 --set engine=native
