# Each with its place and key: ranges that are backwards, a crop of no area, chances beyond 1, unknown parts.
. "$CLI/support.bash"
cat >>small.yaml <<'X'
augment:
  crop: {area: [0, 1], aspect: [2, 0.5]}
  flip: {p: 1.5}
  blur: {p: [0.5, 0.5, 0.5], sigma: [0, 1]}
  pad: {pixels: 2.5}
  jiter: {p: 1}
X
"$LOCL" train small.yaml
"$LOCL" data small.yaml --set augment=cifra
"$LOCL" data small.yaml --set augment=none --set augment.pad.pixels=8
"$LOCL" data small.yaml --set augment=none --set model.patches=16
