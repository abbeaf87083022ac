"""Slider: what each of its drawings shows is what the network does at that moment."""

import json
import re
from html import unescape

import numpy as np
import pytest
from matplotlib.path import Path

from previously import MLP, Dataset, make_spirals, sigmoid, slider, tanh

MODEL = MLP((2, 8, 2, 1), tanh)
DATASET = make_spirals(20, 0.04, np.random.default_rng(0))
THETAS = [  # with biases, so that no line goes through the middle
    MODEL.init(rng, gain=2) + rng.standard_normal(MODEL.p)
    for rng in map(np.random.default_rng, range(3))
]
SAID = ["it's the first", "second & <b>", "third"]
UNIT = 1 / slider.SIDE  # half of it is lost to rounding, on each side of zero


@pytest.fixture(scope="module")
def page():
    return slider.two_spaces(MODEL, THETAS, DATASET, SAID)


def frames(page):
    """What is said and drawn at each moment."""
    (stored,) = re.findall("data-frames='(.*?)'", page)
    said, *paths = json.loads(unescape(stored))
    return list(zip(said, *paths, strict=True))


def places(path, edge):
    """Where the marks of a path are."""
    starts = np.array(re.findall(r"M(-?\d+) (-?\d+)", path), float)
    return (starts * UNIT * 2 - 1) * [edge, -edge]


def polygons(path, edge):
    """The corners of each outline of a path."""
    for start, steps in re.findall(r"M([-\d ]+)l([-\d ]+)", path):
        walk = np.array([*start.split(), *steps.split()], float).reshape(-1, 2).cumsum(axis=0)
        yield (walk * UNIT * 2 - 1) * [edge, -edge]


def hidden(theta):
    return MODEL.forward(theta, DATASET.x)[1][-2]


def test_each_moment_says_its_words(page):
    assert [said for said, *_ in frames(page)] == SAID
    assert f'data-still="{len(SAID) - 1}"' in page


def test_marks_are_the_points_in_the_hidden_layer(page):
    for theta, (*_, dots, triangles) in zip(THETAS, frames(page), strict=True):
        shown = np.concatenate([places(p, slider.HIDDEN_EDGE) for p in (dots, triangles)])
        assert np.abs(shown - hidden(theta)).max() <= slider.HIDDEN_EDGE * UNIT * (1 + 1e-9)


def test_both_shades_hold_the_points_that_the_network_calls_one(page):
    """A point is inside as often as outlines go around it, so odd is inside."""
    inputs = np.random.default_rng(1).uniform(-2, 2, (500, 2))
    for theta, (_, regions, half, *_) in zip(THETAS, frames(page), strict=True):
        logits = MODEL.predict(theta, inputs)[:, 0]
        far = np.abs(logits) > 0.05 * np.abs(logits).max()  # from the boundary
        spaces = (
            (regions, slider.EDGE, inputs),
            (half, slider.HIDDEN_EDGE, MODEL.forward(theta, inputs)[1][-2]),
        )
        for path, edge, points in spaces:
            around = [Path(corners).contains_points(points) for corners in polygons(path, edge)]
            assert np.array_equal(np.sum(around, axis=0)[far] % 2 == 1, logits[far] > 0)


def test_grid_is_carried_to_the_hidden_layer(page):
    for theta, (_, _, _, grid, *_) in zip(THETAS, frames(page), strict=True):
        starts = np.stack(np.meshgrid(np.linspace(-2.4, 2.4, 81), [-2.4]), -1).reshape(-1, 2)
        carried = MODEL.forward(theta, starts[8::16])[1][-2]
        shown = places(grid, slider.HIDDEN_EDGE)[-len(carried) :]
        assert np.abs(shown - carried).max() <= slider.HIDDEN_EDGE * UNIT * (1 + 1e-9)


