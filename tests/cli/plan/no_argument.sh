"$LOCL" plan
