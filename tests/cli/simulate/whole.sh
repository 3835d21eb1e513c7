# What a run shares between devices, and what it does not: mirrors follow the weights on one device.
. "$CLI/support.bash"
cat >devices.yaml <<'X'
devices:
  - {name: A, count: 3, gflops: 10, link_us: 1, launch_us: 1}
X
shares() { # rule...
    "$LOCL" simulate small.yaml --devices devices.yaml --set data.batch=64 --set model.blocks=4 --set model.channels=240 "$@" |
        grep -c '(0\.'
}
[ "$(shares --set 'rule={name: lg-fg-a}')" -gt 0 ] || fail "nothing is shared"
[ "$(shares --set 'rule={name: lg-fg-a, exact_last: true, feedback: {group: mirror}}')" -eq 0 ] || fail "mirrors are shared"
[ "$(shares --set 'rule={name: lg-fg-a}' --set model.norm=batch)" -eq 0 ] || fail "a norm over the batch is shared"
