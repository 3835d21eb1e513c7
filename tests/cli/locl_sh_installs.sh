# What ./locl.sh does where packages are missing: says which and why, uses sudo only when not root, builds, runs
# the command. Everything it calls is a stand-in here.
cp "$CLI/../../locl.sh" .
mkdir bin
stand_in() { # <name>, its text from standard input
    { echo '#!/bin/bash' && cat; } >"bin/$1"
    chmod +x "bin/$1"
}
stand_in dpkg-query <<'END'
for package in build-essential cmake ninja-build pkg-config ocl-icd-opencl-dev opencl-headers libclblast-dev \
    libyaml-dev libjansson-dev libarchive-dev libjpeg-dev libpng-dev libutf8proc-dev libxxhash-dev zlib1g-dev \
    pocl-opencl-icd libcmocka-dev $(cat installed 2>/dev/null); do
    echo "$package installed"
done
END
stand_in apt-get <<'END'
echo "apt-get $*"
[ "$2" = install ] && printf '%s\n' "${@:5}" >>installed
exit 0
END
stand_in sudo <<'END'
echo "sudo $*"
"$@"
END
stand_in id <<'END'
cat user
END
stand_in cmake <<'END'
echo "cmake was called"
mkdir -p build/bin
printf '#!/bin/bash\necho "the command: $*"\n' >build/bin/locl
chmod +x build/bin/locl
END
PATH=$PWD/bin:$PATH
{
    echo "--- not root"
    echo 1000 >user
    ./locl.sh train config.yaml
    echo "--- root"
    rm -r installed build
    echo 0 >user
    ./locl.sh train config.yaml
    echo "--- all there"
    ./locl.sh eval run
    echo "--- a picture"
    ./locl.sh audit run --plot picture.svg
} 2>&1 | sed "s#$PWD#HERE#g"
