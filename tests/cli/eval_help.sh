"$LOCL" help eval
