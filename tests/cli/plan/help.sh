"$LOCL" plan --help
