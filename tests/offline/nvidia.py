"""NVIDIA: clang behind a header of our own makes PTX, and ptxas says what a kernel takes."""

import math
import os
import re

import compiler

NAME = "NVIDIA"
HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nvidia.clh")
# Of a multiprocessor: warps, work-groups, and local memory; CUDA C Programming Guide, "compute capabilities".
LIMITS = {
    "sm_60": (64, 32, 64 << 10),
    "sm_75": (32, 16, 64 << 10),
    "sm_80": (64, 32, 164 << 10),
    "sm_86": (48, 16, 100 << 10),
    "sm_90": (64, 32, 228 << 10),
}
DEVICES = ["sm_60", "sm_75", "sm_86", "sm_90"]
CAPS = ""
UNITS = {"mma": ["sm_80", "sm_86", "sm_90"]}  # which have that matrix unit
REGISTERS, WARP, REGISTERS_AT_ONCE = 65536, 32, 256


def is_there():
    return "LOCL_OFFLINE_PTXAS" in os.environ


def occupancy(device, registers, local, work_group):
    """Of the warps that a multiprocessor holds, those that there is room for."""
    warps, groups, memory = LIMITS[device]
    reserved = 1024 if device in ("sm_80", "sm_86", "sm_90") else 0
    each = math.ceil(work_group / WARP)
    of_warp = math.ceil(max(registers, 1) * WARP / REGISTERS_AT_ONCE) * REGISTERS_AT_ONCE
    fitting = min(groups, warps // each, REGISTERS // of_warp // each, memory // (local + reserved) if local else groups)
    return fitting * each / warps


def figures(text, device, builds):
    """By kernel, from what ptxas -v says."""
    work_group = {build["entry"]: build["work_group"] for build in builds}
    out = {}
    for part in re.split(r"Compiling entry function '", text)[1:]:
        name = part.partition("'")[0]
        stack, stores, _ = map(int, re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+)", part).groups())
        registers = int(re.search(r"Used (\d+) registers", part)[1])
        local = re.search(r"(\d+) bytes smem", part)
        local = int(local[1]) if local else 0
        share = occupancy(device, registers, local, work_group.get(name, WARP))
        out[name] = compiler.Figures(registers, stores, stack, local, share)
    return out


def jobs(source, builds, devices, folder):
    """[(devices, function that returns figures by kernel for each)]"""

    def build():
        ptx, out = (os.path.join(folder, os.path.basename(source) + end) for end in (".ptx", ".cubin"))
        oldest, version = ("sm_80", "+ptx70") if any(build.get("unit") for build in builds) else ("sm_60", "+ptx60")
        options = ["-Xclang", "-target-cpu", "-Xclang", oldest, "-Xclang", "-target-feature", "-Xclang", version,
                   "-include", HEADER, "-Xclang", "-mlink-builtin-bitcode", "-Xclang",
                   os.environ["LOCL_OFFLINE_LIBDEVICE"]]  # fmt: skip
        compiler.run(compiler.clang("nvptx64-nvidia-cuda", source, ptx, options), folder)
        found = []
        for device in devices:
            text = compiler.run([os.environ["LOCL_OFFLINE_PTXAS"], "-v", f"-arch={device}", ptx, "-o", out], folder)
            found.append(figures(text, device, builds))
        return found

    return [(devices, build)]
