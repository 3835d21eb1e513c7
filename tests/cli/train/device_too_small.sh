. "$CLI/support.bash"
LOCL_CAPS=memory=200000 "$LOCL" train small.yaml
