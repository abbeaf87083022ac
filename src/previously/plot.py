"""The look of the book's figures, and drawings of what a descent does."""

from itertools import cycle, pairwise

import matplotlib.pyplot as plt
import numpy as np

from ._check import callable_, count, describe, real, require
from .mlp import MLP

# Each has a contrast of at least 4.5 : 1 on white; equations use the same four.
COLORS = {"blue": "#0064a8", "orange": "#b34700", "green": "#00734d", "purple": "#8a3a86"}
INK, GREY = "#222222", "#767676"

# For `plt.rcParams.update`: sizes that read on a phone, on paper and from the last row.
STYLE = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.prop_cycle": plt.cycler(color=COLORS.values()),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": 90,
    "figure.figsize": (7.2, 3.4),
    "font.size": 11,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "savefig.facecolor": "white",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def contours(f, xlim, ylim, ax=None, levels=16, resolution=81):
    """Contour lines of f(θ) for θ = (θ₁, θ₂), evaluated on a grid.

    Args:
        f: θ → float, called with float arrays (2,).
        xlim, ylim: the (lowest, highest) θ₁ and θ₂.
        ax: the axes to draw on; the current ones if None.
        levels: how many lines, or their heights in increasing order.
        resolution: points of the grid along each axis.

    Returns:
        The axes.

    Raises:
        TypeError, ValueError: when f is no function, a limit is not a pair of increasing
            numbers, ax no axes or resolution is below 2.
    """
    callable_("f", f)
    count("resolution", resolution, least=2)
    xs, ys = (
        np.linspace(*_limits(name, lim), resolution)
        for name, lim in (("xlim", xlim), ("ylim", ylim))
    )
    heights = [[f(np.array([x, y])) for x in xs] for y in ys]
    ax = _axes(ax)
    ax.contour(xs, ys, heights, levels=levels, colors=GREY, linewidths=0.6, alpha=0.7)
    ax.set(xlim=xlim, ylim=ylim, xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
    return ax


def path(thetas, ax=None, **style):
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
    ax.plot(*thetas.T, **{"marker": ".", "markersize": 3, "linewidth": 1, **style})
    return ax


def network(model, ax=None):
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
    below = {"ha": "center", "va": "top", "fontsize": "large"}
    above = {"ha": "center", "va": "bottom", "fontsize": "large"}
    _units(ax, 0, columns[0], INK)
    ax.text(0, -edge, "$a^{(0)} = x$", color=INK, **below)
    colours = cycle(COLORS.values())
    for l, (left, right) in enumerate(pairwise(columns), 1):
        colour = next(colours)
        for start in left:
            ends = np.stack([np.full(len(right), start), right])
            ax.plot([l - 1, l], ends, color=colour, linewidth=1.2, zorder=1)
        _units(ax, l, right, colour)
        ax.text(l - 0.5, edge, f"$w^{{({l - 1})}}, b^{{({l - 1})}}$", color=colour, **above)
        ax.text(l, -edge, f"$o^{{({l})}}, a^{{({l})}}$", color=colour, **below)
    ax.set(ylim=(-edge - 0.4, edge + 0.4))
    ax.set_axis_off()
    return ax


def _units(ax, l, ys, colour):
    ax.scatter(np.full(len(ys), l), ys, s=500, c="white", edgecolors=colour, linewidths=2, zorder=2)


def _axes(ax):
    return plt.gca() if ax is None else require(plt.Axes, "ax", ax, "matplotlib axes")


def _limits(name, value):
    limits = real(name, value)
    if limits.shape != (2,) or not -np.inf < limits[0] < limits[1] < np.inf:
        raise ValueError(f"{name}: expected finite low < high, got {describe(value)}")
    return limits
