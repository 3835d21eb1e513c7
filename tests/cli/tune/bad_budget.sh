"$LOCL" tune --budget soon
