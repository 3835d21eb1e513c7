"$LOCL" bench
