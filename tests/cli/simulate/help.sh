"$LOCL" simulate --help
