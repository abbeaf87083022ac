"""Turn the stored measurements into the tables and figures of the page on speed.

Run by `make bench` after the measurements, with the project's own environment.
"""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator

from previously.plot import COLORS, GREY, INK, STYLE, svg

from .records import MEASURED

PAGE = Path(__file__).parents[3] / "book/speed"
NETWORKS = {  # as short as the head of a column must be
    "2-16-16-2-1, B 32": "small",
    "64-64-32-2-10, B 64": "digits",
    "2-256-256-2-1, B 128": "wide",
    "784-256-128-10, B 128": "large",
    "the same in float32": "large, float32",
}


@cache
def read(name):
    """The rows of a table of measurements, numbers as floats."""

    def value(text):
        try:
            return float(text)
        except ValueError:
            return text

    with (MEASURED / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return [{k: value(v) for k, v in row.items()} for row in csv.DictReader(file)]


def digits(value, n=3):
    """A number with n digits that count, as one writes it: 47.3, 1,460, 0.294."""
    if not value:
        return "0"
    places = n - 1 - int(np.floor(np.log10(abs(value))))
    return f"{round(value, places):,.{max(0, places)}f}"


def spread(value, low, high):
    """A median with half the distance between the quartiles."""
    return f"{digits(value)}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{digits((high - low) / 2, 1)}"


def by_network(rows, cell, head):
    """A table of one row a contestant and one column a network."""
    cells = defaultdict(dict)
    for row in rows:
        cells[row["contestant"]][row["network"]] = cell(row)
    yield [head, *NETWORKS.values()]
    for contestant, line in cells.items():
        yield [contestant, *(line[name] for name in NETWORKS)]


def agreement():
    """How far the contestants end from our weights."""
    return by_network(
        read("checks"), lambda row: f"{row['off']:.0e}" if row["off"] else "0", "largest difference"
    )


def times(threads):
    """Microseconds a step."""
    rows = [row for row in read("races") if row["threads"] == threads]
    return by_network(
        rows, lambda row: spread(row["us"], row["us_low"], row["us_high"]), "µs a step"
    )


def ratios(threads):
    """Time a step, ours being 1."""
    rows = [row for row in read("races") if row["threads"] == threads]
    return by_network(rows, lambda row: digits(row["ratio"]), "times ours")


def floor():
    """Time a step, the products being 1."""
    rows = [row for row in read("races") if row["threads"] == 1]
    rows = [row for row in rows if row["contestant"] != "products alone"]
    return by_network(rows, lambda row: digits(row["floor_ratio"]), "times the products")


def compilation():
    """What the first epoch takes longer than the second, where it is worth a word."""
    rows = [row for row in read("races") if row["threads"] == 1 and "JAX" in row["contestant"]]
    return by_network(rows, lambda row: digits(row["first_ms"], 2), "ms, once")


def jobs(steps):
    """Seconds of each contestant's whole job of so many steps, one for each repetition."""
    seconds = defaultdict(list)
    for row in read("jobs"):
        if row["steps"] == steps:
            seconds[row["contestant"]].append(row["seconds"])
    return dict(seconds)


def chapter_steps():
    """The steps that the chapter takes: the middle of what was measured."""
    return sorted({row["steps"] for row in read("jobs")})[1]


def whole_job():
    """The chapter's job: time, against ours in the same turn, and memory."""
    seconds, rows = jobs(chapter_steps()), read("jobs")
    yield ["contestant", "seconds", "times ours", "peak memory, MB", "accuracy"]
    for name, values in seconds.items():
        mine = [
            row for row in rows if row["contestant"] == name and row["steps"] == chapter_steps()
        ]
        low, middle, high = np.percentile(values, [25, 50, 75])
        ratio = median(theirs / ours for theirs, ours in zip(values, seconds["previously"]))
        accuracy = median(row["accuracy"] for row in mine)
        peak = median(row["peak_mb"] for row in mine)
        yield [name, spread(middle, low, high), digits(ratio), digits(peak), f"{accuracy:.0%}"]


def overtaking():
    """Where the line through JAX's two longer jobs crosses ours: how many steps it takes."""
    few, many = chapter_steps(), max(row["steps"] for row in read("jobs"))

    def line(name):
        start, end = median(jobs(few)[name]), median(jobs(many)[name])
        slope = (end - start) / (many - few)
        return start - slope * few, slope

    fixed, slope = line("previously")
    yield ["contestant", "before the first step, s", "µs a step", "overtakes after so many steps"]
    yield ["previously", digits(fixed, 2), digits(1e6 * slope), ""]
    for name in list(jobs(many))[1:]:
        its_fixed, its_slope = line(name)
        after = (its_fixed - fixed) / (slope - its_slope) if its_slope < slope else None
        cells = digits(its_fixed, 2), digits(1e6 * its_slope)
        yield [name, *cells, digits(after, 2) if after else "never"]


def growth(axis):
    """Sizes, times and times of the products while one number grows."""
    rows = [row for row in read("growth") if row["axis"] == axis]
    return np.array([[row["size"], row["us"], row["products_us"]] for row in rows]).T


def exponent(sizes, values):
    """The slope of a straight line through the logarithms."""
    return np.polyfit(np.log(sizes), np.log(values), 1)[0]


def exponents():
    """Time a step as a power of one number, over the last factor of four (without a −0.00)."""
    yield ["what grows", "from", "to", "exponent of a step", "of the products alone"]
    for axis in ("B", "depth", "width", "n"):
        sizes, ours, products = growth(axis)[:, -3:]
        yield [
            axis,
            f"{sizes[0]:,.0f}",
            f"{sizes[-1]:,.0f}",
            *(f"{round(exponent(sizes, times), 2) + 0.0:.2f}" for times in (ours, products)),
        ]


def memory():
    """What a step allocates, for each network."""
    yield ["network", "θ, kB", "allocated in a step, kB", "alive at once, kB"]
    for row in read("memory"):
        kilobytes = (digits(row[name] / 1e3) for name in ("theta", "allocated", "alive"))
        yield [NETWORKS[row["network"]], *kilobytes]


def memory_of_n():
    """What a step allocates as the data set grows."""
    yield ["n", "allocated in a step, kB", "alive at once, kB"]
    rows = [row for row in read("growth") if row["axis"] == "n"]
    for row in rows[:: len(rows) // 2]:
        yield [f"{row['size']:,.0f}", *(digits(row[k] / 1e3) for k in ("allocated", "alive"))]


def gpu(batch_size):
    """Widths, and for each contestant the microseconds a step, of the networks trained with a B."""
    times = defaultdict(dict)
    for row in read("gpu"):
        if row["B"] == batch_size:
            times[row["contestant"]][row["width"]] = row["us"]
    return dict(times)


def gpu_times():
    """A row for each network, a column for each contestant."""
    lines = defaultdict(dict)
    for row in read("gpu"):
        lines[row["width"], row["B"]][row["contestant"]] = row
    yield ["width", "B", *next(iter(lines.values()))]
    for sizes, line in lines.items():
        times = [spread(row["us"], row["us_low"], row["us_high"]) for row in line.values()]
        yield [*(f"{size:,.0f}" for size in sizes), *times]


def same_in_pytorch():
    """What the page on PyTorch computes twice, and how far the two are apart."""
    rows = read("pytorch")
    version = rows[0]["PyTorch"].split("+")[0]
    yield ["what", "names", f"largest difference from PyTorch {version}"]
    for row in rows:
        names = ", ".join(f"`{name}`" for name in row["names"].split())
        yield [row["what"], names, f"{row['off']:.0e}" if row["off"] else "0"]


TABLES = {
    "agreement": agreement,
    "steps-1": lambda: times(1),
    "steps-2": lambda: times(2),
    "ratios-1": lambda: ratios(1),
    "ratios-2": lambda: ratios(2),
    "floor": floor,
    "compilation": compilation,
    "job": whole_job,
    "overtaking": overtaking,
    "exponents": exponents,
    "memory": memory,
    "memory-n": memory_of_n,
    "gpu": gpu_times,
}
OTHER_TABLES = {"pytorch": same_in_pytorch}  # of another page

LOOKS = {  # colour, marker and dashes: none says it alone
    "previously": (COLORS["blue"], "o", "-"),
    "PyTorch": (COLORS["orange"], "s", "--"),
    "scikit-learn": (COLORS["green"], "^", "-."),
    "autograd": (GREY, "v", ":"),
    "JAX, a call an epoch": (COLORS["purple"], "D", (0, (6, 1, 1, 1))),
}
GPU_LOOKS = {
    "previously": LOOKS["previously"],
    "PyTorch": LOOKS["PyTorch"],
    "PyTorch on the GPU": LOOKS["scikit-learn"],
    "JAX on the GPU": LOOKS["JAX, a call an epoch"],
}


def draw_job():
    """The whole job against its number of steps."""
    fig, ax = plt.subplots(figsize=(7.2, 4.0))
    steps = sorted({row["steps"] for row in read("jobs")})
    for name, (color, marker, dashes) in LOOKS.items():
        seconds = {n: median(jobs(n)[name]) for n in steps if name in jobs(n)}
        ax.loglog(*zip(*seconds.items()), color=color, marker=marker, linestyle=dashes, label=name)
    ax.axvline(chapter_steps(), color=GREY, linewidth=0.8, zorder=0)
    ax.text(chapter_steps(), ax.get_ylim()[0], " the chapter", va="bottom", color=INK)
    ax.set(xlabel="steps", ylabel="seconds, from a fresh interpreter")
    ax.set_xticks(steps, [f"{n:,.0f}" for n in steps])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.legend()
    return fig


def draw_growth():
    """Time a step against batch size, depth and width, above the time of the products."""
    fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.0), sharey=True)
    names = {"B": "batch size B", "depth": "hidden layers of 16", "width": "width, at B 128"}
    for ax, (axis, name) in zip(axes, names.items()):
        sizes, ours, products = growth(axis)
        ax.loglog(sizes, ours, "o-", markersize=4, color=COLORS["blue"], label="previously")
        ax.loglog(
            sizes, products, "s--", markersize=4, color=COLORS["orange"], label="products alone"
        )
        ax.set(xlabel=name)
    axes[0].set(ylabel="µs a step")
    axes[0].legend(loc="upper left", fontsize="small")
    return fig


