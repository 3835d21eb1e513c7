"$LOCL" tune --help
