"""What the vendors' compilers have in common: running one, and what is known of a kernel afterwards."""

import dataclasses
import os
import subprocess


class BuildError(Exception):
    """A program was not compiled; the text is the compiler's."""


@dataclasses.dataclass
class Figures:
    registers: int  # of a work-item; Intel: how many work-items run side by side in a thread (SIMD width)
    spills: int  # registers (AMD) or bytes that were spilled
    scratch: int  # bytes of private memory of a work-item
    local: int  # bytes of a work-group
    occupancy: float | None = None  # of the threads that a unit can hold, those that registers and local memory allow


def run(command, folder):
    """Output of a compiler, both streams."""
    environment = dict(os.environ)
    libraries = [environment.get("LOCL_OFFLINE_LIBRARIES"), environment.get("LD_LIBRARY_PATH")]
    environment["LD_LIBRARY_PATH"] = ":".join(x for x in libraries if x)
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1200)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(str(error)) from error
    if done.returncode:
        raise BuildError(f"{os.path.basename(command[0])} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def clang(target, source, out, options):
    """Options of clang for a program of locl's, as drivers build it: OpenCL C 1.2, optimised, no fast-math."""
    return [os.environ["LOCL_OFFLINE_CLANG"], "-x", "cl", "-cl-std=CL1.2", "-target", target, "-O3", "-S", "-Wno-unused",
            *options, "-o", out, source]  # fmt: skip
