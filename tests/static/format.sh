#!/bin/bash
# C sources as .clang-format has them. Versions of clang-format differ in what they make of the same file, so
# the one is asked that the files were formatted with: 14, of Debian 12; CLANG_FORMAT names another program.
# `tests/static/format.sh --fix` formats what it finds.
. "$(dirname "$0")/common.bash"
program=${CLANG_FORMAT-}
for name in clang-format-14 clang-format; do
    [ -z "$program" ] && command -v "$name" >/dev/null && program=$name
done
[ -n "$program" ] || left_out "clang-format is not installed"
version=$("$program" --version)
if [ -z "${CLANG_FORMAT-}" ] && [[ $version != *"version 14."* ]]; then
    left_out "it takes clang-format 14, here is: $version"
fi
mapfile -t sources < <(files '*.c' '*.h')
if [ "${1-}" = --fix ]; then
    "$program" -i "${sources[@]}"
fi
"$program" --dry-run -Werror "${sources[@]}"
finish $?
