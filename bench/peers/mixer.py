"""LocalMixer as all peers compute it, written once over the few operations (`ops`) that a framework's module gives.

Shapes: B batch, P patches, C values of a patch, D = H channels, G groups, W = D / G, K classes. Parameters have the
names of docs/probe.md.
"""

import dataclasses

import numpy

EPSILON = 1e-5


@dataclasses.dataclass(frozen=True)
class Shape:
    blocks: int
    side: int  # patches per side
    channels: int
    groups: int
    image: tuple  # h, w, c
    batch: int
    classes: int = 10

    @property
    def patches(self):
        return self.side**2

    @property
    def values(self):
        return self.image[0] * self.image[1] * self.image[2] // self.patches

    @property
    def width(self):
        return self.channels // self.groups


def parameter_shapes(s):
    shapes = {}
    for k in range(s.blocks):
        if k:
            shapes[f"blocks.{k}.token"] = (s.patches, s.patches)
        shapes[f"blocks.{k}.channel"] = (s.channels if k else s.values, s.channels)
        shapes[f"blocks.{k}.group"] = (s.groups, s.width, s.width)
        shapes[f"blocks.{k}.head"] = (s.channels, s.classes)
    shapes["classifier"] = (s.channels, s.classes)
    whole = {}
    for name, shape in shapes.items():
        whole[f"{name}.weight"] = shape
        whole[f"{name}.bias"] = shape[:1] + shape[2:] if len(shape) == 3 else shape[1:]
    return whole


def draw_shapes(s):
    """Of the perturbations of one pass, by layer."""
    rows = (s.batch, s.patches)
    shapes = {}
    for k in range(s.blocks):
        if k:
            shapes[f"blocks.{k}.token"] = (*rows, s.channels)
        shapes[f"blocks.{k}.channel"] = (*rows, s.channels)
        shapes[f"blocks.{k}.group"] = (*rows, s.groups, s.width)
    return shapes


def initial(s, seed=1):
    random = numpy.random.default_rng(seed)
    make = lambda shape: (random.standard_normal(shape) / numpy.sqrt(shape[-2] if len(shape) > 1 else 100))
    return {name: make(shape).astype(numpy.float32) for name, shape in parameter_shapes(s).items()}


def random_batch(s, seed=2):
    """Images [B,h,w,c] and labels [B]."""
    random = numpy.random.default_rng(seed)
    images = random.standard_normal((s.batch, *s.image)).astype(numpy.float32)
    return images, random.integers(0, s.classes, s.batch).astype(numpy.int32)


def random_draws(s, seed=3):
    random = numpy.random.default_rng(seed)
    return {name: random.standard_normal(shape).astype(numpy.float32) for name, shape in draw_shapes(s).items()}


