# Sourced by the checks: each looks at the tracked files and ends as a test does, with "N passed, N failed", so
# that it counts in .ci/run. What it found is printed before, a line each; nothing is changed.
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$source" || exit 1
check=$(basename "$0")

# The tool is not there, or not the one that is meant: the check is left out.
left_out() {
    echo "$check: $*" >&2
    exit 77
}

# Prints the program of clang's tools to use. Their versions differ in what they find and how they format, so the
# one is asked that the tree was brought to: 14, that of Debian 12.
clang_tool() { # <name>
    local program
    for program in "$1-14" "$1"; do
        if command -v "$program" >/dev/null && [[ $("$program" --version) == *"version 14."* ]]; then
            echo "$program"
            return
        fi
    done
    left_out "$1 14 is not installed (Debian 12: $1; other versions find other things)"
}

# Ends the check by whether `$1`, an exit code, is 0.
finish() {
    if [ "$1" -eq 0 ]; then
        echo "1 passed, 0 failed"
        exit 0
    fi
    echo "FAIL $check"
    echo "0 passed, 1 failed"
    exit 1
}

# Ends the check where there is nothing to look at, as where git refuses the folder.
need_files() { # <file> ...
    [ $# -gt 0 ] && return
    echo "$check: git names no files"
    finish 1
}

# Tracked files, and new ones that git does not ignore, that match; those that are about to go are left out.
files() { # <pattern> ...
    git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while IFS= read -r file; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
}
