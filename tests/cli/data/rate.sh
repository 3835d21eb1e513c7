# A row for one thread, and one for as many as there are to be.
. "$CLI/support.bash"
"$LOCL" data small.yaml --set augment=cifar --set data.threads=2 --rate
