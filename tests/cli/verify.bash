# Sourced by the cases of `locl verify`: one device, passports in a folder of their own.
fail() {
    echo "$*" >&2
    exit 99
}
device=0:0
export POCL_CACHE_DIR=${POCL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/pocl}
export XDG_CACHE_HOME=$PWD/cache

verify() { # <options> ...
    "$LOCL" verify --device $device "$@" >out 2>err
    # shellcheck disable=SC2034 # for the cases
    code=$?
}

# The JSON of a row, in the file `row`; its status.
row() { # <status> <name>
    grep -B 1 -A 12 -F "\"name\": \"$device $2\"" out >row || fail "no row $2: $(cat out err)"
    grep -qF "\"status\": \"$1\"" row || fail "row $2 should be $1: $(cat row)"
}

# Spoils a kernel, in the folder broken, so that it computes something else.
spoil() { # <file of cl/>
    sed 's/- s\.mean) \* s\.r, y/- s.mean) * s.r * 1.001f, y/' "$CLI/../../cl/$1" >"broken/$1"
    cmp -s "$CLI/../../cl/$1" "broken/$1" && fail "$1 has nothing to spoil"
}
