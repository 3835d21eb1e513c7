. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set run.dir=warm || fail "warm" # kernels that take long to build would be told
"$LOCL" train small.yaml
