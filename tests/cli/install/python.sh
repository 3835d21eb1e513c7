# The module that is installed finds the library that is installed with it.
. "$CLI/install.bash"
. "$CLI/python.bash"
find_python numpy
unset LD_LIBRARY_PATH LOCL_LIBRARY
PYTHONPATH=$prefix/share/locl/python "$python" - "$prefix" <<'PYTHON' || fail python
import sys
import locl

assert locl.__file__.startswith(sys.argv[1]) and locl.version()
assert locl.load_library()._name.startswith(sys.argv[1]), locl.load_library()._name
PYTHON
