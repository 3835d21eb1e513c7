. "$CLI/install.bash"
needs cmake readelf
cat >CMakeLists.txt <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(locl 99 QUIET)
if(locl_FOUND)
  message(FATAL_ERROR "version ${locl_VERSION} is taken for 99")
endif()
find_package(locl ${WANTED} REQUIRED COMPONENTS static)
add_executable(shared ${EXAMPLE})
target_link_libraries(shared locl::locl)
add_executable(static ${EXAMPLE})
target_link_libraries(static locl::locl_static)
EOF
version=$("$LOCL" --version | cut -d ' ' -f 2)
{
    cmake -S . -B out -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" -DWANTED="${version%.*}" \
        -DEXAMPLE="$source/docs/example.c" && cmake --build out
} >log 2>&1 || fail "$(cat log)"
[ -n "$(sonames out/shared NEEDED)" ] || fail "shared is not"
[ -z "$(sonames out/static NEEDED)" ] || fail "static needs $(sonames out/static NEEDED)"
unset LD_LIBRARY_PATH # CMake's own rpath leads to the library
for program in shared static; do
    out/$program small.yaml train.epochs=1 run.dir=run.$program >$program.txt || fail "$program does not run"
done
same shared.txt static.txt
