"$LOCL" doctor --deadline soon
