. "$CLI/install.bash"
needs man
page=$prefix/share/man/man1/locl.1
MANWIDTH=200 MAN_KEEP_FORMATTING='' man --warnings -l "$page" >text 2>warnings || fail "man fails: $(cat warnings)"
[ -s warnings ] && fail "$(cat warnings)"
for verb in $("$LOCL" help | sed -n 's/^  \([a-z]\+\) .*/\1/p'); do
    "$LOCL" "$verb" --help | sed -n '/^  --/{ s/^  //; s/  .*//; p }' >options
    [ -s options ] || fail "$verb has no options"
    sed -n "/^   locl $verb/,/^   locl /p" text >part
    [ -s part ] || sed -n "/^   locl $verb/,/^EXIT/p" text >part
    while read -r option; do
        grep -qF -- " $option" part || fail "$verb: $option is not on the page"
    done <options
done
"$LOCL" help --man | cmp - "$page" || fail "the page installed is another one"
