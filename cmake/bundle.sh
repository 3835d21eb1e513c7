#!/bin/bash
# Makes the bundle: locl with all that it needs but glibc and drivers, for machines where nothing is installed (docs/gpus.md).
#
#   cmake/bundle.sh --build FOLDER --out FOLDER [--archives]     or: cmake --build FOLDER --target bundle
#
# OUT gets locl-VERSION-MACHINE/ and, with --archives, the same as .tar.zst and .tar.gz. patchelf, which says in programs
# where their libraries are, is fetched into the user's cache where it is not installed. The last line is the folder's
# path. Exit code 77 where there is no patchelf.
set -u -o pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
build='' out='' archives=no
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=$(cd "$2" && pwd) || exit 2; shift ;;
    --out) mkdir -p "$2" && out=$(cd "$2" && pwd) || exit 2; shift ;;
    --archives) archives=yes ;;
    *) echo "bundle.sh: there is no option $1" >&2 && exit 2 ;;
    esac
    shift
done
fashion=/usr/share/datasets/fashion-mnist
programs=(locl kernel_check same_tensors)
unset LD_LIBRARY_PATH LD_PRELOAD # of ldd below

fail() {
    echo "bundle.sh: $*" >&2
    exit 1
}

[ -n "$build" ] && [ -n "$out" ] || fail "--build and --out have to be given"

# Prints the path of patchelf: the system's, or Debian's package unpacked into the cache.
find_patchelf() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/locl/patchelf
    command -v patchelf && return
    if [ ! -x "$cache/usr/bin/patchelf" ]; then
        mkdir -p "$cache" && cd "$cache" && apt-get -q download patchelf >&2 && dpkg -x patchelf_*.deb . && rm patchelf_*.deb
    fi
    [ -x "$cache/usr/bin/patchelf" ] && echo "$cache/usr/bin/patchelf"
}

# glibc's own libraries have to be those of the machine, as its loader is.
is_glibc() { # <name>
    case $1 in
    ld-linux* | linux-vdso* | libc.so.* | libm.so.* | libmvec.so.* | libdl.so.* | libpthread.so.* | librt.so.* | \
        libresolv.so.* | libutil.so.* | libanl.so.* | libnss_*) return 0 ;;
    esac
    return 1
}

# Those that drivers use too: a driver may be built for a newer one than ours, and a process has one only.
is_shared_with_drivers() { # <name>
    case $1 in
    libstdc++.so.* | libgcc_s.so.*) return 0 ;;
    esac
    return 1
}

copy_libraries() { # <program or library> ...
    local name path to copied=()
    while read -r name path; do
        [ -e "$path" ] || fail "$name is not found"
        is_glibc "$name" && continue
        to=$bundle/lib
        is_shared_with_drivers "$name" && to=$bundle/lib/fallback
        strip --strip-unneeded -o "$to/$name" "$path" 2>/dev/null || cp -L "$path" "$to/$name" || fail "$path cannot be copied"
        copied+=("$(readlink -f "$path")")
    done < <(for file in "$@"; do ldd "$file"; done | awk '$2 == "=>" { print $1, $3 }' | sort -u)
    keep_licences "${copied[@]}"
}

# Debian's packages say how they may be passed on.
keep_licences() { # <path> ...
    local package
    dpkg-query -S "$@" "${@#/usr}" 2>/dev/null | cut -d: -f1 | sort -u | while read -r package; do
        cp -L "/usr/share/doc/$package/copyright" "$bundle/licences/$package" 2>/dev/null
    done
}

