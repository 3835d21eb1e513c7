"""PyTorch: the step compiled by torch.compile, or as it is (`eager`). Float32 without TF32; all cores, or a GPU."""

import os

import mixer
import torch
from torch.utils.checkpoint import checkpoint

torch.set_num_threads(os.cpu_count())
torch.set_float32_matmul_precision("highest")  # no TF32


class Ops:
    einsum = staticmethod(torch.einsum)
    rsqrt = staticmethod(torch.rsqrt)
    relu = staticmethod(torch.relu)
    mean = staticmethod(lambda z: z.mean(-1, keepdim=True))
    swap = staticmethod(lambda z: z.transpose(-1, -2))
    softmax = staticmethod(lambda z: torch.softmax(z, -1))
    log_softmax = staticmethod(lambda z: torch.log_softmax(z, -1))
    stop = staticmethod(lambda z: z.detach())
    mask = staticmethod(lambda z: (z > 0).to(z.dtype))

    @staticmethod
    def both(h, dh, weight):
        """The products of the primal and of the tangent, as one."""
        return (torch.cat((h, dh)) @ weight).chunk(2)

    @staticmethod
    def both_groups(h, dh, weight):
        return mixer.group_product(Ops, torch.cat((h, dh)), weight).chunk(2)


class Peer:
    name = "PyTorch"
    version = torch.__version__

    def __init__(self, shape, rule, compiled=True, microbatch=None, checkpointing=False, device="cpu",
                 graphs=False):
        self.shape, self.rule, self.device = shape, rule, torch.device(device)
        self.parts = shape.batch // (microbatch or shape.batch)
        self.part = mixer.dataclasses.replace(shape, batch=shape.batch // self.parts)
        self.checkpoint = (lambda f, x: checkpoint(f, x, use_reentrant=False)) if checkpointing else None
        self.parameters = {name: self.tensor(v) for name, v in mixer.initial(shape).items()}
        self.trained = [n for n in self.parameters if rule != "bp" or ".head." not in n]
        if rule != "lg-fg-a":
            for name in self.trained:
                self.parameters[name].requires_grad_()
        images, labels = mixer.random_batch(shape)
        self.set_batch(images, labels)
        self.momentum = [torch.zeros_like(self.parameters[n]) for n in self.trained]
        function = self.forward_gradients if rule == "lg-fg-a" else self.loss
        mode = "reduce-overhead" if graphs else None  # CUDA graphs: a launch for all kernels
        self.function = torch.compile(function, mode=mode) if compiled else function

    def tensor(self, values):
        return torch.from_numpy(values).to(self.device)

    def set_batch(self, images, labels):
        self.x = self.tensor(mixer.cut(self.shape, images))
        self.target = self.tensor(mixer.one_hot(self.shape, labels))

    def loss(self, parameters, x, target):
        if self.rule == "bp":
            return mixer.loss_bp(Ops, self.part, parameters, x, target, self.checkpoint) / self.parts
        return mixer.loss_lg_bp(Ops, self.part, parameters, x, target) / self.parts

    def forward_gradients(self, parameters, x, target, draws):
        return mixer.gradients_lg_fg_a(Ops, self.part, parameters, x, target, draws)

    def gradients(self, draws=None):
        if self.rule == "lg-fg-a":
            with torch.no_grad():
                if draws is None:
                    sizes = mixer.draw_shapes(self.shape).items()
                    draws = {n: torch.randn(size, device=self.device) for n, size in sizes}
                else:
                    draws = {n: self.tensor(v) for n, v in draws.items()}
                return self.function(self.parameters, self.x, self.target, draws)
        for name in self.trained:
            self.parameters[name].grad = None
        for x, target in zip(self.x.chunk(self.parts), self.target.chunk(self.parts)):
            self.function(self.parameters, x, target).backward()
        return {n: self.parameters[n].grad for n in self.trained}

    def step(self):
        gradients = self.gradients()
        with torch.no_grad():
            values = [self.parameters[n] for n in self.trained]
            given = [gradients[n] for n in self.trained]
            torch._foreach_mul_(self.momentum, 0.9)
            torch._foreach_add_(self.momentum, given)
            torch._foreach_add_(values, self.momentum, alpha=-0.01)

    def finish(self):
        """Waits for steps that a GPU has still to do."""
        if self.device.type != "cpu":
            torch.cuda.synchronize()

    def as_numpy(self, gradients):
        return {n: v.detach().cpu().numpy() for n, v in gradients.items()}
