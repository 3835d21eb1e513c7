#!/bin/bash
# Runs the bundle in an empty Debian 13, by hand: takes root and a network. There is no driver registered there, only a
# library, which locl has to find by itself: Intel's runtime for CPUs, lying where the linker does not look.
#
#   tests/bundle.sh [--build FOLDER] [--folder FOLDER] [--gpu]
#
# The chroot is made in FOLDER (~/.cache/locl/bundle-chroot), once. --gpu also runs gpu.sh there, as if the CPU was a GPU, and copies
# its results into the build folder.
# The last line is "N passed, N failed"; exit code 77 where a chroot, the bundle or the runtime cannot be had.
set -u
source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/build folder=${XDG_CACHE_HOME:-$HOME/.cache}/locl/bundle-chroot gpu=no
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --folder) folder=$2; shift ;;
    --gpu) gpu=yes ;;
    *) echo "tests/bundle.sh: there is no option $1" >&2 && exit 2 ;;
    esac
    shift
done
passed=0 failed=0

lacks() {
    echo "tests/bundle.sh: $*" >&2
    exit 77
}

inside() { # <command> ...
    chroot "$folder" env -i PATH=/usr/bin:/bin:/usr/sbin HOME=/root "$@"
}

check() { # <title> <command> ...
    local title=$1
    shift
    if "$@" >"$log" 2>&1; then
        echo "ok   $title" && passed=$((passed + 1))
    else
        echo "FAIL $title (exit code $?)" && failed=$((failed + 1))
        tail -n 40 "$log" | sed 's/^/    /'
    fi
}

says() { # <text> <command> ...
    local text=$1 out
    shift
    out=$("$@" 2>&1)
    echo "$out"
    grep -qF -e "$text" <<<"$out"
}

# Parts may take too long there, and are rows then; what is written has to be whole.
gpu_to_its_end() {
    rm -rf "$folder/root/results"
    inside LOCL_CAPS=cpu=0 bash /locl/gpu.sh --out /root/results
    [ $? -le 1 ] && cp "$folder"/root/results/gpu-*.md "$folder"/root/results/gpu-*.json "$build/" &&
        python3 -m json.tool "$folder"/root/results/gpu-*.json >/dev/null
}

[ "$(id -u)" -eq 0 ] || lacks "a chroot takes root"
if [ ! -x "$folder/usr/bin/bash" ]; then
    command -v debootstrap >/dev/null || lacks "there is no debootstrap"
    rm -rf "$folder"
    mkdir -p "$folder" && debootstrap --variant=minbase trixie "$folder" http://deb.debian.org/debian >&2 || lacks "debootstrap failed"
fi
eval "$("$source/tests/intel_runtime.sh")" || lacks "Intel's runtime is not to be had"
runtime=${OCL_ICD_VENDORS%/vendors}/lib
made=$("$source/cmake/bundle.sh" --build "$build" --out "$folder/made" | tail -n 1)
[ -x "$made/bin/locl" ] || lacks "the bundle cannot be made"
log=$(mktemp) || exit 1
trap 'umount "$folder/proc"; rm -f "$log"' EXIT
rm -rf "$folder/locl" "$folder/root/.cache" "$folder/opt/intel"
mv "$made" "$folder/locl" && mkdir -p "$folder/opt/intel/oneapi/compiler/latest" || exit 1
mount -t proc proc "$folder/proc" || lacks "a chroot takes /proc"

# shellcheck disable=SC2016 # for the shell within
check "no driver is there: exit code 3 and a remedy" bash -c '
    chroot "$1" /locl/bin/locl devices && exit 1
    [ $? -eq 3 ]' - "$folder"
cp -rL "$runtime" "$folder/opt/intel/oneapi/compiler/latest/lib" || exit 1
check "the driver is found" says "found, though no ICD file registers it: /opt/intel" inside /locl/bin/locl devices
check "the doctor says which" says "found drivers" inside /locl/bin/locl doctor
check "where nothing can be written" says "/opt/intel" inside env HOME=/proc /locl/bin/locl devices
check "C++'s library is the machine's" says " /lib/x86_64-linux-gnu/libstdc++.so.6" inside ldd /locl/lib/libclblast.so.1
mkdir "$folder/hidden" && mv "$folder"/usr/lib/x86_64-linux-gnu/libstdc++.so.6* "$folder/hidden/"
check "a machine without one" inside /locl/bin/locl --version
mv "$folder"/hidden/* "$folder/usr/lib/x86_64-linux-gnu/" && rmdir "$folder/hidden"
check "training" inside bash -c 'cd /locl && bin/locl train configs/fashion-mnist.yaml --quiet'
[ $gpu = yes ] && check "gpu.sh to its end, the CPU as a GPU" gpu_to_its_end
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
