cat >bad.yaml <<'END'
seed: -1
model: {preset: M/1/17}
data: {name: mnist, bach: 32}
optimizer:
  lr: fast
END
"$LOCL" train bad.yaml