# Says where libraries are: beside each other, first. Those of C++ are the machine's own where it has them.
system=/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib
set_paths() {
    local file name
    for file in "$bundle"/bin/*; do
        "$patchelf" --force-rpath --set-rpath "\$ORIGIN/../lib" "$file" || fail "$file"
    done
    for file in "$bundle"/lib/*.so*; do
        if "$patchelf" --print-needed "$file" | while read -r name; do ! is_shared_with_drivers "$name" || exit 1; done; then
            "$patchelf" --force-rpath --set-rpath "\$ORIGIN" "$file" || fail "$file"
        else
            "$patchelf" --set-rpath "\$ORIGIN:$system:\$ORIGIN/fallback" "$file" || fail "$file"
        fi
    done
    for file in "$bundle"/lib/fallback/*.so*; do
        "$patchelf" --set-rpath "$system:\$ORIGIN" "$file" || fail "$file"
    done
}

# Cuts an IDX file to its first items. A head is a magic number, the count, and for images height and width.
cut_idx() { # <file> <count> <bytes of head> <bytes of an item>
    local octal
    octal=$(printf '\\%03o\\%03o\\%03o\\%03o' $(($2 >> 24 & 255)) $(($2 >> 16 & 255)) $(($2 >> 8 & 255)) $(($2 & 255)))
    {
        gzip -dc "$fashion/$1.gz" | head -c 4
        # shellcheck disable=SC2059 # it is bytes
        printf "$octal"
        gzip -dc "$fashion/$1.gz" | tail -c +9 | head -c $(($3 - 8 + $2 * $4))
    } 2>/dev/null | gzip -n >"$bundle/data/fashion-mnist/$1.gz"
    [ "$(gzip -dc "$bundle/data/fashion-mnist/$1.gz" | wc -c)" = $(($3 + $2 * $4)) ] || fail "$fashion/$1.gz cannot be cut"
}

copy_data() {
    if [ ! -e "$fashion/train-images-idx3-ubyte.gz" ]; then
        echo "bundle.sh: $fashion is not there (package dataset-fashion-mnist): the bundle has no data" >&2
        return
    fi
    mkdir -p "$bundle/data/fashion-mnist"
    cut_idx train-images-idx3-ubyte 10000 16 784
    cut_idx train-labels-idx1-ubyte 10000 8 1
    cut_idx t10k-images-idx3-ubyte 2000 16 784
    cut_idx t10k-labels-idx1-ubyte 2000 8 1
}

needs_glibc() {
    find "$bundle/bin" "$bundle/lib" -type f -exec readelf -V {} + | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | cut -d_ -f2
}

write_readme() {
    cat >"$bundle/README.txt" <<END
locl $version for $machine Linux with glibc $(needs_glibc) or later; nothing has to be installed, no root.

    bin/locl devices                          what devices there are; drivers are looked for in the usual places
    bin/locl doctor                           what keeps OpenCL from working
    bin/locl train configs/fashion-mnist.yaml a short training on the images of data/, in this folder
    ./gpu.sh                                  all that tells whether locl works on a GPU, in under eight minutes

A GPU takes its vendor's driver, which is never part of this: libnvidia-opencl.so.1, libamdocl64.so, libigdrcl.so, ...
The images are the first 10,000 and 2,000 of Fashion-MNIST's. All else: docs/README.md, docs/gpus.md.
END
}

version=$("$build/bin/locl" --version | cut -d' ' -f2) machine=$(uname -m)
patchelf=$(find_patchelf) || { echo "bundle.sh: there is no patchelf: apt-get install patchelf" >&2 && exit 77; }
name=locl-$version-$machine bundle=$out/locl-$version-$machine
rm -rf "$bundle" && mkdir -p "$bundle"/{bin,lib/fallback,licences,docs,probe,peers} || fail "$bundle cannot be made"
for program in "${programs[@]}"; do
    strip -o "$bundle/bin/$program" "$build/bin/$program" || fail "$program is not built"
done
library=$(readlink -f "$build/lib/liblocl.so")
strip --strip-unneeded -o "$bundle/lib/liblocl.so" "$library" || fail "liblocl.so is not built"
copy_libraries "${programs[@]/#/$build/bin/}" "$library"
set_paths
copy_data
cp -r "$source/configs" "$bundle/" && mkdir -p "$bundle/share/locl/python" &&
    cp "$source/src/python/locl.py" "$bundle/share/locl/python/" || exit 1
sed -i 's|/usr/share/datasets/fashion-mnist|data/fashion-mnist|; /package dataset-fashion-mnist/d' \
    "$bundle/configs/fashion-mnist.yaml"
"$build/tests/cases/probe_vectors" "$bundle/probe" || fail "the expected tensors cannot be made"
cp "$source"/bench/peers/*.py "$bundle/peers/" && cp "$source/bench/gpu.sh" "$bundle/" || exit 1
cp "$source/README.md" "$source"/docs/*.md "$bundle/docs/" && cp "$source/LICENSE" "$bundle/" || exit 1
write_readme
if [ $archives = yes ]; then
    cd "$out" && cmake -E tar cf "$name.tar.zst" --zstd "$name" && cmake -E tar czf "$name.tar.gz" "$name" || exit 1
fi
echo "$bundle"
