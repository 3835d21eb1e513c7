#!/bin/bash
# Runs the tests on every implementation of OpenCL at hand, each the part that it can bear, here and in a Debian 13, and prints
# one table. By hand: it takes up to an hour. Debian 13 is a chroot, which takes root and a network.
#
#   tests/matrix.sh [--build FOLDER] [--folder FOLDER] [PART]...
#
# PART: pocl, intel, rusticl, oclgrind, debian13; all without. FOLDER of the chroot: ~/.cache/locl/debian-13. What each
# printed is kept in BUILD/matrix. The last line is "N passed, N failed".
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build folder=${XDG_CACHE_HOME:-$HOME/.cache}/locl/debian-13 parts=()
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --folder) folder=$2; shift ;;
    pocl | intel | rusticl | oclgrind | debian13) parts+=("$1") ;;
    *) echo "matrix.sh: there is no part $1" >&2 && exit 2 ;;
    esac
    shift
done
[ ${#parts[@]} -gt 0 ] || parts=(pocl intel rusticl oclgrind debian13)
logs=$build/matrix
mkdir -p "$logs" || exit 2
# Mesa's compiler takes minutes for larger kernels; what has small ones, and what concerns devices as such.
smoke=(devices_test kernels_test launch_test select_test devices/ probe_test eval/ train/quiet)

lacks() {
    echo "$*"
    exit 77
}

# Where drivers are registered, but only those whose file has that name.
only() { # <NAME.icd>
    local from=${OCL_ICD_VENDORS:-/etc/OpenCL/vendors} to=$logs/vendors-$1
    [ -e "$from/$1" ] || lacks "$from/$1 is not there"
    rm -rf "$to" && mkdir "$to" && cp "$from/$1" "$to/" || exit 1
    export OCL_ICD_VENDORS=$to
}

pocl() {
    only pocl.icd
    "$source/tests/run.sh" --build "$build"
}

intel() {
    local variables
    variables=$("$source/tests/intel_runtime.sh") || lacks "Intel's runtime is not to be had"
    eval "$variables"
    only intel.icd
    "$source/tests/run.sh" --build "$build"
}

rusticl() {
    only rusticl.icd
    RUSTICL_ENABLE=llvmpipe "$source/tests/run.sh" --build "$build" "${smoke[@]}"
}

oclgrind() {
    "$source/tests/oclgrind.sh" "$build"
}

# As a user would there: a clone, and the README's test command.
debian13() {
    [ "$(id -u)" -eq 0 ] || lacks "a chroot takes root"
    if [ ! -x "$folder/usr/bin/bash" ]; then
        command -v debootstrap >/dev/null || lacks "there is no debootstrap"
        rm -rf "$folder" && mkdir -p "$folder" && debootstrap trixie "$folder" http://deb.debian.org/debian >&2 || exit 1
    fi
    rm -rf "$folder/root/locl" && git clone -q "$source" "$folder/root/locl" || exit 1
    mount --bind /proc "$folder/proc" && trap 'umount "$folder/proc"' EXIT
    chroot "$folder" env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 /root/locl/locl.sh test
}

passed=0 failed=0 rows=()
for part in "${parts[@]}"; do
    begin=$SECONDS
    ("$part") >"$logs/$part.log" 2>&1
    code=$? last=$(tail -n 1 "$logs/$part.log")
    if [ $code -eq 77 ]; then
        rows+=("| $part | | | | left out: $last |")
    elif [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
        [ $code -eq 0 ] || [ "${BASH_REMATCH[2]}" -gt 0 ] || failed=$((failed + 1))
        names=$(grep -oE '^FAIL [^ :]+' "$logs/$part.log" | cut -c6- | tr '\n' ' ')
        rows+=("| $part | ${BASH_REMATCH[1]} | ${BASH_REMATCH[2]} | $((SECONDS - begin)) | $names |")
    else
        failed=$((failed + 1))
        rows+=("| $part | | 1 | $((SECONDS - begin)) | ended early: $last |")
    fi
    echo "$part: $last" >&2
done
echo "| implementation | passed | failed | seconds | |"
echo "|---|--:|--:|--:|---|"
printf '%s\n' "${rows[@]}"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
