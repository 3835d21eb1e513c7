#!/bin/bash
# The one script: installs what is missing, builds what is out of date, and runs the command.
#
#   ./locl.sh COMMAND ...     locl COMMAND ..., for example: ./locl.sh train configs/fashion-mnist.yaml
#   ./locl.sh test [NAME]...  builds and runs all tests, or those with NAME in their name
#
# Nothing is installed or said when all is there. Exit codes: the command's; 1 when building fails.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$root/build

# package, why it is needed
to_build=(
    build-essential "C compiler"
    cmake "build system"
    ninja-build "build system"
    pkg-config "finds libraries"
    ocl-icd-opencl-dev "OpenCL loader"
    opencl-headers "OpenCL headers"
    libclblast-dev "products of matrices on GPUs"
    libyaml-dev "configuration files"
    libjansson-dev "JSON"
    libarchive-dev "data in archives"
    libjpeg-dev "JPEG images"
    libpng-dev "PNG images"
    libutf8proc-dev "names of classes"
    libxxhash-dev "checksums"
    libstb-dev "resizing of images"
    zlib1g-dev "compressed data"
)
to_run=(
    pocl-opencl-icd "OpenCL on the CPU; GPUs need their vendor's driver"
    dataset-fashion-mnist "images of configs/fashion-mnist.yaml"
)
to_draw=(
    gnuplot-nox "pictures: --plot"
)
to_test=(
    libcmocka-dev "unit tests"
    oclgrind "finds races and wrong accesses in kernels"
)

say() {
    echo "locl.sh: $*" >&2
}

install_missing() { # package why package why ...
    local missing=() as=() installed
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null)
    while [ $# -gt 0 ]; do
        if ! grep -qx "$1 installed" <<<"$installed"; then
            [ ${#missing[@]} -eq 0 ] && say "these Debian packages are missing and will be installed:"
            say "  $1: $2"
            missing+=("$1")
        fi
        shift 2
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "that needs root and there is no sudo; as root: apt-get install ${missing[*]}"
            return 1
        fi
        as=(sudo)
    fi
    say "${as[*]:+${as[*]} }apt-get update && apt-get install ${missing[*]}"
    "${as[@]}" apt-get -q update >&2 &&
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
            "${missing[@]}" >&2
}

prepare() { # package why ...
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        return 0 # not Debian: the build says what it misses
    fi
    install_missing "$@" || {
        say "not all packages could be installed"
        exit 1
    }
}

# Builds the targets given, all without; its output shows only when it fails.
compile() {
    local log=$build/build.log target=()
    mkdir -p "$build" && exec 9>"$build/.lock" && flock 9 || exit 1 # one at a time
    [ $# -gt 0 ] && target=(--target "$@")
    [ -x "$build/bin/locl" ] || say "building in $build (once)"
    {
        { [ -e "$build/build.ninja" ] || [ -e "$build/Makefile" ] ||
            cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release; } &&
            cmake --build "$build" "${target[@]}"
    } >"$log" 2>&1 || {
        cat "$log" >&2
        say "building failed, see above (also in $log)"
        exit 1
    }
    exec 9>&-
}

if [ "${1-}" = test ]; then
    shift
    prepare "${to_build[@]}" "${to_run[@]}" "${to_draw[@]}" "${to_test[@]}"
    compile
    exec "$root/tests/run.sh" "$@"
fi
# The build files name the tests too, so their library has to be there.
prepare "${to_build[@]}" "${to_run[@]}" "${to_test[@]:0:2}"
case " $* " in
*" --plot"*) prepare "${to_draw[@]}" ;;
esac
compile locl_command
exec "$build/bin/locl" "$@"
