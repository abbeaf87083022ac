"""Pictures that a reader scrubs through: drawings of each moment, and a slider.

It is one piece of HTML that needs nothing else, with a still of one moment where no script runs.
"""

import json
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from math import hypot
from string import Template

import numpy as np
from contourpy import contour_generator
from numpy.typing import ArrayLike

from ._check import floats, real, require, some
from .data import Dataset
from .mlp import MLP
from .plot import COLORS, GREY, INK, Limits, _heights, _levels

SIDE = 800  # a panel is SIDE units wide; coordinates are whole units
EDGE, HIDDEN_EDGE = 2.2, 1.1  # what a panel shows of the input plane, and of the hidden one

_PAGE = Template((files(__package__) / "slider.html").read_text("utf-8"))
# A round cap has a size of its own; on a line of no length, zoomed, Firefox draws it as a bar.
_DOT, _TRIANGLE = "h1", "m0-10l10 17h-20z"
_BLUE, _ORANGE, _SHADE = COLORS["blue"], COLORS["orange"], "#f4e3d9"
_LINE = f'stroke="{INK}" stroke-width="6"'
_FINE = f'fill="none" stroke="{GREY}" stroke-width="1.4"'


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
    if dataset.targets != "binary":
        raise ValueError(f"dataset: expected labels 0 and 1, got {dataset.targets} values")
    _one_text_each(said, thetas)
    classes = [dataset.x[dataset.y[:, 0] == label].astype(float) for label in (0, 1)]
    moments = [_moment(model, real("thetas", theta).astype(float), classes) for theta in thetas]
    regions, half, grid, dots, triangles = zip(*moments)
    dot = f'stroke="{_BLUE}" stroke-width="16" stroke-linecap="round"'
    shade = f'fill="{_SHADE}" fill-rule="evenodd" {_LINE}'
    ground = f'fill="{_BLUE}" fill-opacity="0.15"'
    before = _panel(
        "The input space at the epoch of the slider: the points and the boundary of the network.",
        "Input space",
        ("x₁", "x₂"),
        [(-EDGE, EDGE)] * 2,
        40,
        _moving(regions, -1, shade),
        f'<path d="{_marks(classes[0], EDGE, _DOT)}" {dot}/>',
        f'<path d="{_marks(classes[1], EDGE, _TRIANGLE)}" fill="{_ORANGE}"/>',
        ground=ground,
    )
    after = _panel(
        "The last hidden layer at the epoch of the slider: the same points, the carried grid, and "
        "the straight line of the last layer.",
        "Last hidden layer",
        ("a₁", "a₂"),
        [(-HIDDEN_EDGE, HIDDEN_EDGE)] * 2,
        40,
        _moving(half, -1, shade),
        _moving(grid, -1, _FINE),
        _moving(dots, -1, dot),
        _moving(triangles, -1, f'fill="{_ORANGE}"'),
        ground=ground,
    )
    return _page([before, after], [regions, half, grid, dots, triangles], said, "Epoch")


def descents(
    f: Callable[[np.ndarray], float],
    xlim: Limits,
    ylim: Limits,
    axes: tuple[str, str],
    levels: ArrayLike,
    paths: Sequence[dict[str, np.ndarray]],
    said: Sequence[str],
    label: str,
    still: int = 0,
) -> str:
    """Descents on the map of a loss, side by side, at each setting of a slider.

    Args:
        f: θ → float, called with float arrays (2,).
        xlim, ylim: the (lowest, highest) θ₁ and θ₂.
        axes: the names of the two.
        levels: the heights of the contour lines, in increasing order.
        paths: for each setting the paths θ⁽⁰⁾, θ⁽¹⁾, …, arrays (T, 2), by the title of their panel.
        said: what to say of each setting, as long as paths.
        label: the name of what the slider sets.
        still: the setting to show first.

    Returns:
        HTML, for IPython.display.HTML.

    Raises:
        TypeError, ValueError: when f is no function or returns no number, a limit is not a pair of
            increasing numbers, levels do not increase, paths and said differ in length or have
            none, their titles differ, or a path has another shape or no finite start.
        IndexError: when there is no setting still.
    """
    contours = contour_generator(*_heights(f, xlim, ylim, 81))
    _one_text_each(said, paths)
    low, high = np.array([xlim, ylim], float).T
    middle, half = (low + high) / 2, (high - low) / 2

    def inside(points):
        """In halves of the panel, from its middle; what is far off is cut off on its way there."""
        points = (points - middle) / half
        return points / np.maximum(np.abs(points).max(axis=-1, keepdims=True) / 9, 1)

    def finite(name, path):
        """The path until it leaves the numbers, or comes near, as one that diverges does."""
        whole = (np.abs(some(name, floats(name, path, "T", 2))) < 1e30).all(axis=1)
        return path if whole.all() else some(name, path[: whole.argmin()])

    rings = [line for level in _levels(levels) for line in contours.lines(level)]
    lines = f'<path d="{"".join(_outline(inside(ring), 1) for ring in rings)}" {_FINE}/>'
    if len({frozenset(one) for one in paths}) > 1:
        raise ValueError("paths: expected the same titles at each setting")
    panels, frames = [], []
    for title in paths[0]:
        each = [inside(finite(f"paths[{title!r}]", one[title])) for one in paths]
        moves, dots = [_outline(path, 1) for path in each], [_marks(path, 1, _DOT) for path in each]
        panels.append(
            _panel(
                f"{title}: the path of the descent over the contour lines of the loss.",
                title,
                axes,
                (xlim, ylim),
                20 * len(paths[0]),
                lines,
                _moving(moves, still, f'fill="none" stroke="{_BLUE}" stroke-width="5"'),
                _moving(dots, still, f'stroke="{_BLUE}" stroke-width="18" stroke-linecap="round"'),
            )
        )
        frames += [moves, dots]
    return _page(panels, frames, said, label, still)


