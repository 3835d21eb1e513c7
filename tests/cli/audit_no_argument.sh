"$LOCL" audit
