# torch_module() computes what the run's network does in evaluation, in every form that a network may have.
. "$CLI/python.bash"
find_python numpy torch
"$python" - <<'PYTHON' || fail "other outputs"
import os
import struct
import numpy
import torch
import locl

torch.manual_seed(1)
random = numpy.random.default_rng(1)
os.mkdir("images")
for prefix, count in ("train", 32), ("t10k", 8):
    with open(f"images/{prefix}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">IIII", 2051, count, 24, 24) + random.integers(0, 256, count * 576, numpy.uint8).tobytes())
    with open(f"images/{prefix}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">II", 2049, count) + bytes(i % 4 for i in range(count)))

wide = {"blocks": 3, "patches": 6, "channels": 32, "hidden": 48, "groups": 4}
small = {"blocks": 2, "patches": 4, "channels": 16, "groups": 2}
cases = {
    "S": {"preset": "S/1/1"},
    "M1": {"preset": "M/1/16"},
    "M8": {"preset": "M/8/16"},
    "wide": wide,
    "plain": {**small, "begin_ln": False, "middle_ln": False, "post_linear_ln": False, "head_ln": False, "classifier_ln": False},
    "batch": {**small, "norm": "batch"},
    "sample": {**small, "norm": "sample"},
    "conv": {**wide, "token_mixer": "conv", "kernel": 5},
    "conv_batch": {**small, "token_mixer": "conv", "norm": "batch", "middle_ln": False},
    "pooled": {**wide, "downsample": [2, 1, 3], "channel_ratio": [2, 1, 1], "group_ratio": [1, 2, 1]},
    "pooled_max": {**wide, "downsample": [4, 1, 2], "pool": "max", "channel_ratio": [1, 3, 1], "token_mixer": "conv"},
}
worst = 0
for name, model in cases.items():
    settings = {"run.dir": name, "data.path": "images", "data.batch": 8, "train.steps": 3, "optimizer.lr": 0.05, "model": model}
    with locl.Run("small.yaml", set=settings) as run:
        run.train()
    with locl.Run.open(name) as run:
        images, _ = run.images("test")
        logits, heads = run.logits(images, heads=True)
    module = locl.torch_module(name)
    with torch.no_grad():
        outputs = module(torch.from_numpy(images)).numpy(), module.heads(torch.from_numpy(images)).numpy()
    for found, wanted in zip(outputs, (logits, heads)):
        assert found.shape == wanted.shape and wanted.std() > 1e-3, name
        error = (abs(found - wanted) / numpy.maximum(1, abs(wanted))).max()
        assert error <= 1e-5, f"{name}: logits differ by {error}"
        worst = max(worst, error)
    stored = locl.checkpoint(name)
    assert module.state_dict().keys() == stored.keys(), module.state_dict().keys() ^ stored.keys()
# not the same with other parameters, so the comparison sees something
with torch.no_grad():
    module.blocks[0].channel.weight[0, 0] += 1
    assert abs(module(torch.from_numpy(images)).numpy() - logits).max() > 1e-4
# and it can be trained
module(torch.from_numpy(images)).square().mean().backward()
assert all(p.grad is not None for n, p in module.named_parameters() if "head" not in n)
PYTHON
