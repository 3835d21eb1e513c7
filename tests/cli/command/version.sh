"$LOCL" --version
