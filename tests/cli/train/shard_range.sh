. "$CLI/support.bash"
"$LOCL" train small.yaml --set data.name=shards --set 'data.path=train-{146..000}.tar' --quiet
