"""JAX: the whole step under jit, draws from its counter-based generator that is fast on CPUs. Float32 without TF32; all
cores, or a GPU."""

import functools
import os

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # others use the GPU too
import jax
import jax.numpy as jnp
import mixer

jax.config.update("jax_default_prng_impl", "unsafe_rbg")
jax.config.update("jax_default_matmul_precision", "highest")  # no TF32


class Ops:
    einsum = staticmethod(jnp.einsum)
    rsqrt = staticmethod(jax.lax.rsqrt)
    relu = staticmethod(jax.nn.relu)
    mean = staticmethod(lambda z: z.mean(-1, keepdims=True))
    swap = staticmethod(lambda z: jnp.swapaxes(z, -1, -2))
    softmax = staticmethod(lambda z: jax.nn.softmax(z, -1))
    log_softmax = staticmethod(lambda z: jax.nn.log_softmax(z, -1))
    stop = staticmethod(jax.lax.stop_gradient)
    mask = staticmethod(lambda z: (z > 0).astype(z.dtype))
    both = staticmethod(lambda h, dh, weight: (h @ weight, dh @ weight))

    @staticmethod
    def both_groups(h, dh, weight):
        return mixer.group_product(Ops, h, weight), mixer.group_product(Ops, dh, weight)


class Peer:
    name = "JAX"
    version = jax.__version__

    def __init__(self, shape, rule, device="cpu"):
        jax.config.update("jax_platforms", device)
        self.device = device
        self.shape, self.rule = shape, rule
        self.parameters = {n: jnp.asarray(v) for n, v in mixer.initial(shape).items()}
        self.momentum = {n: jnp.zeros_like(v) for n, v in self.parameters.items()}
        self.key = jax.random.key(0)
        self.set_batch(*mixer.random_batch(shape))
        self.given = jax.jit(self.compute)
        self.whole = jax.jit(self.update, donate_argnums=(0, 1))

    def set_batch(self, images, labels):
        self.x = jnp.asarray(mixer.cut(self.shape, images))
        self.target = jnp.asarray(mixer.one_hot(self.shape, labels))

    def compute(self, parameters, x, target, draws):
        if self.rule == "lg-fg-a":
            return mixer.gradients_lg_fg_a(Ops, self.shape, parameters, x, target, draws)
        loss = mixer.loss_bp if self.rule == "bp" else mixer.loss_lg_bp
        return jax.grad(functools.partial(loss, Ops, self.shape))(parameters, x, target)

    def update(self, parameters, momentum, x, target, key):
        draws = {}
        if self.rule == "lg-fg-a":
            sizes = mixer.draw_shapes(self.shape)
            keys = jax.random.split(key, len(sizes))
            draws = {n: jax.random.normal(k, size) for k, (n, size) in zip(keys, sizes.items())}
        gradients = self.compute(parameters, x, target, draws)
        momentum = {n: 0.9 * momentum[n] + gradients[n] for n in momentum}
        return {n: parameters[n] - 0.01 * momentum[n] for n in parameters}, momentum

    def gradients(self, draws=None):
        found = self.given(self.parameters, self.x, self.target, draws or {})
        return {n: v for n, v in found.items() if self.rule != "bp" or ".head." not in n}

    def step(self):
        self.key, key = jax.random.split(self.key)
        self.parameters, self.momentum = self.whole(self.parameters, self.momentum, self.x, self.target, key)
        if self.device == "cpu":
            self.finish()

    def finish(self):
        """Waits for steps that a GPU has still to do."""
        jax.block_until_ready(self.parameters)

    def as_numpy(self, gradients):
        return {n: jax.device_get(v) for n, v in gradients.items()}
