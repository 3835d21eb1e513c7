"$LOCL" bench step --rule lg-fgg
