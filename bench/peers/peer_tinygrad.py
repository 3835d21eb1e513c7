"""tinygrad on OpenCL, on the device that locl takes; untuned, since its search (BEAM) takes hours here."""

import importlib.metadata
import os

os.environ.setdefault("DEV", "CL")
os.environ.setdefault("CL", "1")
os.environ.setdefault("GPU", "1")  # what versions before 0.11 call it

import mixer
from tinygrad import Tensor, TinyJit


class Ops:
    einsum = staticmethod(Tensor.einsum)
    rsqrt = staticmethod(lambda z: z.rsqrt())
    relu = staticmethod(lambda z: z.relu())
    mean = staticmethod(lambda z: z.mean(-1, keepdim=True))
    swap = staticmethod(lambda z: z.transpose(-1, -2))
    softmax = staticmethod(lambda z: z.softmax(-1))
    log_softmax = staticmethod(lambda z: z.log_softmax(-1))
    stop = staticmethod(lambda z: z.detach())
    mask = staticmethod(lambda z: (z > 0).cast("float"))
    both = staticmethod(lambda h, dh, weight: (h @ weight, dh @ weight))

    @staticmethod
    def both_groups(h, dh, weight):
        return mixer.group_product(Ops, h, weight), mixer.group_product(Ops, dh, weight)


class Peer:
    name = "tinygrad"
    version = importlib.metadata.version("tinygrad")

    def __init__(self, shape, rule):
        self.shape, self.rule = shape, rule
        self.parameters = {n: Tensor(v).contiguous().realize() for n, v in mixer.initial(shape).items()}
        self.trained = [n for n in self.parameters if rule != "bp" or ".head." not in n]
        self.momentum = {n: Tensor.zeros(*self.parameters[n].shape).contiguous().realize() for n in self.trained}
        for name in self.trained:
            self.parameters[name].requires_grad = rule != "lg-fg-a"
        self.set_batch(*mixer.random_batch(shape))
        self.whole = TinyJit(self.update)

    def set_batch(self, images, labels):
        self.x = Tensor(mixer.cut(self.shape, images)).realize()
        self.target = Tensor(mixer.one_hot(self.shape, labels)).realize()

    def gradients(self, draws=None):
        p = self.parameters
        if self.rule == "lg-fg-a":
            draws = draws or {n: Tensor.randn(*size) for n, size in mixer.draw_shapes(self.shape).items()}
            draws = {n: v if isinstance(v, Tensor) else Tensor(v) for n, v in draws.items()}
            return mixer.gradients_lg_fg_a(Ops, self.shape, p, self.x, self.target, draws)
        loss = mixer.loss_bp if self.rule == "bp" else mixer.loss_lg_bp
        total = loss(Ops, self.shape, p, self.x, self.target)
        return dict(zip(self.trained, total.gradient(*(p[n] for n in self.trained))))

    def update(self):
        gradients = self.gradients()
        changed = []
        for name in self.trained:
            self.momentum[name].assign(0.9 * self.momentum[name] + gradients[name])
            self.parameters[name].assign(self.parameters[name].detach() - 0.01 * self.momentum[name])
            changed += [self.momentum[name], self.parameters[name]]
        Tensor.realize(*changed)

    def step(self):
        self.whole()
        next(iter(self.parameters.values())).numpy()

    def finish(self):
        """Nothing: a step has waited."""

    def as_numpy(self, gradients):
        return {n: v.numpy() for n, v in gradients.items()}
