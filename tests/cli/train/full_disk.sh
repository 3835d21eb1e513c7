# No file may grow past 4 KiB: the run ends, and what was there before stays and can be gone on with. (Intel's driver complains, too.)
. "$CLI/support.bash"
export LOCL_CAPS=builds_late=0 # kernels come from the cache: PoCL itself writes larger files when it builds
"$LOCL" train small.yaml --quiet --set train.steps=9 || fail "first run"
cp run/checkpoints/last.safetensors before
(ulimit -f 4 && "$LOCL" train --resume run --quiet --set train.steps=0)
code=$?
same before run/checkpoints/last.safetensors
"$LOCL" train --resume run --quiet --set train.steps=0 || fail "going on"
"$LOCL" train small.yaml --quiet --set run.dir=other || fail "uninterrupted"
same run/checkpoints/last.safetensors other/checkpoints/last.safetensors
exit $code
