#!/bin/bash
# Sets up Intel's OpenCL runtime for CPUs as a second platform beside PoCL, without touching the system: from
# PyPI (about 790 MB) into the user's cache, or from an existing virtual environment, $LOCL_INTEL_VENV. Prints
# the variables to export. Exit code 1 and the reason on standard error when it is not to be had.
#
#   eval "$(tests/intel_runtime.sh)" && build/bin/locl devices
set -u
cache=${XDG_CACHE_HOME:-$HOME/.cache}/locl/intel-runtime
venv=${LOCL_INTEL_VENV:-$cache/venv}

fail() {
    echo "intel_runtime.sh: $*" >&2
    exit 1
}

[ "$(uname -m)" = x86_64 ] || fail "it is for x86-64 only"
mkdir -p "$cache" || exit 1
exec 9>"$cache/lock" && flock 9 || exit 1
if [ ! -e "$venv/lib/libintelocl.so" ]; then
    [ -n "${LOCL_INTEL_VENV-}" ] && fail "$venv has no lib/libintelocl.so"
    rm -rf "$venv"
    { python3 -m venv "$venv" && "$venv/bin/pip" --quiet install intel-opencl-rt intel-cmplr-lib-rt; } >&2 ||
        { rm -rf "$venv" && fail "pip could not install intel-opencl-rt and intel-cmplr-lib-rt"; }
fi
# Its own loader must not be found in the place of the system's.
rm -rf "${cache:?}/lib" "${cache:?}/vendors"
mkdir -p "$cache/lib" "$cache/vendors" || exit 1
for file in "$venv"/lib/*; do
    case $(basename "$file") in
    libOpenCL*) ;;
    *) ln -s "$file" "$cache/lib/" ;;
    esac
done
cp /etc/OpenCL/vendors/pocl.icd "$cache/vendors/" 2>/dev/null
echo "$cache/lib/libintelocl.so" >"$cache/vendors/intel.icd"
echo "export OCL_ICD_VENDORS='$cache/vendors' LD_LIBRARY_PATH='$cache/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}'"
