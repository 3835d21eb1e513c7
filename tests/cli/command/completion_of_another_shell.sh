"$LOCL" help --completion csh
