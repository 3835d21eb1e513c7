# What a network gets, and how it is changed: parts of a preset, one of them set anew, one that a range alone asks for.
. "$CLI/support.bash"
"$LOCL" data small.yaml
cat >>small.yaml <<'X'
augment: {preset: contrast, blur: {p: [0.5, 0]}, crop: {area: [0.25, 1]}, pad: {pixels: 2}}
X
"$LOCL" data small.yaml --views 2 --set data.mean='[0.5]' --set data.std='[0.25]'
# task contrast has two views and an augmentation of its own, without which it is told that they are the same
"$LOCL" data small.yaml --set task.name=contrast --set augment=none
grep -v '^augment' small.yaml >plain.yaml
"$LOCL" data plain.yaml --set task.name=contrast
