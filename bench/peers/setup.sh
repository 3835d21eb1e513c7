#!/bin/bash
# Makes the virtual environment of bench/peers in the user's cache, with PyTorch, JAX, tinygrad, NumPy and safetensors
# from PyPI, and prints the path of its Python. About 1 GB with PyTorch's wheels for CPUs, and 5 GB where only PyPI's
# own, with CUDA, are to be had. Exit code 1 and the reason on standard error when it is not to be had.
#
#   bench/peers/setup.sh
set -u
cache=${XDG_CACHE_HOME:-$HOME/.cache}/locl/peers
venv=$cache/venv
index=https://download.pytorch.org/whl/cpu

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

mkdir -p "$cache" || exit 1
exec 9>"$cache/lock" && flock 9 || exit 1
if [ ! -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" || fail "python3 has no venv: apt-get install python3-venv"
    { curl --silent --fail --head --max-time 10 "$index/torch/" >/dev/null &&
        "$venv/bin/pip" --quiet install --index-url "$index" torch >&2; } ||
        "$venv/bin/pip" --quiet install torch >&2 || fail "pip could not install torch"
    "$venv/bin/pip" --quiet install numpy safetensors jax tinygrad >&2 ||
        fail "pip could not install jax and tinygrad"
    touch "$venv/complete"
fi
echo "$venv/bin/python"
