"""Compiles what GPUs would build (build/bin/kernel_builds) with the vendors' compilers, for several of their GPUs each,
and prints one table. Run by tests/offline.sh, which says what fails.

Its folder gets kernel_builds' programs and what the compilers make of them.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

import amd
import compiler
import intel
import nvidia

VENDORS = {"amd": amd, "nvidia": nvidia, "intel": intel}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/offline.sh")
    parser.add_argument("--all", action="store_true", help="every variant, not those of the presets alone")
    parser.add_argument("--quick", action="store_true", help="the oldest and the newest of each vendor's GPUs alone")
    parser.add_argument("--apart", action="store_true", help="each build in a program of its own")
    parser.add_argument("--json", action="store_true", help="one object a line for each build and GPU")
    parser.add_argument("--kernel", help="only kernels of that name, a shell pattern")
    parser.add_argument("--vendor", action="append", choices=VENDORS, help="only this one; may be repeated")
    parser.add_argument("--build", default="build", help="folder of kernel_builds' build")
    parser.add_argument("--keep", help="folder for programs and assembly, to look at")
    return parser.parse_args()


def list_builds(o, caps, unit, folder):
    """What a GPU would build, by program: the GPUs of kernel_builds, with lowered caps; what a matrix unit computes, if one
    is given."""
    os.makedirs(folder, exist_ok=True)
    command = [os.path.join(o.build, "bin", "kernel_builds"), "--out", folder]
    command += ["--all"] if o.all else []
    command += ["--parts", "1"] if o.apart else []
    command += ["--kernel", o.kernel] if o.kernel else []
    command += ["--unit", unit] if unit else []
    lower = ",".join(part for part in (os.environ.get("LOCL_CAPS"), caps) if part)
    done = subprocess.run(command, env=os.environ | {"LOCL_CAPS": lower}, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(2)
    programs = collections.defaultdict(list)  # path without .cl: builds
    for line in done.stdout.splitlines():
        build = json.loads(line)
        if unit:
            build |= {"unit": unit, "kernel": f"{build['kernel']} by {unit}"}
        programs[os.path.join(folder, build["program"])].append(build)
    return programs


def compile_all(vendors, programs, quick):
    """Yields (vendor, device, build, figures, error) for programs, {path without .cl: builds}; quick: the first and the
    last of the vendors' GPUs."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {}
        for program, builds in programs.items():
            for vendor in vendors:
                unit = builds[0].get("unit")
                known = vendor.UNITS[unit] if unit else vendor.DEVICES
                chosen = sorted({known[0], known[-1]}) if quick else known
                for devices, job in vendor.jobs(program + ".cl", builds, chosen, os.path.dirname(program)):
                    waiting[pool.submit(job)] = (vendor, devices, builds)
        for done in concurrent.futures.as_completed(waiting):
            vendor, devices, builds = waiting[done]
            error = "the compiler made no such kernel"
            try:
                results = done.result()
            except compiler.BuildError as failure:
                error, results = str(failure), [{}] * len(devices)
            for device, found in zip(devices, results, strict=True):
                for build in builds:
                    yield vendor, device, build, found.get(build["entry"]), error


def check_compilers(vendors, folder, quick):
    """Kernels that spill, that take scratch and that call what is not there have to be noticed, else no report means
    nothing."""
    programs = {}
    for name, entries in {"canary": ["spilling", "scratching"], "incomplete": ["incomplete"]}.items():
        program = os.path.join(folder, name)
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".cl"), program + ".cl")
        programs[program] = [{"entry": entry, "work_group": 64} for entry in entries]
    for vendor, device, build, figures, error in compile_all(vendors, programs, quick):
        if build["entry"] == "incomplete":
            if figures is not None or "nobody_defines_this" not in error:
                yield f"FAIL {vendor.NAME} {device}: a function that nothing defines is not noticed"
        elif figures is None:
            yield f"FAIL {vendor.NAME} {device} {build['entry']}: not built: {error}"
        elif build["entry"] == "spilling" and not figures.spills:
            yield f"FAIL {vendor.NAME} {device}: a kernel that spills is not noticed"
        elif build["entry"] == "scratching" and (figures.scratch < 4096 or figures.local < 400):
            yield f"FAIL {vendor.NAME} {device}: a kernel's scratch and local memory are not noticed: {figures}"


