"$LOCL" help
