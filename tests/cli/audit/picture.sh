# A stand-in for gnuplot: what it is given, and that what it draws is the file.
. "$CLI/support.bash"
mkdir bin
cat >bin/gnuplot <<'END'
#!/bin/bash
cat >script
[ ! -s script ] || mv script given
echo "the picture"
END
chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH
"$LOCL" audit small.yaml --draws 3 --rule lg-fg-w --rule lg-fg-a --plot "it's.svg" --quiet >/dev/null || fail "no picture"
cat "it's.svg"
head -n 1 given
grep -c '^[0-9.-]* [0-9.]* [0-9.]*$' given # layers of both
grep -o "title 'lg-fg-.'" given