def test_line_of_any_length_of_its_weights_is_drawn(page):
    """A last layer scaled by any number has the same line; without weights it has none."""
    for factor in (1e-200, 1e160):
        scaled = [theta.copy() for theta in THETAS]
        for theta in scaled:
            w, b = MODEL.layers(theta)[-1]
            w *= factor
            b *= factor
        shown = frames(slider.two_spaces(MODEL, scaled, DATASET, SAID))
        assert [half for _, _, half, *_ in shown] == [half for _, _, half, *_ in frames(page)]
    for b, inside in ((1.0, True), (-1.0, False)):
        without = np.append(THETAS[0][:-3], [0.0, 0.0, b])
        ((_, _, half, *_),) = frames(slider.two_spaces(MODEL, [without], DATASET, ["none"]))
        (corners,) = polygons(half, slider.HIDDEN_EDGE)
        assert Path(corners).contains_points(hidden(without)).all() == inside


def test_few_digits_make_the_same_picture(page):
    few = [theta.astype(np.float32).astype(float) for theta in THETAS]
    shown = [theta.astype(np.float32) for theta in THETAS]
    dataset = Dataset(*(array.astype(np.float32) for array in (DATASET.x, DATASET.y)))
    wide = Dataset(*(array.astype(float) for array in (dataset.x, dataset.y)))
    pages = [slider.two_spaces(MODEL, *these, SAID) for these in ((shown, dataset), (few, wide))]
    assert pages[0] == pages[1]


def test_still_is_the_last_moment(page):
    drawn = re.findall(r'<path class="frame" d="([^"]*)"', page)
    assert drawn == list(frames(page)[-1][1:])


def test_boundary_is_where_the_last_pre_activation_is_zero_whatever_the_output(page):
    assert slider.two_spaces(MLP((2, 8, 2, 1), tanh, sigmoid), THETAS, DATASET, SAID) == page


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"model": MODEL.sizes}, "model: expected an MLP"),
        ({"model": MLP((2, 3, 1))}, r"model: expected sizes \(2, …, 2, 1\), got \(2, 3, 1\)"),
        ({"model": MLP((2, 1))}, "model: expected sizes"),
        ({"model": MLP((3, 2, 1))}, "model: expected sizes"),
        ({"dataset": DATASET.x}, "dataset: expected a Dataset"),
        ({"dataset": Dataset(np.ones((4, 3)), np.ones((4, 1)))}, r"dataset\.x: expected shape"),
        ({"dataset": Dataset(np.ones((4, 2)), np.eye(4))}, "dataset: expected labels 0 and 1"),
        ({"dataset": Dataset(DATASET.x, 2 * DATASET.y - 1)}, "dataset: expected labels 0 and 1"),
        ({"said": [1, 2, 3]}, "said: expected texts, got int 1"),
        ({"said": SAID[:2]}, "said: expected 3 texts, got 2"),
        ({"thetas": [], "said": []}, "said: expected 1 texts, got 0"),
        ({"thetas": [np.ones(3)] * 3}, "theta: expected shape"),
        ({"thetas": [["a"]] * 3}, "thetas: expected real numbers"),
        ({"thetas": [THETAS[0] * np.nan] * 3}, "thetas: expected finite numbers"),
    ],
)
def test_bad_argument_is_named(changed, error):
    arguments = {"model": MODEL, "thetas": THETAS, "dataset": DATASET, "said": SAID}
    with pytest.raises((TypeError, ValueError), match=error):
        slider.two_spaces(**{**arguments, **changed})


PATHS = [  # the second leaves the panel, far
    {"B = 2": np.array([[0.0, 1.0], [1.0, 0.5]]), "B = 1": np.array([[0.0, 1.0], [2.0, 2.0]])},
    {"B = 2": np.array([[0.0, 1.0], [4.0, 3.0]]), "B = 1": np.array([[0.0, 1.0], [80.0, 21.0]])},
]
MAP = {
    "f": lambda theta: theta @ theta,
    "xlim": (-2, 4),
    "ylim": (-1, 3),
    "axes": ("w", "b"),
    "levels": [1.0, 4.0],
    "paths": PATHS,
    "said": ["short", "long"],
    "label": "η",
}


