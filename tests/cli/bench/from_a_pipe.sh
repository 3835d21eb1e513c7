# Read once, whatever the number of variants; but not where every start would have to read it.
. "$CLI/support.bash"
"$LOCL" bench step - --rounds 1 --json --vary data.batch=8 <small.yaml | grep -o '"label": "[^"]*"'
"$LOCL" bench start - <small.yaml
