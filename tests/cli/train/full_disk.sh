# No file may grow past 4 KiB: the run ends, and what was there before stays and can be gone on with.
. "$CLI/support.bash"
export LOCL_CAPS=builds_late=0 # kernels come from the cache: PoCL itself writes larger files when it builds
"$LOCL" train small.yaml --quiet --set train.steps=9 || fail "first run"
cp run/checkpoints/last.safetensors before
(ulimit -f 4 && "$LOCL" train --resume run --quiet --set train.steps=0) 2>said
code=$?
grep -v '^PLEASE submit a bug report to https://software.intel.com' said >&2 # a line of Intel's driver
same before run/checkpoints/last.safetensors
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "going on"
"$LOCL" train small.yaml --quiet --set run.dir=other || fail "uninterrupted"
same run/checkpoints/last.safetensors other/checkpoints/last.safetensors
exit $code
