"$LOCL" eval nosuch
