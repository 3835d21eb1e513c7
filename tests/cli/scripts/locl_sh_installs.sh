# What ./locl.sh does where packages are missing: says which and why, uses sudo only when not root, builds, runs
# the command; goes without what the distribution lacks where it can. Everything it calls is a stand-in here.
cp "$CLI/../../locl.sh" .
mkdir bin tests
stand_in() { # <path>, its text from standard input
    { echo '#!/bin/bash' && cat; } >"$1"
    chmod +x "$1"
}
stand_in bin/dpkg-query <<'END'
for package in $(cat installed); do
    echo "$package installed"
done
END
stand_in bin/apt-get <<'END'
case " $* " in
*" --simulate "*) ! grep -qx "${!#}" drives_out 2>/dev/null; exit ;;
esac
echo "apt-get $*"
case $2 in
update) [ ! -e offline ] && cp archive lists ;;
install) printf '%s\n' "${@:6}" >>installed ;;
esac
END
# In a fresh system the lists are empty; of a package that is not in them nothing is said.
stand_in bin/apt-cache <<'END'
[ -e lists ] || exit 0
case $1 in
madison) echo "$2 | 1.0 | main" ;;
policy)
    for package in "${@:2}"; do
        grep -qx "$package" lists && printf '%s:\n  Installed: (none)\n  Candidate: 1.0\n' "$package"
    done
    printf 'no-longer-there:\n  Installed: (none)\n  Candidate: (none)\n'
    ;;
esac
END
stand_in bin/sudo <<'END'
echo "sudo $*"
"$@"
END
stand_in bin/id <<'END'
cat user
END
stand_in bin/cmake <<'END'
echo "cmake was called: $*"
mkdir -p build/bin
printf '#!/bin/bash\necho "the command: $*"\n' >build/bin/locl
chmod +x build/bin/locl
END
stand_in tests/run.sh <<'END'
echo "the tests: $*"
END
PATH=$PWD/bin:$PATH

fresh_system() { # without the packages given
    rm -rf build lists
    printf '%s\n' build-essential cmake ninja-build pkg-config ocl-icd-opencl-dev opencl-headers libclblast-dev \
        libyaml-dev libjansson-dev libarchive-dev libjpeg-dev libpng-dev libutf8proc-dev libxxhash-dev libstb-dev zlib1g-dev \
        libcmocka-dev pocl-opencl-icd dataset-fashion-mnist gnuplot-nox oclgrind python3-numpy >archive
    grep -vxF "$(printf '%s\n' "$@")" archive >installed
}
lacks() { # <package>: so does the archive
    sed -i "/^$1\$/d" archive
}
{
    echo "--- not root"
    fresh_system libstb-dev dataset-fashion-mnist gnuplot-nox
    echo 1000 >user
    ./locl.sh train config.yaml
    echo "--- root"
    fresh_system libstb-dev dataset-fashion-mnist gnuplot-nox
    echo 0 >user
    ./locl.sh train config.yaml
    echo "--- all there"
    ./locl.sh eval run
    echo "--- a picture"
    ./locl.sh audit run --plot picture.svg
    echo "--- no oclgrind in the distribution, other packages missing"
    fresh_system libstb-dev oclgrind && lacks oclgrind
    ./locl.sh test NAME
    echo "--- again"
    ./locl.sh test
    echo "--- only that, not known yet"
    fresh_system oclgrind && lacks oclgrind
    ./locl.sh test
    echo "--- only that, known"
    rm -r build
    ./locl.sh test
    echo "--- not needed"
    rm -r build
    ./locl.sh devices
    echo "--- in the distribution from now on"
    echo oclgrind | tee -a archive >>lists
    ./locl.sh test
    echo "--- no libstb-dev in the distribution"
    fresh_system libstb-dev && lacks libstb-dev
    ./locl.sh train config.yaml
    echo "exit code $?"
    echo "--- nothing can be fetched, and what is missing can be done without"
    fresh_system oclgrind && cp archive lists
    touch offline
    ./locl.sh test
    echo "exit code $?"
    echo "--- again"
    ./locl.sh test
    rm offline
    echo "--- a build folder that was copied with its sources"
    fresh_system none && mkdir build && echo "CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere" >build/CMakeCache.txt
    touch build/build.ninja
    ./locl.sh devices
    [ ! -e build/build.ninja ] || echo "it is still that of the others"
    echo "--- one that would drive out others"
    fresh_system pocl-opencl-icd && cp archive lists
    echo pocl-opencl-icd >drives_out
    ./locl.sh devices
    ./locl.sh devices
} 2>&1 | sed "s#$PWD#HERE#g"
