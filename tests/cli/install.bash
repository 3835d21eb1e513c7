# Sourced by the cases of install/: the build, installed into a folder that was then moved, as $prefix, with what
# pkg-config needs to find it; $source is the project.
# shellcheck disable=SC2034 # source and cc are the cases'
. "$CLI/support.bash"
build=${LOCL%/bin/locl}

setting() { # of the build
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

source=$(setting CMAKE_HOME_DIRECTORY)
[ -z "$(setting LOCL_SANITIZE)" ] || skip "a user's programs do not bring the sanitizers that this build has"
cmake --install "$build" --prefix "$PWD/first" >install.log 2>&1 || fail "$(cat install.log)"
mv first moved
prefix=$PWD/moved
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name locl.pc)")
LD_LIBRARY_PATH=$(dirname "$(find "$prefix" -name liblocl.so)")
export PKG_CONFIG_PATH LD_LIBRARY_PATH
cc=$(setting CMAKE_C_COMPILER)

needs() { # <program> ...
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "there is no $program"
    done
}

# The sonames of locl that a program or library asks for, or that a library has.
sonames() { # <file> NEEDED|SONAME
    readelf -d "$1" | sed -n "s/.*($2).*\[\(liblocl.*\)\]/\1/p"
}