def cut(s, images):
    """[B,h,w,c] to [B,P,C], a patch in (row, column, channel) order."""
    b, (h, w, c) = len(images), s.image
    parts = images.reshape(b, s.side, h // s.side, s.side, w // s.side, c).transpose(0, 1, 3, 2, 4, 5)
    return numpy.ascontiguousarray(parts.reshape(b, s.patches, s.values))


def one_hot(s, labels):
    return numpy.eye(s.classes, dtype=numpy.float32)[labels]


# ---- operations on the values before and after a layer norm: y normalised, r = 1 / deviation ----


def norm(ops, z):
    centred = z - ops.mean(z)
    r = ops.rsqrt(ops.mean(centred * centred) + EPSILON)
    return centred * r, r


def norm_jvp(ops, y, r, dz):
    """Also the VJP: the Jacobian is symmetric."""
    return r * (dz - ops.mean(dz) - y * ops.mean(y * dz))


def token_product(ops, x, weight):
    return ops.swap(ops.swap(x) @ weight)


def group_product(ops, x, weight):
    return ops.einsum("npgi,gio->npgo", x, weight)


def features(ops, x):
    return x.mean(1).reshape((x.shape[0], -1))


def cross_entropy(ops, logits, target):
    return -(ops.log_softmax(logits) * target).sum() / logits.shape[0]


# ---- the forward pass, for gradients by the framework's own differentiation ----


def forward_block(ops, s, p, k, x):
    layer = f"blocks.{k}."
    h = norm(ops, x)[0]
    if k:
        z = token_product(ops, h, p[layer + "token.weight"]) + p[layer + "token.bias"][:, None]
        h = norm(ops, ops.relu(norm(ops, z)[0]))[0]
    post = ops.relu(norm(ops, h @ p[layer + "channel.weight"] + p[layer + "channel.bias"])[0])
    h = norm(ops, post.reshape((s.batch, s.patches, s.groups, s.width)))[0]
    y = norm(ops, group_product(ops, h, p[layer + "group.weight"]) + p[layer + "group.bias"])[0]
    y = y.reshape((s.batch, s.patches, s.channels))
    return ops.relu(y + x if k else y)


def head_logits(ops, s, p, k, x):
    grouped = norm(ops, x.reshape((s.batch, s.patches, s.groups, s.width)))[0]
    return features(ops, grouped) @ p[f"blocks.{k}.head.weight"] + p[f"blocks.{k}.head.bias"]


def classifier_logits(ops, p, x):
    return norm(ops, features(ops, x))[0] @ p["classifier.weight"] + p["classifier.bias"]


def loss_bp(ops, s, p, x, target, checkpoint=None):
    for k in range(s.blocks):
        block = lambda v, k=k: forward_block(ops, s, p, k, v)
        x = checkpoint(block, x) if checkpoint else block(x)
    return cross_entropy(ops, classifier_logits(ops, p, x), target)


def loss_lg_bp(ops, s, p, x, target):
    total = 0
    for k in range(s.blocks):
        x = forward_block(ops, s, p, k, ops.stop(x))
        total = total + cross_entropy(ops, head_logits(ops, s, p, k, x), target)
    return total + cross_entropy(ops, classifier_logits(ops, p, ops.stop(x)), target)


# ---- lg-fg-a: primal and tangent together, and the gradients of a block by its draws ----


def positive(x):
    return (x > 0) * 1.0


def readout_gradients(ops, s, name, pooled, error, out):
    out[f"{name}.weight"] = ops.swap(pooled) @ error / s.batch
    out[f"{name}.bias"] = error.sum(0) / s.batch


def block_lg_fg_a(ops, s, p, u, k, x, target, out):
    """Adds the gradients of block k to `out` and returns its output."""
    layer = f"blocks.{k}."
    grouped = (s.batch, s.patches, s.groups, s.width)
    flat = (s.batch, s.patches, s.channels)
    h = norm(ops, x)[0]
    if k:
        h0 = h
        y0, r0 = norm(ops, token_product(ops, h0, p[layer + "token.weight"]) + p[layer + "token.bias"][:, None])
        m0 = ops.mask(y0)
        h, r = norm(ops, y0 * m0)
        dh = norm_jvp(ops, h, r, u[layer + "token"] * m0)
        z1, dz1 = ops.both(h, dh, p[layer + "channel.weight"])
    else:
        z1, dz1 = h @ p[layer + "channel.weight"], None
    h1 = h
    y1, r1 = norm(ops, z1 + p[layer + "channel.bias"])
    m1 = ops.mask(y1)
    da1 = u[layer + "channel"] if dz1 is None else norm_jvp(ops, y1, r1, dz1) + u[layer + "channel"]
    h2, r = norm(ops, (y1 * m1).reshape(grouped))
    dh2 = norm_jvp(ops, h2, r, (da1 * m1).reshape(grouped))
    z2, dz2 = ops.both_groups(h2, dh2, p[layer + "group.weight"])
    y2, r2 = norm(ops, z2 + p[layer + "group.bias"])
    a2 = y2 + x.reshape(grouped) if k else y2
    m2 = ops.mask(a2)
    post = a2 * m2
    dpost = (norm_jvp(ops, y2, r2, dz2) + u[layer + "group"]) * m2

    # the head: dL [B,P,G], the derivative of each replicated loss along the tangent, over B
    yh, rh = norm(ops, post)
    pooled = features(ops, yh)
    error = ops.softmax(pooled @ p[layer + "head.weight"] + p[layer + "head.bias"]) - target
    readout_gradients(ops, s, layer + "head", pooled, error, out)
    way = (error @ ops.swap(p[layer + "head.weight"])).reshape((s.batch, 1, s.groups, s.width))
    dl = (norm_jvp(ops, yh, rh, dpost) * way).sum(-1) / (s.patches * s.batch)

    q2 = norm_jvp(ops, y2, r2, dl[..., None] * u[layer + "group"] * m2)
    out[layer + "group.weight"] = ops.einsum("npgi,npgo->gio", h2, q2)
    out[layer + "group.bias"] = q2.sum(0).sum(0)
    spread = (dl[..., None] * (u[layer + "channel"] * m1).reshape(grouped)).reshape(flat)
    q1 = norm_jvp(ops, y1, r1, spread)
    out[layer + "channel.weight"] = ops.einsum("npi,npo->io", h1, q1)
    out[layer + "channel.bias"] = q1.sum(0).sum(0)
    if k:
        q0 = norm_jvp(ops, y0, r0, dl.sum(-1)[..., None] * u[layer + "token"] * m0)
        out[layer + "token.weight"] = ops.einsum("npd,nqd->pq", h0, q0)
        out[layer + "token.bias"] = q0.sum(-1).sum(0)
    return post.reshape(flat)


def gradients_lg_fg_a(ops, s, p, x, target, u):
    out = {}
    for k in range(s.blocks):
        x = block_lg_fg_a(ops, s, p, u, k, x, target, out)
    pooled = norm(ops, features(ops, x))[0]
    error = ops.softmax(pooled @ p["classifier.weight"] + p["classifier.bias"]) - target
    readout_gradients(ops, s, "classifier", pooled, error, out)
    return out
