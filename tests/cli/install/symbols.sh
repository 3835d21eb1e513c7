. "$CLI/install.bash"
needs nm
nm -D --defined-only "$LD_LIBRARY_PATH/liblocl.so" | awk '{ print $3 }' | LC_ALL=C sort >shown
# what the headers declare: a name before "(", after LOCL_API, over line ends
tr '\n' ' ' <<<"$(cat "$prefix"/include/locl/*.h)" | grep -oE 'LOCL_API [^(;#]*\(' | grep -oE 'locl_[a-z0-9_]+\(' |
    tr -d '(' | LC_ALL=C sort >declared
[ -s declared ] || fail "no declarations were found"
same declared shown
