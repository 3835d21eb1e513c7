"""Intel: ocloc, with the compiler of their driver. What a kernel takes stands in a section of the binary, as YAML."""

import math
import os
import re
import struct

import compiler

NAME = "Intel"
THREADS = {"skl": 56, "tgllp": 112, "dg2": 128, "pvc": 64}  # that share a unit's local memory (subslice, dual subslice, Xe core)
LOCAL = {"skl": 64 << 10, "tgllp": 128 << 10, "dg2": 128 << 10, "pvc": 128 << 10}  # of such a unit
DEVICES = ["skl", "tgllp", "dg2"]
CAPS = "wide_items=0"  # what their caps lack, of those of kernel_builds' GPUs (src/device/caps.c)
# Sub-groups that do for a unit; Debian 12's compiler does not know the function of the real one for tf32.
UNITS = {"lanes-8": DEVICES, "lanes-16": ["pvc"]}


def is_there():
    return "LOCL_OFFLINE_OCLOC" in os.environ


def section(elf, wanted):
    """Contents of a section of a 64-bit ELF file; None where there is none of that name."""
    at, size, count, names = struct.unpack_from("<Q10xHHH", elf, 40)
    headers = [struct.unpack_from("<II8x8xQQ", elf, at + i * size) for i in range(count)]
    for name, _, offset, length in headers:
        begin = headers[names][2] + name
        if elf[begin : elf.index(b"\0", begin)] == wanted:
            return elf[offset : offset + length]
    return None


def undefined(elf):
    """Names that the binary uses and nothing defines: symbols that are global, in no section. The driver's own, which it
    puts in when it loads a binary, begin with INTEL_ or two underscores."""
    table, names = section(elf, b".symtab") or b"", section(elf, b".strtab") or b""
    found = set()
    for name, info, _, where, _, _ in struct.iter_unpack("<IBBHQQ", table):
        text = names[name : names.index(b"\0", name)].decode() if names else ""
        if info >> 4 == 1 and where == 0 and not text.startswith(("INTEL_", "__")):
            found.add(text)
    return found


def occupancy(device, width, local, work_group):
    """Of the threads of a unit, those that local memory leaves room for; each has all registers that it may have."""
    each = math.ceil(work_group / width)
    fitting = THREADS[device] // each
    if local:
        fitting = min(fitting, LOCAL[device] // (1 << max(local - 1, 1023).bit_length()))
    return fitting * each / THREADS[device]


def number(text, name):
    found = re.search(rf"^ +{name}: +(\d+)", text, re.M)
    return int(found[1]) if found else 0


def private(text, width):
    """Bytes of private memory of a work-item; those of spilled registers are among them."""
    buffers = text.partition("per_thread_memory_buffers:")[2]
    each = re.split(r"^ +- type:", buffers, flags=re.M)[1:]
    return sum(number(part, "size") // (1 if "is_simt_thread:" in part else width) for part in each)


def figures(info, log, device, builds):
    """By kernel, from the section .ze_info, and what ocloc said."""
    work_group = {build["entry"]: build["work_group"] for build in builds}
    spilled = dict(re.findall(r"kernel (\S+) +compiled SIMD\d+ .*spilled around (\d+)", log))
    out = {}
    for part in re.split(r"^  - name: +", info.partition("kernels:")[2].partition("\nkernels_misc_info:")[0], flags=re.M)[1:]:
        name = part.split()[0]
        width, local = number(part, "simd_size"), number(part, "slm_size")
        share = occupancy(device, width, local, work_group.get(name, 1))
        out[name] = compiler.Figures(width, int(spilled.get(name, 0)), private(part, width), local, share)
    return out


def jobs(source, builds, devices, folder):
    """[(devices, function that returns figures by kernel for each)]"""

    def build(device):
        name = f"{os.path.basename(source)}.{device}"
        command = [os.environ["LOCL_OFFLINE_OCLOC"], "compile", "-file", source, "-device", device, "-options",
                   "-cl-std=CL1.2", "-output", name, "-output_no_suffix", "-out_dir", folder, "--format", "zebin"]  # fmt: skip
        log = compiler.run(command, folder)
        with open(os.path.join(folder, name), "rb") as file:
            elf = file.read()
        missing, info = undefined(elf), section(elf, b".ze_info")
        if missing:
            raise compiler.BuildError("nothing defines " + ", ".join(sorted(missing)))
        if info is None:
            raise compiler.BuildError("its binary does not tell\n" + log)
        return [figures(info.decode(), log, device, builds)]

    return [([device], lambda device=device: build(device)) for device in devices]
