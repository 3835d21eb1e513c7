#!/bin/bash
# The one script: installs what is missing, builds what is out of date, and runs the command.
#
#   ./locl.sh COMMAND ...     locl COMMAND ..., for example: ./locl.sh train configs/fashion-mnist.yaml
#   ./locl.sh test [NAME]...  builds and runs all tests, or those with NAME in their name
#
# Nothing is installed or said when all is there; what cannot be installed and can be done without is
# said once. Exit codes: the command's; 1 when building fails or a required package cannot be installed.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$root/build
said=$build/.spared # packages that were said to be done without

# package, what it is for, and "required" or what it means to go without it where it cannot be installed
to_build=(
    build-essential "C compiler" required
    cmake "build system" required
    ninja-build "build system" required
    pkg-config "finds libraries" required
    ocl-icd-opencl-dev "OpenCL loader" required
    opencl-headers "OpenCL headers" required
    libclblast-dev "products of matrices on GPUs" required
    libyaml-dev "configuration files" required
    libjansson-dev "JSON" required
    libarchive-dev "data in archives" required
    libjpeg-dev "JPEG images" required
    libpng-dev "PNG images" required
    libutf8proc-dev "names of classes" required
    libxxhash-dev "checksums" required
    libstb-dev "resizing of images" required
    zlib1g-dev "compressed data" required
    libcmocka-dev "unit tests, which the build files name" required
)
to_run=(
    pocl-opencl-icd "OpenCL on the CPU; GPUs need their vendor's driver" "another OpenCL driver has to be there"
    dataset-fashion-mnist "images of configs/fashion-mnist.yaml" "they have to be in data/fashion-mnist"
)
to_draw=(
    gnuplot-nox "pictures: --plot" "there are no pictures"
)
to_test=(
    oclgrind "finds races and wrong accesses in kernels" "tests/oclgrind.sh is left out"
    python3-numpy "the library from Python" "tests/cli/python is left out"
)

say() {
    echo "locl.sh: $*" >&2
}

# Nothing is removed for it: Debian 13's rocm-opencl-icd and pocl-opencl-icd drive out one another.
install=(apt-get -q install -y --no-install-recommends --no-remove)

missing=() # packages that are not installed, and of them:
there=()   # those that can be installed
spared=()  # those that cannot be: the distribution lacks them, or they drive out others; to be done without
lacking=() # those the distribution lacks, required
declare -A why=() without=() # columns 2 and 3 of those that are missing

find_missing() { # package why without ...
    local installed
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null)
    missing=()
    while [ $# -gt 0 ]; do
        if ! grep -qxF "$1 installed" <<<"$installed"; then
            missing+=("$1") why[$1]=$2 without[$1]=$3
        fi
        shift 3
    done
}

# Asks the package lists, which takes neither root nor network. What was said to be spared is not said again.
sort_missing() {
    local known package
    known=$(LC_ALL=C apt-cache policy "${missing[@]}" 2>/dev/null |
        awk '/^[^ ]/ { sub(/:$/, ""); name = $0 } $1 == "Candidate:" && $2 != "(none)" { print name }')
    there=() spared=() lacking=()
    for package in "${missing[@]}"; do
        if [ "${without[$package]}" = required ]; then
            grep -qxF "$package" <<<"$known" && there+=("$package") || lacking+=("$package")
        elif grep -qxF "tried $package" "$said" 2>/dev/null; then
            continue
        elif grep -qxF "$package" <<<"$known" && "${install[@]}" --simulate "$package" >/dev/null 2>&1; then
            there+=("$package")
        elif ! grep -qxF "$package" "$said" 2>/dev/null; then
            spared+=("$package")
        fi
    done
}

# The lists are fetched before anything is installed, for a required package that they lack, and where there are
# none, as on a fresh system; not at every call for one that they lack and that can be done without.
lists_have_to_be_fetched() {
    [ $((${#there[@]} + ${#lacking[@]})) -gt 0 ] && return 0
    [ ${#spared[@]} -gt 0 ] && [ -z "$(apt-cache madison dpkg 2>/dev/null)" ]
}

update_lists() { # sudo, or nothing as root
    local package
    say "these Debian packages are missing:"
    for package in "${there[@]}" "${lacking[@]}" "${spared[@]}"; do
        say "  $package: ${why[$package]}"
    done
    say "${*:+$* }apt-get update"
    "$@" apt-get -q update >&2
}

say_what_cannot_be() {
    local package
    for package in "${spared[@]}"; do
        say "$package (${why[$package]}) cannot be installed here: ${without[$package]}"
        mkdir -p "$build" && echo "$package" >>"$said"
    done
    for package in "${lacking[@]}"; do
        say "$package (${why[$package]}) cannot be installed here, and is required"
    done
    [ ${#lacking[@]} -eq 0 ]
}

# Goes without the packages that could not be fetched or installed, if all of them can be done without.
spare_the_rest() {
    local package optional=()
    for package in "${there[@]}" "${lacking[@]}"; do
        [ "${without[$package]}" != required ] || return 1
        optional+=("$package")
    done
    spared+=("${optional[@]}")
    say_what_cannot_be
    for package in "${optional[@]}"; do
        echo "tried $package" >>"$said"
    done
}

install_missing() { # package why without ...
    local as=()
    find_missing "$@"
    [ ${#missing[@]} -eq 0 ] && return 0
    sort_missing
    if lists_have_to_be_fetched; then
        if [ "$(id -u)" -ne 0 ]; then
            if ! command -v sudo >/dev/null; then
                spare_the_rest && return 0
                say "packages are missing, which needs root, and there is no sudo;" \
                    "as root: apt-get update && apt-get install ${there[*]} ${lacking[*]} ${spared[*]}"
                return 1
            fi
            as=(sudo)
        fi
        update_lists "${as[@]}" || { spare_the_rest; return; }
        sort_missing
    fi
    say_what_cannot_be || return 1
    [ ${#there[@]} -eq 0 ] && return 0
    say "${as[*]:+${as[*]} }apt-get install ${there[*]}"
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" "${there[@]}" >&2 || spare_the_rest
}

prepare() { # package why without ...
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        return 0 # not Debian: the build says what it misses
    fi
    install_missing "$@" || {
        say "not all packages could be installed"
        exit 1
    }
}

# Whether the build folder was made of sources elsewhere: it was copied or moved with them.
is_of_others() {
    local made
    made=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt" 2>/dev/null)
    [ -n "$made" ] && [ "$(realpath -m "$made")" != "$(realpath "$root")" ]
}

configure() {
    ! is_of_others || rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles" "$build/build.ninja" "$build/Makefile"
    [ -e "$build/build.ninja" ] || [ -e "$build/Makefile" ] ||
        cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
}

# Builds the targets given, all without; its output shows only when it fails.
compile() {
    local log=$build/build.log target=()
    mkdir -p "$build" && exec 9>"$build/.lock" && flock 9 || exit 1 # one at a time
    [ $# -gt 0 ] && target=(--target "$@")
    [ -x "$build/bin/locl" ] || say "building in $build (once)"
    { configure && cmake --build "$build" "${target[@]}"; } >"$log" 2>&1 || {
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
prepare "${to_build[@]}" "${to_run[@]}"
case " $* " in
*" --plot"* | " plot "*) prepare "${to_draw[@]}" ;;
esac
compile locl_command
exec "$build/bin/locl" "$@"
