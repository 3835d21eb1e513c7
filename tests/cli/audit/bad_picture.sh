"$LOCL" audit config.yaml --plot picture.gif
