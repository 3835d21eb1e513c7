"$LOCL" bench --help
