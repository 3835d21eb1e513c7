# No data set is opened, so the configuration has to say what images are like.
echo 'model: {blocks: 1, patches: 1, channels: 8, groups: 1}' >small.yaml
"$LOCL" bench step small.yaml
