"""The look of the book's figures, and drawings of what a descent and a network do."""

import re
import warnings
from collections.abc import Callable
from io import StringIO
from itertools import cycle, pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import Collection
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from numpy.typing import ArrayLike

from ._check import callable_, count, describe, floats, not_nan, real, require, returned
from .mlp import MLP

Limits = tuple[float, float]
Map = Callable[[np.ndarray], np.ndarray]

COLORS = {"blue": "#0064a8", "orange": "#b34700", "green": "#00734d", "purple": "#8a3a86"}
"""The colours of figures and formulas by name, with a contrast of at least 4.5 to 1 on white."""

INK, GREY = "#222222", "#767676"

STYLE: dict[Any, Any] = {  # matplotlib types the keys one by one
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.prop_cycle": plt.cycler(color=COLORS.values()),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": 96,
    "figure.figsize": (7.2, 3.4),
    "font.size": 11,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "path.simplify_threshold": 0.35,
    "savefig.facecolor": "white",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
"""For `plt.rcParams.update`, with sizes that read on a phone, on paper and from the last row,
inches as large as a browser's, and no bends of lines that nobody sees."""


def svg(figure: Figure) -> str:
    """The figure as SVG, cut to what is drawn, in tenths of a point: one line, ever the same text.

    Args:
        figure: a matplotlib figure.

    Returns:
        The text of the file.

    Raises:
        TypeError: when figure is no matplotlib figure.
    """
    require(Figure, "figure", figure, "a matplotlib figure")
    file = StringIO()
    with plt.rc_context({"svg.hashsalt": "previously"}):
        figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})

    def shorten(places):
        return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.1f}", places[0])

    text = re.sub(r' (?:d|x|y)="[^"]*"', shorten, file.getvalue())
    return " ".join(text.split())  # so that a notebook stores one line, not one a bend


