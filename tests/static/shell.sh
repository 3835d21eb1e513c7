#!/bin/bash
# Shell scripts as shellcheck wants them; what it may follow is in .shellcheckrc. The cases of tests/cli have no
# first line that names a shell: run.sh gives them to bash.
. "$(dirname "$0")/common.bash"
command -v shellcheck >/dev/null || left_out "shellcheck is not installed"
mapfile -t scripts < <(files '*.sh' '*.bash' .ci)
need_files "${scripts[@]}"
shellcheck --shell=bash --format=gcc "${scripts[@]}"
finish $?
