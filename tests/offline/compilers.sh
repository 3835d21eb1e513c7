#!/bin/bash
# Gets the vendors' compilers of kernels, which run without their GPUs, without touching the system: what is not
# installed is fetched into the user's cache (Debian's packages unpacked there, about 600 MB; ptxas from PyPI, 200 MB).
# Prints the variables that matrix.py reads, for those that are there; says on standard error what is not.
#
#   eval "$(tests/offline/compilers.sh [amd] [nvidia] [intel])"
#
#   LOCL_OFFLINE_CLANG     clang 19 with its targets amdgcn and nvptx64
#   LOCL_OFFLINE_BITCODE   folder of AMD's device libraries (ocml.bc)
#   LOCL_OFFLINE_PTXAS     NVIDIA's assembler; LOCL_OFFLINE_LIBDEVICE: the library beside it
#   LOCL_OFFLINE_OCLOC     Intel's offline compiler
#   LOCL_OFFLINE_LIBRARIES folders for LD_LIBRARY_PATH of these
set -u
cache=${XDG_CACHE_HOME:-$HOME/.cache}/locl/offline-compilers
root=$cache/root
libraries=$root/usr/lib/x86_64-linux-gnu:$root/usr/lib/llvm-19/lib
vendors=("$@")
[ $# -gt 0 ] || vendors=(amd nvidia intel)
mkdir -p "$root" && exec 9>"$cache/lock" && flock 9 || exit 1

say() {
    echo "compilers.sh: $*" >&2
}

# Unpacks packages, and what they need and the system lacks, below $root. Removes nothing and takes no root.
unpack() { # package ...
    local plan names
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    plan=$(apt-get -q --simulate --no-install-recommends --no-remove install "$@" 2>/dev/null) || return 1
    mapfile -t names < <(awk '$1 == "Inst" { print $2 }' <<<"$plan")
    [ ${#names[@]} -gt 0 ] || return 0
    say "unpacking into $root: ${names[*]}"
    rm -rf "$cache/packages" && mkdir "$cache/packages" || return 1
    (cd "$cache/packages" && apt-get -q -o APT::Sandbox::User=root download "${names[@]}" >&2) || return 1
    for file in "$cache"/packages/*.deb; do
        dpkg-deb --extract "$file" "$root" || return 1
    done
    rm -rf "$cache/packages"
}

# The first of these files that is there, in the system or below $root.
first() { # pattern ...
    local pattern file
    for pattern in "$@"; do
        for file in $pattern $root$pattern; do
            [ -e "$file" ] && echo "$file" && return 0
        done
    done
    return 1
}

clang() {
    first "/usr/lib/llvm-19/bin/clang" || { unpack clang-19 && first "/usr/lib/llvm-19/bin/clang"; }
}

bitcode() {
    local places=("/usr/lib/x86_64-linux-gnu/amdgcn/bitcode/ocml.bc" "/usr/lib/llvm-*/lib/clang/*/amdgcn/bitcode/ocml.bc"
        "/usr/lib/clang/*/amdgcn/bitcode/ocml.bc" "/usr/lib/*/rocm/amdgcn/bitcode/ocml.bc" "/usr/amdgcn/bitcode/ocml.bc")
    first "${places[@]}" || { unpack rocm-device-libs && first "${places[@]}"; }
}

ptxas() {
    local venv=$cache/nvidia files="$cache/nvidia/lib/python3*/site-packages/nvidia/cuda_nvcc"
    if ! compgen -G "$files/bin/ptxas" >/dev/null; then
        rm -rf "$venv"
        { python3 -m venv "$venv" && "$venv/bin/pip" --quiet install nvidia-cuda-nvcc-cu12; } >&2 ||
            { rm -rf "$venv" && return 1; }
    fi
    compgen -G "$files/bin/ptxas"
}

ocloc() {
    local places=("/usr/bin/ocloc*" "/usr/lib/x86_64-linux-gnu/intel-opencl/ocloc*")
    first "${places[@]}" || { unpack intel-opencl-icd && first "${places[@]}"; }
}

print() { # name value
    printf 'export LOCL_OFFLINE_%s=%q\n' "$1" "$2"
}

[ "$(uname -m)" = x86_64 ] || { say "they are for x86-64 only" && exit 1; }
for vendor in "${vendors[@]}"; do
    case $vendor in
    amd)
        found=$(clang) && print CLANG "$found" && found=$(bitcode) && print BITCODE "$(dirname "$found")" ||
            say "AMD is left out: clang-19 and rocm-device-libs cannot be had"
        ;;
    nvidia)
        found=$(clang) && print CLANG "$found" && found=$(ptxas) && print PTXAS "$found" &&
            print LIBDEVICE "$(dirname "$(dirname "$found")")/nvvm/libdevice/libdevice.10.bc" ||
            say "NVIDIA is left out: clang-19, or PyPI's nvidia-cuda-nvcc-cu12, cannot be had"
        ;;
    intel)
        found=$(ocloc) && print OCLOC "$found" || say "Intel is left out: intel-opencl-icd cannot be had"
        ;;
    *) say "there is no vendor $vendor" && exit 2 ;;
    esac
done
print LIBRARIES "$libraries"