def contours(
    f: Callable[[np.ndarray], float],
    xlim: Limits,
    ylim: Limits,
    ax: Axes | None = None,
    levels: int | ArrayLike = 16,
    resolution: int = 81,
) -> Axes:
    """Contour lines of f(θ) for θ = (θ₁, θ₂), evaluated on a grid.

    Args:
        f: θ → float, called with float arrays (2,).
        xlim, ylim: the (lowest, highest) θ₁ and θ₂.
        ax: the axes to draw on; the current ones if None.
        levels: about how many lines, or their heights in increasing order.
        resolution: points of the grid along each axis.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: when f is no function or returns no number, a limit is not a pair
            of increasing numbers, levels is neither a count nor increasing heights, ax no axes or
            resolution is below 2.
    """
    levels = count("levels", levels) if np.ndim(levels) == 0 else _levels(levels)
    surface = _heights(f, xlim, ylim, resolution)
    ax = _axes(ax)
    ax.contour(*surface, levels=levels, colors=GREY, linewidths=0.6, alpha=0.7)
    ax.set(xlim=xlim, ylim=ylim, xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
    return ax


def path(thetas: ArrayLike, ax: Axes | None = None, **style: Any) -> Axes:
    """The path of a descent through the plane of its two parameters.

    Args:
        thetas: θ⁽⁰⁾, θ⁽¹⁾, …, an array (T, 2) or a list of arrays (2,).
        ax: the axes to draw on; the current ones if None.
        style: properties of the line, as for `Axes.plot`.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: when thetas is not an array of real numbers of shape (T, 2),
            or ax no axes.
    """
    thetas = real("thetas", thetas)
    if thetas.ndim != 2 or thetas.shape[1] != 2:
        raise ValueError(f"thetas: expected shape (T, 2), got {thetas.shape}")
    ax = _axes(ax)
    style = normalize_kwargs(style, Line2D)
    ax.plot(*thetas.T, **{"marker": ".", "markersize": 3, "linewidth": 1, **style})
    return ax


def network(model: MLP, ax: Axes | None = None) -> Axes:
    """A network as a picture, one column of units a layer, with the names of the book.

    Everything that leads to layer l has one colour: w⁽ˡ⁻¹⁾, b⁽ˡ⁻¹⁾, o⁽ˡ⁾ and a⁽ˡ⁾.

    Args:
        model: the MLP.
        ax: the axes to draw on; the current ones if None.

    Returns:
        The axes.

    Raises:
        TypeError: when model is no MLP, or ax no axes.
    """
    require(MLP, "model", model, "an MLP")
    ax = _axes(ax)
    columns = [np.arange(size) - (size - 1) / 2 for size in model.sizes]
    edge = max(model.sizes) / 2 + 0.1
    below: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": "large"}
    above: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": "large"}
    _units(ax, 0, columns[0], INK)
    ax.text(0, -edge, "$a^{(0)} = x$", color=INK, **below)
    colours = cycle(COLORS.values())
    for l, (left, right) in enumerate(pairwise(columns), 1):
        colour = next(colours)
        # One line with a gap after each edge: a line for each edge would take minutes to draw.
        ends = np.stack(np.broadcast_arrays(left[:, None], right, np.nan), axis=-1).ravel()
        across = np.tile([l - 1, l, np.nan], left.size * right.size)
        ax.plot(across, ends, color=colour, linewidth=1.2, zorder=1)
        _units(ax, l, right, colour)
        ax.text(l - 0.5, edge, f"$w^{{({l - 1})}}, b^{{({l - 1})}}$", color=colour, **above)
        ax.text(l, -edge, f"$o^{{({l})}}, a^{{({l})}}$", color=colour, **below)
    ax.set(ylim=(-edge - 0.4, edge + 0.4))
    ax.set_axis_off()
    return ax


def _units(ax, l, ys, colour):
    ax.scatter(np.full(len(ys), l), ys, s=500, c="white", edgecolors=colour, linewidths=2, zorder=2)


def points(
    x: np.ndarray, y: np.ndarray, ax: Axes | None = None, shade: ArrayLike = 1.0, **style: Any
) -> Axes:
    """Points of two classes: blue circles of class 0, orange triangles of class 1.

    Args:
        x: where they are, a float array (n, 2).
        y: labels 0 and 1, a float array (n, 1).
        ax: the axes to draw on; the current ones if None.
        shade: from 0, light, to 1, dark: one number, or an array (n,).
        style: properties of the markers, as for `Axes.scatter`, or lists of n of them; a colour
            replaces the shades, and hollow markers, of facecolors="none", need edgecolors.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: when x, y or shade has another kind or shape or holds NaN, y
            another label, or ax is no axes.
    """
    floats("x", x, "n", 2)
    not_nan("x", x)
    strangers = np.setdiff1d(floats("y", y, len(x), 1), [0, 1])
    if strangers.size:
        raise ValueError(f"y: expected labels 0 and 1, got {strangers[0]}")
    shade = not_nan("shade", real("shade", shade))
    if shade.shape not in ((), (len(x),)):
        raise ValueError(f"shade: expected one number or {len(x)}, got {describe(shade)}")
    ax = _axes(ax)
    style = normalize_kwargs(style, Collection)
    look = {"s": 14, "linewidth": 0.3, "zorder": 2, **style}
    if MarkerStyle(style.get("marker", "o")).is_filled():  # others have no edge
        look.setdefault("edgecolor", "white")
    for label, (marker, tints) in enumerate(zip("o^", _TINTS)):
        mine = y[:, 0] == label
        tint = {"c": np.broadcast_to(shade, len(x)), "cmap": tints, "vmin": 0, "vmax": 1}
        if not style.keys().isdisjoint(("c", "color", "facecolor")):
            tint = {}
        properties = {"marker": marker, **tint, **look}.items()
        ax.scatter(*x[mine].T, **{name: _of(mine, value) for name, value in properties})
    return ax


def _of(mine, value):
    """What belongs to some of the points, of a property with a value for each of them."""
    each = isinstance(value, list | np.ndarray) and len(value) == len(mine)
    return np.asarray(value)[mine] if each else value


def regions(
    score: Map, xlim: Limits, ylim: Limits, ax: Axes | None = None, resolution: int = 201
) -> Axes:
    """The plane cut in two: blue where score(x) < 0, orange where score(x) > 0, a line between.

    Args:
        score: x (n, 2) → (n, 1), called once with all points of a grid.
        xlim, ylim: the (lowest, highest) x₁ and x₂.
        ax: the axes to draw on; the current ones if None.
        resolution: points of the grid along each axis.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: when score is no function or returns NaN or another shape, a limit
            is not a pair of increasing numbers, ax no axes or resolution is below 2.
    """
    callable_("score", score)
    xs, ys = _spread(xlim, ylim, resolution)
    x = np.stack(np.meshgrid(xs, ys), axis=-1)
    # No area is infinitely high to matplotlib.
    heights = np.clip(_values("score(x)", score, x, 1)[..., 0], -1e300, 1e300)
    ax = _axes(ax)
    blue, orange = (tints(0.0) for tints in _TINTS)
    halves = [-np.inf, 0, np.inf]
    fills = ax.contourf(xs, ys, heights, levels=halves, colors=[blue, orange], alpha=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # matplotlib 3.8 cannot do it, and says so
        fills.set_rasterized(True)  # flat colours under a sharp line: few bytes in a vector file
    ax.contour(xs, ys, heights, levels=[0], colors=INK, linewidths=1.6)
    ax.set(xlim=xlim, ylim=ylim)
    return ax


def carried_grid(
    carry: Map,
    score: Map,
    xlim: Limits,
    ylim: Limits,
    ax: Axes | None = None,
    lines: int = 19,
    resolution: int = 1000,
) -> Axes:
    """A regular grid of the plane, carried through a map and coloured as `regions` are.

    Args:
        carry: x (n, 2) → (n, 2), where the points of the grid go; called once with all of them.
        score: x (n, 2) → (n, 1), whose sign gives the colour.
        xlim, ylim: the (lowest, highest) x₁ and x₂ of the grid.
        ax: the axes to draw on; the current ones if None.
        lines: how many lines along each axis.
        resolution: points of each line.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: when carry or score is no function or returns NaN or another
            shape, a limit is not a pair of increasing numbers, ax no axes, or lines or resolution
            is below 2.
    """
    callable_("carry", carry)
    callable_("score", score)
    count("lines", lines, least=2)
    fine, coarse = _spread(xlim, ylim, resolution), _spread(xlim, ylim, lines)
    down = np.stack(np.meshgrid(coarse[0], fine[1]), axis=-1)  # (resolution, lines, 2)
    across = np.stack(np.meshgrid(fine[0], coarse[1], indexing="ij"), axis=-1)
    x = np.concatenate([down, across], axis=1)
    image, side = _values("carry(x)", carry, x, 2), _values("score(x)", score, x, 1)
    ax = _axes(ax)
    for mine, color in ((side <= 0, COLORS["blue"]), (side > 0, COLORS["orange"])):
        shown = np.where(mine, image, np.nan)  # a gap where the other colour goes on
        ax.plot(shown[..., 0], shown[..., 1], color=color, linewidth=0.5, alpha=0.4, zorder=1)
    return ax


def _values(name, f, x, k):
    """f, called once with the points x (m, n, 2): values (m, n, k)."""
    values = returned(name, f(x.reshape(-1, 2).copy()), (x.size // 2, k))  # f may change them
    return not_nan(name, values).astype(float).reshape(*x.shape[:2], k)


def _tints(color):
    """From a light tint of the colour to a dark shade of it."""
    rgb = np.array(to_rgb(color))
    return LinearSegmentedColormap.from_list("", [0.5 + 0.5 * rgb, rgb, 0.55 * rgb])


_TINTS = _tints(COLORS["blue"]), _tints(COLORS["orange"])


def _axes(ax):
    return plt.gca() if ax is None else require(plt.Axes, "ax", ax, "matplotlib axes")


def _limits(name, value):
    limits = real(name, value)
    if limits.shape != (2,) or not -np.inf < limits[0] < limits[1] < np.inf:
        raise ValueError(f"{name}: expected finite low < high, got {describe(value)}")
    return limits


def _levels(value):
    levels = real("levels", value)
    if levels.ndim != 1 or not (np.diff(levels) > 0).all():
        raise ValueError(f"levels: expected increasing heights, got {describe(value)}")
    return levels


def _heights(f, xlim, ylim, resolution):
    """Coordinates along both axes, and f(θ) on their grid, a row for each θ₂."""
    callable_("f", f)
    xs, ys = _spread(xlim, ylim, resolution)
    return xs, ys, [[returned("f(theta)", f(np.array([x, y]))) for x in xs] for y in ys]


def _spread(xlim, ylim, resolution):
    """Evenly spread coordinates along both axes."""
    count("resolution", resolution, least=2)
    return [
        np.linspace(*_limits(name, lim), resolution)
        for name, lim in (("xlim", xlim), ("ylim", ylim))
    ]