def on_the_map(path):
    """Where the marks of a path are, in θ."""
    return places(path, 1) * [3, 2] + [1, 1]


def test_descents_are_drawn_where_they_went():
    page = slider.descents(**MAP, still=1)
    for one, (_, *shown) in zip(PATHS, frames(page), strict=True):
        for theta, line, dots in zip(one.values(), shown[::2], shown[1::2], strict=True):
            (start,) = on_the_map(line)
            assert np.allclose(start, theta[0], atol=6 * UNIT)
            near = np.abs(theta - [1, 1]) <= [27, 18]  # nine panels away, a path is cut off
            assert np.allclose(on_the_map(dots)[near], theta[near], atol=6 * UNIT)
    cut = on_the_map(frames(page)[1][4])[1] - [1, 1]
    assert np.allclose(cut, np.array([79, 20]) * 27 / 79, atol=6 * UNIT), "not on its way"
    drawn = re.findall(r'<path class="frame" d="([^"]*)"', page)
    assert drawn == list(frames(page)[1][1:])
    assert re.findall("<text.*?>(.*?)</text>", page) == [
        *("B = 2", "−2", "w", "4", "−1", "b", "3"),
        *("B = 1", "−2", "w", "4", "−1", "b", "3"),
    ]


def test_descent_that_leaves_the_numbers_is_drawn_as_far_as_there_are_any():
    for end in (np.inf, np.finfo(float).max):
        lost = [
            {title: np.vstack([path, [end, 0.0]]) for title, path in one.items()} for one in PATHS
        ]
        assert slider.descents(**{**MAP, "paths": lost}) == slider.descents(**MAP)


def test_titles_come_in_the_order_of_the_first_setting():
    turned = [PATHS[0], dict(reversed(PATHS[1].items()))]
    assert slider.descents(**{**MAP, "paths": turned}) == slider.descents(**MAP)


def test_titles_and_names_are_text_and_no_markup():
    paths = [{'A < B & "C"': np.zeros((2, 2))}] * 2
    page = slider.descents(**{**MAP, "paths": paths, "axes": ("<w>", "b")})
    assert "<text" in page
    assert {"A &lt; B &amp; &quot;C&quot;", "&lt;w&gt;"} <= {
        *re.findall("<text.*?>(.*?)</text>", page)
    }


def test_contour_lines_are_where_the_loss_is_as_high():
    page = slider.descents(**MAP)
    (lines,) = set(re.findall(r'<path d="([^"]*)" fill="none"', page))
    corners = [c * [3, 2] + [1, 1] for c in polygons(lines, 1)]
    heights = [np.square(c).sum(axis=1) for c in corners]
    found = {level for h in heights for level in (1, 4) if np.allclose(h, level, atol=0.05)}
    assert found == {1, 4}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"f": 3}, "f: expected a function"),
        ({"f": lambda theta: theta}, r"f\(theta\)"),
        ({"xlim": (3, 1)}, "xlim: expected"),
        ({"levels": 3}, "levels: expected increasing heights, got int 3"),
        ({"said": ["one"]}, "said: expected 2 texts, got 1"),
        ({"paths": [], "said": []}, "said: expected 1 texts, got 0"),
        ({"paths": [{"B = 1": np.ones((2, 3))}] * 2}, r"paths\['B = 1'\]: expected shape"),
        (
            {"paths": [{"B = 1": np.full((2, 2), np.nan)}] * 2},
            r"paths\['B = 1'\]: expected at least",
        ),
        ({"paths": [PATHS[0], {"B = 1": np.ones((2, 2))}]}, "paths: expected the same titles"),
    ],
)
def test_bad_argument_of_descents_is_named(changed, error):
    with pytest.raises((TypeError, ValueError), match=error):
        slider.descents(**{**MAP, **changed})
