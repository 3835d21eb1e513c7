"$LOCL" train
