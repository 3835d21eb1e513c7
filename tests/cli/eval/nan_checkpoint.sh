# Values that no run saves: the file is to blame, not a learning rate.
. "$CLI/support.bash"
command -v python3 >/dev/null || skip "no python3"
"$LOCL" train small.yaml --quiet || fail "training"
python3 - <<'END' || fail "no NaN was put in"
import json, struct
bytes_ = bytearray(open("run/checkpoints/best.safetensors", "rb").read())
size = struct.unpack("<Q", bytes_[:8])[0]
header = json.loads(bytes_[8:8 + size])
header["__metadata__"].pop("locl.xxh3")
begin = 8 + size + header["blocks.1.group.bias"]["data_offsets"][0]
bytes_[begin:begin + 4] = struct.pack("<f", float("nan"))
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
open("nan.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + bytes_[8 + size:])
END
"$LOCL" eval nan.safetensors small.yaml
