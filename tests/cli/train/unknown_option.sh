"$LOCL" train --jsn config.yaml
