"$LOCL" train --resume nosuch
