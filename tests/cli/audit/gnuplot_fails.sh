. "$CLI/support.bash"
mkdir bin
cat >bin/gnuplot <<'END'
#!/bin/bash
read -r line || exit 0
echo "it does not like: $line" >&2
exit 1
END
chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH
"$LOCL" audit small.yaml --draws 3 --plot picture.svg --quiet >/dev/null
code=$?
[ ! -e picture.svg ] || fail "there is a picture"
exit $code
