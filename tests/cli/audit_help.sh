"$LOCL" audit --help
