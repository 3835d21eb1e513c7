. "$CLI/support.bash"
mkdir shards
printf cat >word.cls
printf x >word.jpg
printf 0 >alone.cls
tar cf shards/train-000.tar word.jpg word.cls alone.cls
gzip -c shards/train-000.tar >shards/train-002.tar
"$LOCL" train small.yaml --set data.name=shards --set 'data.path=[shards, "lost-{3..4}.tar"]' --quiet
