"$LOCL" audit config.yaml --draws 2
