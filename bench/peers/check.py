"""Holds the gradients of peers against those of `locl probe`, on a small network and the same draws."""

import os
import subprocess
import tempfile

import mixer
import numpy
import safetensors.numpy

SHAPE = mixer.Shape(blocks=3, side=4, channels=64, groups=4, image=(8, 8, 3), batch=6)
TOLERANCE = 1e-4

CONFIG = """\
model: {{blocks: {blocks}, patches: {side}, channels: {channels}, groups: {groups}, image: {image}, classes: {classes}}}
rule: {{name: {rule}}}
"""


def probe(locl, device, rule, parameters, images, labels, draws):
    """What locl's own kernels give: gradients by parameter."""
    with tempfile.TemporaryDirectory() as folder:
        config, given, found = (os.path.join(folder, n) for n in ("c.yaml", "in.safetensors", "out.safetensors"))
        with open(config, "w") as file:
            file.write(CONFIG.format(rule=rule, **{**mixer.dataclasses.asdict(SHAPE), "image": list(SHAPE.image)}))
        tensors = {"images": images, "labels": labels, **parameters}
        if rule == "lg-fg-a":
            for name, draw in draws.items():
                tensors[f"noise.0.{name}"] = draw
        safetensors.numpy.save_file(tensors, given)
        command = [locl, "probe", config, "--in", given, "--out", found] + (["--device", device] if device else [])
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        out = safetensors.numpy.load_file(found)
    return {name[len("grad."):]: value for name, value in out.items() if name.startswith("grad.")}


def check(make, rule, locl, device):
    """Returns the greatest relative error over the parameters, and where it is; `make` builds the peer."""
    peer = make(SHAPE, rule)
    images, labels = mixer.random_batch(SHAPE)
    draws = mixer.random_draws(SHAPE)
    right = probe(locl, device, rule, mixer.initial(SHAPE), images, labels, draws)
    found = peer.as_numpy(peer.gradients(draws if rule == "lg-fg-a" else None))
    if set(found) != set(right):
        raise SystemExit(f"{peer.name} {rule}: other parameters are trained: {set(found) ^ set(right)}")
    whole = max(float(numpy.abs(value).max()) for value in right.values())
    worst = (0.0, "")
    for name, value in right.items():
        # a bias before its LN has gradient 0, but for rounding
        scale = max(float(numpy.abs(value).max()), 1e-2 * whole)
        worst = max(worst, (float(numpy.abs(found[name] - value).max()) / scale, name))
    return worst