def _one_text_each(said, moments):
    for text in said:
        require(str, "said", text, "texts")
    if not len(moments) or len(moments) != len(said):
        raise ValueError(f"said: expected {max(len(moments), 1)} texts, got {len(said)}")


def _page(panels, frames, said, label, still=-1):
    """The panels over a slider, with all that they show."""
    stored = json.dumps([list(said), *frames])
    return _PAGE.substitute(
        panels="\n".join(panels),
        frames=stored.replace("&", "&amp;").replace("'", "&#39;"),
        label=escape(label),
        count=len(panels),
        letters=max(map(len, said)),
        still=range(len(said))[still],
    )


def _moment(model, theta, classes):
    """The paths that change from moment to moment, in the order in which they are drawn."""

    def carry(x):
        return model.forward(theta, x)[1][-2]

    s = np.linspace(-EDGE - 0.2, EDGE + 0.2, 81)
    x = np.stack(np.meshgrid(s, s), axis=-1)
    logits = model.forward(theta, x.reshape(-1, 2))[0][-1].reshape(81, 81)
    if not np.isfinite(theta).all():
        raise ValueError("thetas: expected finite numbers, got NaN or infinity")
    areas = contour_generator(s, s, logits, fill_type="OuterOffset").filled(0, np.inf)
    rings = [ring for area, ends in zip(*areas) for ring in np.split(area, ends[1:-1])]
    w, b = model.layers(theta)[-1]
    length = hypot(*w[0])
    normal = w[0] / length if length else np.array([1.0, 0.0])  # any, of a line that is nowhere
    away = -b[0] / length if length else -np.copysign(np.inf, b[0])
    foot, up = np.clip(away, -2, 2) * normal, 4 * normal  # out of the panel, whatever the line
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


def _moving(paths, still, look):
    """A shape that the slider moves, as it is in the still."""
    return f'<path class="frame" d="{paths[still]}" {look}/>'


def _panel(description, title, axes, limits, letters, *shapes, ground=""):
    """A drawing with a title, the names of its axes, and the numbers at their ends."""
    description, title, x, y = map(escape, (description, title, *axes))
    ends = [f"{end:g}".replace("-", "−") for limit in limits for end in limit]
    half, below, left = SIDE / 2, SIDE + 1.1 * letters, -0.3 * letters
    texts = [
        (half, -0.5 * letters, "middle", title),
        *zip((0, half, SIDE), [below] * 3, ("start", "middle", "end"), (ends[0], x, ends[1])),
        *zip([left] * 3, (SIDE, half, 0.8 * letters), ["end"] * 3, (ends[2], y, ends[3])),
    ]
    box = -2.8 * letters, -1.5 * letters, SIDE + 3.1 * letters, SIDE + 3 * letters
    square = f'<rect width="{SIDE}" height="{SIDE}"'
    return "\n".join(
        [
            f'<svg viewBox="{" ".join(f"{side:g}" for side in box)}" role="img" '
            f'aria-label="{description}">',
            f'{square} fill="#fff"/>',
            *([f"{square} {ground}/>"] if ground else []),
            f'<svg width="{SIDE}" height="{SIDE}">',
            *shapes,
            "</svg>",
            f'{square} fill="none" stroke="{GREY}" stroke-width="2"/>',
            f'<g fill="{INK}" font-size="{letters}">',
            *(
                f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'
                for x, y, anchor, text in texts
            ),
            "</g>",
            "</svg>",
        ]
    )