def faults(build, figures, error):
    """What is wrong with a build on a GPU."""
    if figures is None:
        return [f"not built: {error}"]
    found = []
    if build["step"] and figures.spills:
        found.append(f"{figures.spills} spilled")
    if build["step"] and figures.scratch:
        found.append(f"{figures.scratch} bytes of scratch")
    if figures.local > build["most_local"]:
        found.append(f"{figures.local} bytes of local memory, more than {build['most_local']}")
    return found


def row_of(vendor, device, build, figures, error):
    row = {key: build[key] for key in ("kernel", "file", "options", "work_group", "step", "most_local")}
    row |= {"vendor": vendor.NAME, "device": device, "built": figures is not None}
    if figures:
        row |= vars(figures)
    row["faults"] = faults(build, figures, error)
    return row


def cells_of(vendor, rows):
    """A vendor's part of a kernel's line: the worst of its builds and GPUs."""
    good = [row for row in rows if row["built"]]
    if not rows:
        return ["-", "", "", "", ""]
    if not good:
        return ["no", "", "", "", ""]
    share = min((row["occupancy"] for row in good if row["occupancy"] is not None), default=None)
    worst = [max(row[key] for row in good) for key in ("registers", "spills", "scratch")]
    if vendor is intel:
        worst[0] = min(row["registers"] for row in good)
    built = "yes" if len(good) == len(rows) else f"{len(good)} of {len(rows)}"
    return [built, *map(str, worst), "" if share is None else f"{share:.0%}".removesuffix("%")]


def print_table(vendors, rows):
    by_kernel = collections.defaultdict(list)
    for row in rows:
        by_kernel[row["kernel"]].append(row)
    head = ["kernel", "builds", "work-group", "local"]
    for vendor in vendors:
        first = "width" if vendor is intel else "registers"
        head += [f"{vendor.NAME}: built", first, "spills", "scratch", "occupancy %"]
    print("| " + " | ".join(head) + " |")
    print("|---" + "|--:" * (len(head) - 1) + "|")
    for kernel, mine in sorted(by_kernel.items()):
        builds = len({row["options"] for row in mine})
        local = max((row["local"] for row in mine if row["built"]), default=0)
        cells = [kernel, str(builds), str(max(row["work_group"] for row in mine)), str(local)]
        for vendor in vendors:
            cells += cells_of(vendor, [row for row in mine if row["vendor"] == vendor.NAME])
        print("| " + " | ".join(cells) + " |")


def print_faults(rows):
    """One line for each thing that is wrong with a kernel on a GPU, however many of its builds have it."""
    found = collections.defaultdict(list)
    for row in rows:
        for fault in row["faults"]:
            found[row["vendor"], row["device"], row["kernel"] if row["built"] else "program", fault].append(row["options"])
    for (vendor, device, kernel, fault), options in sorted(found.items()):
        print(f"FAIL {vendor} {device} {kernel}: {fault}\n    {len(options)} of the builds, such as {options[0]}")


def main():
    o = arguments()
    vendors = [VENDORS[name] for name in o.vendor or VENDORS if VENDORS[name].is_there()]
    if not vendors:
        print("offline.sh: there is no compiler for GPUs", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.abspath(o.keep or scratch)
        os.makedirs(folder, exist_ok=True)
        blind = list(check_compilers(vendors, folder, o.quick))
        rows = []
        kinds = {(vendor.CAPS, unit) for vendor in vendors for unit in (None, *vendor.UNITS)}
        for caps, unit in sorted(kinds, key=str):
            alike = [vendor for vendor in vendors if vendor.CAPS == caps and (unit is None or unit in vendor.UNITS)]
            programs = list_builds(o, caps, unit, os.path.join(folder, unit or caps or "all"))
            for result in compile_all(alike, programs, o.quick):
                rows.append(row_of(*result))
                if o.json:
                    print(json.dumps(rows[-1]), flush=True)
    failed = len(blind) + sum(1 for row in rows if row["faults"])
    if not o.json:
        print_table(vendors, rows)
        print_faults(rows)
        print("".join(line + "\n" for line in blind), end="")
        print(f"{len(rows) + len(blind) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
