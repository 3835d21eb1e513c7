"$LOCL" bench memory --rule lg-bp
