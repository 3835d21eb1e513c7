. "$CLI/install.bash"
needs pkg-config readelf
flags=(-std=c11 -Wall -Wextra -Wpedantic -Werror)
read -ra shared <<<"$(pkg-config --cflags --libs locl)"
read -ra static <<<"$(pkg-config --static --cflags --libs locl | sed 's/-llocl/-l:liblocl.a/')"
"$cc" "${flags[@]}" "$source/docs/example.c" -o shared "${shared[@]}" || fail "shared"
"$cc" "${flags[@]}" "$source/docs/example.c" -o static "${static[@]}" || fail "static"
soname=$(sonames "$LD_LIBRARY_PATH/liblocl.so" SONAME)
[ "$(sonames shared NEEDED)" = "$soname" ] || fail "shared needs $(sonames shared NEEDED), not $soname"
[ -z "$(sonames static NEEDED)" ] || fail "static needs $(sonames static NEEDED)"
for program in shared static; do
    ./$program small.yaml train.epochs=1 run.dir=run.$program >$program.txt || fail "$program does not run"
done
same shared.txt static.txt
same_runs run.shared run.static
