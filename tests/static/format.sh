#!/bin/bash
# C sources as .clang-format has them; --fix formats what it finds.
#
#   tests/static/format.sh [--fix]
. "$(dirname "$0")/common.bash"
program=$(clang_tool clang-format) || exit $?
mapfile -t sources < <(files '*.c' '*.h')
need_files "${sources[@]}"
[ "${1-}" = --fix ] && "$program" -i "${sources[@]}"
"$program" --dry-run -Werror "${sources[@]}"
finish $?