def draw_gpu():
    """Time a step against width, on one core and on a GPU."""
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), sharex=True, sharey=True)
    for ax, batch_size in zip(axes, (32, 256)):
        for name, times in gpu(batch_size).items():
            color, marker, dashes = GPU_LOOKS[name]
            look = {"color": color, "marker": marker, "linestyle": dashes}
            ax.loglog(*zip(*times.items()), label=name, **look)
        ax.set(xlabel="width", title=f"B = {batch_size}")
    widths = [4**k for k in range(2, 7)]
    axes[0].set_xticks(widths, [f"{width:,.0f}" for width in widths])
    axes[0].minorticks_off()
    axes[0].yaxis.set_major_formatter("{x:,.0f}")
    axes[0].set(ylabel="µs a step")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return fig


FIGURES = {"job": draw_job, "growth": draw_growth, "gpu": draw_gpu}


def build(folder, figures=True):
    """Write all tables, and the figures if wanted, into a folder."""
    folder.mkdir(exist_ok=True)
    for name, table in (TABLES | OTHER_TABLES).items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(table())
    if figures:
        with plt.rc_context(STYLE):
            for name, draw in FIGURES.items():
                fig = draw()
                (folder / f"{name}.svg").write_text(svg(fig), "utf-8")
                plt.close(fig)


if __name__ == "__main__":
    build(PAGE)
