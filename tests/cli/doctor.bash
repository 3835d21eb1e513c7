# Sourced by the cases of `locl doctor`: folders of ICD files, and what is expected of their rows.
fail() {
    echo "$*" >&2
    exit 99
}

# What no test wants to be told of: variables of the machine that runs it.
unset OCL_ICD_FILENAMES OPENCL_VENDOR_PATH OPENCL_LAYERS POCL_DEVICES CUDA_VISIBLE_DEVICES LOCL_DEVICES LOCL_CAPS
pocl=/etc/OpenCL/vendors/pocl.icd
[ -e $pocl ] || { echo "PoCL is not there" >&2 && exit 77; }
# shellcheck disable=SC2034 # for the cases
library=$(head -n 1 $pocl)
mkdir icds drivers
export OCL_ICD_VENDORS=$PWD/icds

# Registers a driver that misbehaves as its name says.
misbehaving() { # <name>
    cp "$PROGRAMS/bad_driver.so" "drivers/$1.so"
    echo "$PWD/drivers/$1.so" >"icds/$1.icd"
}

# Runs the command; its exit code is $code, its output out and err.
run() { # doctor <options> ...
    timeout 300 "$LOCL" "$@" >out 2>err
    # shellcheck disable=SC2034 # for the cases
    code=$?
}

# A row of the table: its status, its name, a part of its detail; where it is not ok a remedy follows.
row() { # <status> <name> <detail>
    grep -A 1 -E "^$1 +$2  " out >row || fail "no row: $1 $2; there are: $(cat out err)"
    grep -qF -e "$3" row || fail "row $2 should have \"$3\", it is: $(cat row)"
    [ "$1" = ok ] || grep -q 'remedy: ' row || fail "row $2 has no remedy: $(cat row)"
}
