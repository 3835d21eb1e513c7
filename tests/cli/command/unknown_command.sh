"$LOCL" trian
