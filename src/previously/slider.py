"""A run that a reader scrubs through: drawings of each of its moments, and a slider.

It is one piece of HTML that needs nothing else, with a still of the last moment where no script
runs.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from string import Template

import numpy as np
from contourpy import contour_generator

from ._check import floats, require
from .data import Dataset
from .mlp import MLP
from .plot import COLORS, GREY, INK

SIDE = 800  # a panel is SIDE units wide; coordinates are whole units
EDGE, HIDDEN_EDGE = 2.2, 1.1  # what a panel shows of the input plane, and of the hidden one

_PAGE = Template((files(__package__) / "slider.html").read_text("utf-8"))
_DOT, _TRIANGLE = "h0", "m0-10l10 17h-20z"  # a round cap has a size of its own
_BLUE, _ORANGE, _SHADE = COLORS["blue"], COLORS["orange"], "#f4e3d9"
_LINE = f'stroke="{INK}" stroke-width="6"'


def two_spaces(
    model: MLP, thetas: Sequence[np.ndarray], dataset: Dataset, said: Sequence[str]
) -> str:
    """The input space and the last hidden layer of a network, at moments of its training.

    On the left the regions of the two classes, on the right the points and a grid of the input
    space carried to the last hidden layer, with the line w a + b = 0 of the last layer of weights.

    Args:
        model: an MLP of two inputs, one output and two tanh units in the last hidden layer.
        thetas: θ at each moment, arrays (p,).
        dataset: the points to show, x (n, 2), y (n, 1) of 0 and 1.
        said: what to say of each moment, as long as thetas.

    Returns:
        HTML, for IPython.display.HTML.

    Raises:
        TypeError, ValueError: when model has other sizes, dataset other shapes, thetas and said
            differ in length or have none, or a θ is not one of the model.
    """
    sizes = require(MLP, "model", model, "an MLP").sizes
    if len(sizes) < 3 or (sizes[0], *sizes[-2:]) != (2, 2, 1):
        raise ValueError(f"model: expected sizes (2, …, 2, 1), got {sizes}")
    require(Dataset, "dataset", dataset, "a Dataset")
    floats("dataset.x", dataset.x, "n", 2)
    floats("dataset.y", dataset.y, "n", 1)
    if not len(thetas) or len(thetas) != len(said):
        raise ValueError(f"said: expected {max(len(thetas), 1)} texts, got {len(said)}")
    classes = [dataset.x[dataset.y[:, 0] == label] for label in (0, 1)]
    moments = [_moment(model, theta, classes) for theta in thetas]
    regions, half, grid, dots, triangles = zip(*moments)
    dot = f'stroke="{_BLUE}" stroke-width="16" stroke-linecap="round"'
    shade = f'fill="{_SHADE}" fill-rule="evenodd" {_LINE}'
    before = _panel(
        "The input space at the epoch of the slider: the points and the boundary of the network.",
        _moving(regions, shade),
        f'<path d="{_marks(classes[0], EDGE, _DOT)}" {dot}/>',
        f'<path d="{_marks(classes[1], EDGE, _TRIANGLE)}" fill="{_ORANGE}"/>',
    )
    after = _panel(
        "The last hidden layer at the epoch of the slider: the same points, the carried grid, and "
        "the straight line of the last layer.",
        _moving(half, shade),
        _moving(grid, f'fill="none" stroke="{GREY}" stroke-width="1.4"'),
        _moving(dots, dot),
        _moving(triangles, f'fill="{_ORANGE}"'),
    )
    frames = json.dumps([list(said), regions, half, grid, dots, triangles])
    return _PAGE.substitute(
        panels=f"{before}\n{after}",
        frames=frames.replace("&", "&amp;").replace("'", "&#39;"),
        last=len(said) - 1,
    )


def _moment(model, theta, classes):
    """The paths that change from moment to moment, in the order in which they are drawn."""

    def carry(x):
        return model.forward(theta, x)[1][-2]

    s = np.linspace(-EDGE - 0.2, EDGE + 0.2, 81)
    x = np.stack(np.meshgrid(s, s), axis=-1)
    logits = model.predict(theta, x.reshape(-1, 2)).reshape(81, 81)
    areas = contour_generator(s, s, logits, fill_type="OuterOffset").filled(0, np.inf)
    rings = [ring for area, ends in zip(*areas) for ring in np.split(area, ends[1:-1])]
    w, b = model.layers(theta)[-1]
    length = np.linalg.norm(w)
    normal = w[0] / length
    foot, up = -b[0] / length * normal, 4 * normal  # out of the panel, whatever the line
    far = up @ [[0, 1], [-1, 0]]
    ends = np.array([foot - far, foot + far])
    half = np.concatenate([ends, ends[::-1] + up])
    lines = [*x[8::16, ::2], *x[::2, 8::16].swapaxes(0, 1)]
    return (
        "".join(_outline(ring, EDGE, "z") for ring in rings),
        _outline(half, HIDDEN_EDGE, "z"),
        "".join(_outline(carry(line), HIDDEN_EDGE) for line in lines),
        _marks(carry(classes[0]), HIDDEN_EDGE, _DOT),
        _marks(carry(classes[1]), HIDDEN_EDGE, _TRIANGLE),
    )


def _units(points, edge):
    """Where points of the square from −edge to edge are in a panel."""
    return np.rint((points / edge * [1, -1] + 1) * SIDE / 2).astype(int)


def _outline(points, edge, close=""):
    """An SVG path: a start, then steps; runs of one direction are one."""
    xy = _units(points, edge)
    steps = np.diff(xy, axis=0)
    steps = steps[steps.any(axis=1)]
    (x, y), (u, v) = steps[:-1].T, steps[1:].T
    runs = np.split(steps, np.flatnonzero(x * v != y * u) + 1)
    text = " ".join(f"{x} {y}" for x, y in (run.sum(0) for run in runs))
    return f"M{xy[0, 0]} {xy[0, 1]}l{text}{close}"


def _marks(points, edge, mark):
    """An SVG path with a mark at each point."""
    return "".join(f"M{x} {y}{mark}" for x, y in _units(points, edge))


def _moving(paths, look):
    """A shape that the slider moves, as it is at the last moment."""
    return f'<path class="frame" d="{paths[-1]}" {look}/>'


def _panel(description, *shapes):
    """A drawing on the blue of class 0."""
    square = f'<rect width="{SIDE}" height="{SIDE}"'
    return "\n".join(
        [
            f'<svg viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{description}">',
            f'{square} fill="#fff"/>',
            f'{square} fill="{_BLUE}" fill-opacity="0.15"/>',
            *shapes,
            "</svg>",
        ]
    )
