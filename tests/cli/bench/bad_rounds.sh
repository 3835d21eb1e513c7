"$LOCL" bench step --rounds 0
