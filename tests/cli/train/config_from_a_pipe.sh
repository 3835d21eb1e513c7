# A configuration through a pipe or standard input trains as its file does.
. "$CLI/support.bash"
"$LOCL" train small.yaml --quiet --set run.dir=whole || fail "from the file"
"$LOCL" train - --quiet --set run.dir=a <small.yaml || fail "from standard input"
sed 's/^run:.*/run: {dir: b}/' small.yaml | "$LOCL" train /dev/stdin --quiet || fail "with run.dir in it"
"$LOCL" train <(cat small.yaml) --quiet --set run.dir=c || fail "from a pipe of the shell"
for run in a b c; do
    same_runs whole $run
done
"$LOCL" eval whole/checkpoints/last.safetensors - --quiet <small.yaml | grep -q classifier || fail "eval"
grep -v ^run: small.yaml | "$LOCL" train -
