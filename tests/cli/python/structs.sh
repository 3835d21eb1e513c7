# The module's structs are those of the headers, member by member.
. "$CLI/python.bash"
find_python numpy
"$PROGRAMS/print_structs" >structs
"$python" - <<'PYTHON' || fail "other structs"
import ctypes
import locl

lines = [line.split() for line in open("structs")]
assert len(lines) > 40
for name, value in lines:
    struct, _, member = name.partition(".")
    struct = getattr(locl, struct)
    found = getattr(struct, member).offset if member else ctypes.sizeof(struct)
    assert found == int(value), f"{name}: {found}, should be {value}"
named = {name.split(".")[0] for name, _ in lines}
ours = {n for n, s in vars(locl).items() if isinstance(s, type) and issubclass(s, ctypes.Structure)}
assert ours == named, ours ^ named
PYTHON
