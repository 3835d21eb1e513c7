"$LOCL" train nosuch.yaml
