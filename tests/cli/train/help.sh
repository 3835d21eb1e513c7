"$LOCL" train --help
