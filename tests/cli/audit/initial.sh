# A configuration alone: initial values, where the classifier's are 0.
. "$CLI/support.bash"
"$LOCL" audit small.yaml --draws 4 --rule fg-a --quiet
