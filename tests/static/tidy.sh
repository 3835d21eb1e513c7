#!/bin/bash
# clang-tidy, with .clang-tidy, over the sources that differ from a base: a commit, or the last tag, or where
# there is none the commit that the current branch left main at, or on main the last commit but one. Headers
# that changed bring in the sources that include them directly.
#
#   tests/static/tidy.sh [--all | BASE] [--build FOLDER]
#
# --all: every source (half an hour on two cores). It reads compile_commands.json, of build unless said, which
# is configured where there is none. LOCL_TIDY_BASE is another way to give the base.
. "$(dirname "$0")/common.bash"
build=build base=${LOCL_TIDY_BASE-} all=no
while [ $# -gt 0 ]; do
    case $1 in
    --all) all=yes ;;
    --build) build=$2 && shift ;;
    *) base=$1 ;;
    esac
    shift
done
command -v clang-tidy >/dev/null || left_out "clang-tidy is not installed"
