# Drivers that crash, hang, end the process or print: a row each, no output of theirs among the results, and what hangs
# side by side costs one deadline.
. "$CLI/doctor.bash"
export REAL_DRIVER=$library
export ASAN_OPTIONS=handle_segv=0:handle_sigfpe=0:handle_abort=0 # a crash ends the process, as without sanitizers
cp $pocl icds/
for name in crash abort exit hang leave print flood late ask; do
    misbehaving $name
done
cp drivers/hang.so drivers/hang.so.2 && echo "$PWD/drivers/hang.so" >icds/hang2.icd
run doctor --deadline 5
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
row error 'icd crash.icd' 'crashed (SIGSEGV) while being loaded'
row error 'icd abort.icd' 'crashed (SIGABRT)'
row error 'icd exit.icd' 'ended the process (exit code 0) while being loaded'
row error 'icd hang.icd' 'did nothing for 5 seconds while being loaded'
row error 'icd hang2.icd' 'did nothing for 5 seconds'
row error 'icd ask.icd' 'crashed (SIGFPE)'
row warning 'icd print.icd' 'hello from a driver'
row warning 'icd late.icd' 'crashed (SIGABRT) while ending'
row ok 'icd pocl.icd' '1 device'
row skipped devices 'would end or hold up every program'
row ok 'device 0:0 of pocl.icd kernel' ''
! grep -q '^hello' out err || fail "a driver's output is among the results"
run doctor --json --deadline 5
[ $code = 1 ] || fail "exit code $code: $(cat out err)"
[ "$(head -c 1 out)" = '{' ] || fail "no JSON alone: $(head -n 3 out)"
if pgrep -f "doctor-child.*$PWD/drivers" >/dev/null; then fail "processes are left"; fi
