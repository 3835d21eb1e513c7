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
row warning 'icd twice.icd' 'pocl.icd registers the same library'
row ok 'icd pocl.icd' '1 device'
# All together the loader crashes, or waits at the pipe; alone PoCL works.
row error devices 'all drivers in one process: '
row ok 'device 0:0 of pocl.icd kernel' ''
if grep -q readme out; then fail "a file of another name is no ICD file"; fi
grep -q 'rows are errors; the first: icd ' err || fail "it says: $(cat err)"
