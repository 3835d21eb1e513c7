"""Curves as SVG pictures, drawn by gnuplot. Without it there are none, and it is said what to install."""

import shutil
import subprocess
import sys

# told apart by colour-blind people too; dashes beyond the eighth
COLOURS = ["#000000", "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d31", "#7f7f7f"]


def have_gnuplot():
    if shutil.which("gnuplot"):
        return True
    print("no pictures: gnuplot is missing; apt-get install gnuplot-nox", file=sys.stderr)
    return False


def draw(path, title, xlabel, curves):
    """curves: [(label, [(x, y %)])]. A logarithmic axis: what matters is at the bottom."""
    # long names would take the plot's room beside it, and are cut off in columns: then below it, one a line
    long_names = max(len(label) for label, _ in curves) > 20
    place = f"bmargin center vertical maxrows {len(curves)}" if long_names else "outside right top"
    height = 560 + 20 * len(curves) if long_names else 600
    script = [
        f'set terminal svg size 900,{height} font "sans-serif,14" background "white"',
        f'set output "{path}"',
        f'set title "{title}" noenhanced',
        f'set xlabel "{xlabel}"',
        'set ylabel "test error, %"',
        "set logscale y",
        "set ytics (1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 70, 80, 90)",
        'set grid ytics xtics lc rgb "#dddddd" lt 1',
        "set border 3",
        "set tics nomirror",
        f"set key {place} Left reverse noenhanced spacing 1.2",
    ]
    low = min(y for _, points in curves for _, y in points)
    high = max(y for _, points in curves for _, y in points)
    script.append("set xrange [0:*]")
    script.append(f"set yrange [{low * .95:.3g}:{high * 1.05:.3g}]")
    for number, (_, points) in enumerate(curves):
        script += [f"$curve{number} << EOD"] + [f"{x:.6g} {y:.6g}" for x, y in points] + ["EOD"]
    parts = []
    for number, (label, points) in enumerate(curves):
        colour, dash = COLOURS[number % len(COLOURS)], 1 + number // len(COLOURS)
        style = "linespoints pt 7 ps 0.5" if len(points) < 20 else "lines"
        parts.append(f'$curve{number} with {style} lw 2 lc rgb "{colour}" dt {dash} title "{label}"')
    script.append("plot " + ", ".join(parts))
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
