#!/bin/bash
# Prints a python that can import TensorBoard: the system's, or one of a virtual environment in the user's cache, into
# which it comes from PyPI (about 60 MB) with --install. Exit code 1 and the reason on standard error where there is none.
#
#   "$(tests/tensorboard.sh)" tests/cli/check_events.py RUN
set -u
venv=${XDG_CACHE_HOME:-$HOME/.cache}/locl/tensorboard/venv

fail() {
    echo "tensorboard.sh: $*" >&2
    exit 1
}

has() {
    "$1" -c 'import tensorboard' 2>/dev/null
}

for python in "$(command -v python3)" "$venv/bin/python"; do
    [ -x "$python" ] && has "$python" && echo "$python" && exit 0
done
[ "${1-}" = --install ] || fail "no TensorBoard; tests/tensorboard.sh --install puts one into $venv"
mkdir -p "$(dirname "$venv")" || exit 1
exec 9>"$(dirname "$venv")/lock" && flock 9 || exit 1
{ rm -rf "$venv" && python3 -m venv "$venv" && "$venv/bin/pip" --quiet install tensorboard; } >&2 ||
    { rm -rf "$venv" && fail "pip could not install tensorboard"; }
has "$venv/bin/python" || fail "the tensorboard that pip installed cannot be imported"
echo "$venv/bin/python"
