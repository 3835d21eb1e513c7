"$LOCL" bench stepp
