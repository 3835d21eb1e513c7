"$LOCL" bench memory --device nosuchdevice
