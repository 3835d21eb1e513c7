# Sourced by the cases of python/: $python, which has the modules that a case names, and the module locl over the build's
# library.
. "$CLI/support.bash"
build=${LOCL%/bin/locl}
grep -q '^LOCL_SANITIZE:STRING=.' "$build/CMakeCache.txt" && skip "python does not bring the sanitizers that this build has"
export LOCL_LIBRARY=$build/lib/liblocl.so PYTHONPATH=$CLI/../../src/python PYTHONDONTWRITEBYTECODE=1

# The system's python, or that of the peers of docs/performance.md.
find_python() { # <module> ...
    local modules="$*"
    for python in "$(command -v python3)" /usr/bin/python3 "${XDG_CACHE_HOME:-$HOME/.cache}/locl/peers/venv/bin/python"; do
        [ -x "$python" ] && "$python" -c "import ${modules// /, }" 2>/dev/null && return
    done
    skip "no python3 with $modules"
}
