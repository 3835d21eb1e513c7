"""AMD: clang with ROCm's device libraries. What a kernel takes stands in the assembly, as metadata and comments."""

import os
import re

import compiler

NAME = "AMD"
MOST_WAVES = {"gfx906": 10, "gfx90a": 8, "gfx1030": 16, "gfx1100": 16}  # of a SIMD unit
DEVICES = list(MOST_WAVES)
CAPS = ""
UNITS = {"mfma": ["gfx90a"]}  # which have that matrix unit
OPTIONS = ["correctly_rounded_sqrt_off", "daz_opt_off", "finite_only_off", "unsafe_math_off", "abi_version_400"]


def is_there():
    return "LOCL_OFFLINE_BITCODE" in os.environ


def libraries(device):
    """Options that link the device libraries. Those of Debian 12 are older than gfx11, which gets gfx10's."""
    folder = os.environ["LOCL_OFFLINE_BITCODE"]
    version = device.removeprefix("gfx")
    if not os.path.exists(os.path.join(folder, f"oclc_isa_version_{version}.bc")):
        version = "1036"
    waves = "on" if device.startswith("gfx9") else "off"
    names = ["opencl", "ocml", "ockl", f"oclc_isa_version_{version}", f"oclc_wavefrontsize64_{waves}"]
    names += [f"oclc_{option}" for option in OPTIONS]
    files = [os.path.join(folder, name + ".bc") for name in names]
    return [x for file in files if os.path.exists(file) for x in ("-Xclang", "-mlink-builtin-bitcode", "-Xclang", file)]


def figures(assembly, device):
    """By kernel."""
    defined = set(re.findall(r"^(\w+):", assembly, re.M))
    missing = set(re.findall(r"(\w+)@(?:rel32|gotpcrel32|abs32)", assembly)) - defined
    if missing:
        raise compiler.BuildError("nothing defines " + ", ".join(sorted(missing)))
    waves = {}
    for part in re.split(r"; -- Begin function ", assembly)[1:]:
        found = re.search(r"^; Occupancy: (\d+)", part, re.M)
        if found:
            waves[part.split()[0]] = int(found[1]) / MOST_WAVES[device]
    out = {}
    for part in re.split(r"^  - \.", assembly.partition("amdhsa.kernels:")[2], flags=re.M)[1:]:
        value = dict(re.findall(r"^    \.(\w+): +(\S+)$", "    ." + part, re.M))
        out[value["name"]] = compiler.Figures(
            registers=int(value["vgpr_count"]),
            spills=int(value["vgpr_spill_count"]) + int(value["sgpr_spill_count"]),
            scratch=int(value["private_segment_fixed_size"]),
            local=int(value["group_segment_fixed_size"]),
            occupancy=waves.get(value["name"]),
        )
    return out


def jobs(source, _, devices, folder):
    """[(devices, function that returns figures by kernel for each)]"""

    def build(device):
        out = os.path.join(folder, f"{os.path.basename(source)}.{device}.s")
        options = [f"-mcpu={device}", "-nogpulib", "-mcode-object-version=4", *libraries(device)]
        compiler.run(compiler.clang("amdgcn-amd-amdhsa", source, out, options), folder)
        with open(out, encoding="utf-8") as file:
            return [figures(file.read(), device)]

    return [([device], lambda device=device: build(device)) for device in devices]
