# ICD files of every broken kind beside PoCL's: a row each, and PoCL is tried all the same.
. "$CLI/doctor.bash"
cp $pocl icds/
mkdir icds/folder.icd
: >icds/empty.icd
ln -s nowhere icds/link.icd
mkfifo icds/pipe.icd
echo libno-such-driver.so.1 >icds/missing.icd
echo /nowhere/libdriver.so >icds/gone.icd
echo 'This is a text, and no driver.' >text
echo "$PWD/text" >icds/text.icd
echo 'no library at all' >icds/words.icd
printf '%s\r\n' "$library" >icds/windows.icd
printf '\n%s\n' "$library" >icds/second.icd
printf '\0\1\2' >icds/binary.icd
cp "$PROGRAMS/bad_driver.so" icds/library.icd
head -c 20000 /dev/zero | tr '\0' x >icds/long.icd
# a library for another machine: the head of this one, with the number of another
cp "$PROGRAMS/bad_driver.so" other.so
printf '\xf3\x00' | dd of=other.so bs=1 seek=18 conv=notrunc status=none
echo "$PWD/other.so" >icds/machine.icd
printf '\x01' | dd of=other.so bs=1 seek=4 conv=notrunc status=none
cp other.so small.so
echo "$PWD/small.so" >icds/small.icd
echo libm.so.6 >icds/math.icd
cp $pocl icds/twice.icd
ln -s loop.so loop.so
echo "$PWD/loop.so" >icds/loop.icd
echo libno-such-driver.so.1 >$'icds/two\nlines\e[2J.icd'
printf 'lib\e[31mred.so\n' >icds/red.icd
if [ "$(id -u)" != 0 ]; then # for whom nothing is unreadable
    mkdir closed
    cp "$PROGRAMS/bad_driver.so" closed/driver.so
    cp "$PROGRAMS/bad_driver.so" closed.so
    chmod 0 closed closed.so
    echo "$PWD/closed/driver.so" >icds/behind.icd
    echo "$PWD/closed.so" >icds/closed.icd
fi
echo ignored >icds/readme.txt
run doctor --deadline 10
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error 'icd folder.icd' 'is no file but a folder'
row error 'icd empty.icd' 'is empty'
row error 'icd link.icd' 'leads nowhere'
row error 'icd pipe.icd' 'is no file but a pipe'
row error 'icd missing.icd' 'no such library is found'
row error 'icd gone.icd' 'names /nowhere/libdriver.so, which is not there'
row error 'icd text.icd' 'is no library: it begins with "This is a text, "'
row error 'icd words.icd' 'no such library'
row error 'icd windows.icd' 'carriage return'
row error 'icd second.icd' 'first line is empty'
row error 'icd binary.icd' 'binary data'
row error 'icd library.icd' 'is a library itself'
row error 'icd long.icd' 'is no library'
row error 'icd machine.icd' 'is a library for '
row error 'icd small.icd' 'is a library for 32-bit'
row error 'icd math.icd' 'no OpenCL driver'
row error 'icd loop.icd' 'loop.so, which cannot be reached: Too many levels of symbolic links'
row error 'icd two<U.000A>lines<U.001B>.2J.icd' 'no such library is found'
row error 'icd red.icd' 'lib<U+001B>[31mred.so'
if [ -e closed ]; then
    chmod 700 closed
    row error 'icd behind.icd' 'driver.so, which cannot be reached: Permission denied'
    row error 'icd closed.icd' 'closed.so, which cannot be read: Permission denied'
    grep -qF 'a+rx on each' out && grep -qF 'a+r on it' out || fail "no remedy: $(cat out)"
fi
row warning 'icd twice.icd' 'pocl.icd registers the same library'
row ok 'icd pocl.icd' '1 device'
# All together the loader crashes, or waits at the pipe; alone PoCL works.
row error devices 'all drivers in one process: '
row ok 'device 0:0 of pocl.icd kernel' ''
if grep -q $'\e' out err; then fail "what a terminal obeys is printed"; fi
if grep -q readme out; then fail "a file of another name is no ICD file"; fi
grep -q 'rows are errors; the first: icd ' err || fail "it says: $(cat err)"
