"""Plots: what is drawn is what was given, on the axes that were given."""

import re
from io import StringIO
from itertools import pairwise
from xml.etree import ElementTree

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from previously import MLP, plot

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0]])
Y = np.array([[1.0], [0.0], [0.0], [1.0], [1.0]])


def slanted(x):
    """Negative below a slanted line, positive above it."""
    return x[:, 1:] - 2 * x[:, :1] - 0.25


def drawings():
    """Each plot function with arguments that suit it, waiting for axes."""
    yield pytest.param(
        lambda **ax: plot.contours(lambda theta: theta @ theta, (-1, 1), (-1, 1), **ax),
        id="contours",
    )
    yield pytest.param(lambda **ax: plot.path([[0, 0], [1, 1]], **ax), id="path")
    yield pytest.param(lambda **ax: plot.network(MLP((2, 3, 1)), **ax), id="network")
    yield pytest.param(lambda **ax: plot.points(X, Y, **ax), id="points")
    yield pytest.param(
        lambda **ax: plot.regions(slanted, (-1, 1), (-1, 1), **ax),
        id="regions",
    )
    yield pytest.param(
        lambda **ax: plot.carried_grid(np.sinh, slanted, (-1, 1), (-1, 1), **ax),
        id="carried_grid",
    )


every_plot = pytest.mark.parametrize("draw", list(drawings()))


@every_plot
def test_given_axes_are_drawn_on_and_returned(draw):
    _, (left, right) = plt.subplots(1, 2)
    assert draw(ax=left) is left
    assert left.has_data()
    assert not right.has_data()


@every_plot
def test_the_current_axes_are_drawn_on_when_none_are_given(draw):
    _, (left, right) = plt.subplots(1, 2)
    plt.sca(left)
    assert draw() is left
    assert left.has_data()
    assert not right.has_data()


@pytest.mark.parametrize(
    "thetas",
    [
        [np.array([0.0, 1.0]), np.array([2.0, -1.0]), np.array([3.0, 5.0])],
        np.array([[0.0, 1.0], [2.0, -1.0], [3.0, 5.0]]),
    ],
    ids=["list of thetas", "array"],
)
def test_path_goes_through_the_thetas_in_their_order(thetas):
    (line,) = plot.path(thetas).lines
    np.testing.assert_array_equal(line.get_xydata(), thetas)


def test_a_path_is_a_thin_line_with_a_small_dot_at_each_theta():
    (line,) = plot.path([[0, 0], [1, 2]]).lines
    assert (line.get_linestyle(), line.get_linewidth()) == ("-", 1)
    assert (line.get_marker(), line.get_markersize()) == (".", 3)


def test_path_takes_the_properties_of_a_line():
    (line,) = plot.path([[0, 0], [1, 1]], color="#0064a8", marker="x", label="descent").lines
    assert (line.get_color(), line.get_marker(), line.get_label()) == ("#0064a8", "x", "descent")


def test_path_takes_the_short_names_of_properties_too():
    (line,) = plot.path([[0, 0], [1, 1]], lw=2, ms=5, c="#0064a8", ls="--").lines
    assert (line.get_linewidth(), line.get_markersize()) == (2, 5)
    assert (line.get_color(), line.get_linestyle()) == ("#0064a8", "--")


def test_a_path_that_diverges_is_drawn_as_far_as_it_can_be():
    (line,) = plot.path([[0, 0], [np.inf, -np.inf], [np.nan, np.nan]]).lines
    np.testing.assert_array_equal(line.get_xdata(), [0, np.inf, np.nan])


def test_contours_evaluate_f_on_the_grid_of_the_limits():
    seen = []

    def f(theta):
        seen.append(theta.tolist())
        return theta @ theta

    ax = plot.contours(f, (-1, 1), (2, 6), resolution=3)
    assert sorted(seen) == [[x, y] for x in (-1.0, 0.0, 1.0) for y in (2.0, 4.0, 6.0)]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (2, 6))
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"$\theta_1$", r"$\theta_2$")


def test_contour_lines_lie_where_f_has_their_level():
    def f(theta):
        return theta[0] + 10.0 * theta[1]

    (lines,) = plot.contours(f, (-1, 1), (-2, 2), levels=[-6.0, 0.5, 7.0]).collections
    assert lines.levels.tolist() == [-6.0, 0.5, 7.0]
    for level, line in zip(lines.levels, lines.get_paths(), strict=True):
        assert len(line.vertices) > 2
        np.testing.assert_allclose([f(theta) for theta in line.vertices], level, rtol=1e-12)


def test_default_levels_and_resolution():
    calls = []
    (lines,) = plot.contours(lambda theta: calls.append(1) or theta[0], (0, 1), (0, 1)).collections
    assert 12 <= len(lines.levels) <= 18  # 16 or so: matplotlib rounds the heights
    assert len(calls) == 81 * 81


def test_points_are_where_they_were_given_class_by_class():
    zero, one = plot.points(X, Y).collections
    np.testing.assert_array_equal(zero.get_offsets(), X[[1, 2]])
    np.testing.assert_array_equal(one.get_offsets(), X[[0, 3, 4]])


def test_classes_differ_in_colour_and_in_shape():
    zero, one = plot.points(X, Y, shade=0.5).collections
    plt.gcf().canvas.draw()
    assert zero.get_facecolor()[0] == pytest.approx(
        matplotlib.colors.to_rgba(plot.COLORS["blue"]), abs=0.01
    )
    assert one.get_facecolor()[0] == pytest.approx(
        matplotlib.colors.to_rgba(plot.COLORS["orange"]), abs=0.01
    )
    assert len(zero.get_paths()[0].vertices) > len(one.get_paths()[0].vertices)  # circle, triangle


def test_each_point_has_its_own_shade():
    zero, one = plot.points(X, Y, shade=np.array([0.0, 0.9, 0.1, 0.5, 1.0])).collections
    plt.gcf().canvas.draw()
    for mine, brightest_first in ((zero, [1, 0]), (one, [0, 1, 2])):
        brightness = mine.get_facecolor()[:, :3].sum(axis=1)
        assert np.argsort(-brightness).tolist() == brightest_first


def test_points_take_the_properties_of_markers():
    for mine in plot.points(X, Y, s=99, zorder=7).collections:
        assert (mine.get_sizes().tolist(), mine.get_zorder()) == ([99], 7)


@pytest.mark.parametrize(
    "style",
    [
        {"linewidths": 2, "edgecolors": "red"},
        {"linewidth": 2, "edgecolor": "red"},
        {"lw": 2, "ec": "red"},
    ],
    ids=["plural", "singular", "short"],
)
def test_points_take_every_name_of_a_property(style):
    for mine in plot.points(X, Y, **style).collections:
        assert mine.get_linewidths().tolist() == [2]
        assert mine.get_edgecolors().tolist() == [[1, 0, 0, 1]]


@pytest.mark.parametrize("name", ["c", "color", "facecolor", "facecolors", "fc"])
def test_a_colour_for_points_replaces_their_shades_and_leaves_their_shapes(name):
    zero, one = plot.points(X, Y, shade=0.5, **{name: "red"}).collections
    plt.gcf().canvas.draw()
    assert zero.get_facecolors().tolist() == one.get_facecolors().tolist() == [[1, 0, 0, 1]]
    assert len(zero.get_paths()[0].vertices) > len(one.get_paths()[0].vertices)


def test_points_take_a_property_for_each_of_them():
    marked = plot.points(X, Y, linewidth=np.arange(len(X)) + 1.0, color=["red"] * len(X))
    for label, mine in enumerate(marked.collections):
        assert [*mine.get_linewidths()] == [*np.flatnonzero(Y[:, 0] == label) + 1]


def test_a_marker_without_a_face_has_no_edge_to_warn_of():
    for mine in plot.points(X, Y, marker="x").collections:
        assert len(mine.get_offsets())


def test_a_marker_for_points_replaces_those_of_the_classes():
    zero, one = plot.points(X, Y, marker="s").collections
    assert zero.get_paths()[0].vertices.tolist() == one.get_paths()[0].vertices.tolist()


def test_the_line_between_the_regions_is_where_the_score_is_zero():
    ax = plot.regions(slanted, (-1, 1), (-2, 2), resolution=11)
    line = ax.collections[-1].get_paths()[0]
    assert len(line.vertices) > 2
    np.testing.assert_allclose(slanted(line.vertices), 0, atol=1e-12)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (-2, 2))


def light(color):
    """The colour as an area has it: half of it is white, and three tenths cover what is below."""
    return pytest.approx([*(0.5 + 0.5 * np.array(matplotlib.colors.to_rgb(color))), 0.3])


def test_regions_have_the_colours_of_their_classes_up_to_the_line_between():
    areas, line = plot.regions(slanted, (-1, 1), (-2, 2)).collections
    below, above = areas.get_paths()
    blue, orange = areas.get_facecolor().tolist()
    assert blue == light(plot.COLORS["blue"])
    assert orange == light(plot.COLORS["orange"])
    x = np.random.default_rng(0).uniform((-1, -2), (1, 2), (1000, 2))
    positive = slanted(x)[:, 0] > 0
    np.testing.assert_array_equal(below.contains_points(x), ~positive)
    np.testing.assert_array_equal(above.contains_points(x), positive)
    assert line.get_edgecolor()[0] == pytest.approx(matplotlib.colors.to_rgba(plot.INK))


@pytest.mark.parametrize(("sign", "colour"), [(-1.0, 2), (1.0, 0)])
def test_a_plane_of_one_class_has_one_colour_and_no_line(sign, colour):
    ax = plot.regions(lambda x: sign + 0 * x[:, :1], (-1, 1), (-1, 1), resolution=3)
    areas, line = ax.collections
    halves = dict(zip((2, 0), areas.get_paths(), strict=True))
    assert halves.pop(colour).contains_point((0.3, 0.3))
    assert not any(path.contains_point((0.3, 0.3)) for path in halves.values())
    assert all(len(path.vertices) == 0 for path in line.get_paths())


def carry(x):
    return np.stack([x[:, 0] + x[:, 1] ** 2, 3 * x[:, 1]], axis=1)


def test_every_point_of_the_grid_is_carried_and_drawn_once():
    ax = plot.carried_grid(carry, slanted, (-1, 1), (-2, 2), lines=3, resolution=5)
    drawn = np.concatenate([line.get_xydata() for line in ax.lines])
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    down = [(x, y) for x in (-1, 0, 1) for y in (-2, -1, 0, 1, 2)]
    across = [(x, y) for x in (-1, -0.5, 0, 0.5, 1) for y in (-2, 0, 2)]
    expected = carry(np.array(down + across, float))
    np.testing.assert_allclose(sorted(drawn.tolist()), sorted(expected.tolist()))


def test_the_grid_is_coloured_by_the_score_of_the_point_it_came_from():
    ax = plot.carried_grid(carry, slanted, (-1, 1), (-2, 2))
    other_side = {}
    for line in ax.lines:
        u, v = line.get_xydata()[~np.isnan(line.get_xydata()).any(axis=1)].T
        carried = np.stack([u, v], axis=1)
        origin = np.stack([u - (v / 3) ** 2, v / 3], axis=1)
        np.testing.assert_allclose(carry(origin), carried, atol=1e-12)
        positive, sure = slanted(origin)[:, 0] > 0, np.abs(slanted(origin)[:, 0]) > 1e-9
        color = line.get_color()
        assert (positive == (color == plot.COLORS["orange"]))[sure].all()
        others = (slanted(carried)[:, 0] > 0) != positive
        other_side[color] = other_side.get(color, 0) + others.sum()
    # The map carries points of each colour to the other side, so its images would not do.
    assert set(other_side) == {plot.COLORS["blue"], plot.COLORS["orange"]}
    assert min(other_side.values()) > 100


def test_a_grid_has_19_fine_lines_each_way_by_default():
    ax = plot.carried_grid(lambda x: x, lambda x: 1 + 0 * x[:, :1], (0, 4), (0, 8))
    shown = [line.get_xydata() for line in ax.lines if not np.isnan(line.get_xydata()).any()]
    assert [len(x) for x in shown] == [1000] * 38


def test_lines_of_the_grid_connect_neighbours():
    ax = plot.carried_grid(lambda x: x, lambda x: 1 + 0 * x[:, :1], (0, 4), (0, 8), lines=3)
    shown = [line.get_xydata() for line in ax.lines if not np.isnan(line.get_xydata()).any()]
    assert len(shown) == 6
    for x in shown:
        fixed, moving = (0, 1) if np.ptp(x[:, 0]) == 0 else (1, 0)
        assert np.ptp(x[:, fixed]) == 0
        assert np.all(np.diff(x[:, moving]) > 0)


def contrast_on_white(color):
    """WCAG 2: 1.05 over the relative luminance of the colour plus 0.05."""
    channels = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


@pytest.mark.parametrize("color", [*plot.COLORS.values(), plot.INK, plot.GREY])
def test_colours_can_be_read_on_white(color):
    assert contrast_on_white(color) >= 4.5


def test_style_is_one_that_matplotlib_knows_and_cycles_through_the_colours():
    with plt.rc_context(plot.STYLE):
        lines = plt.figure().gca().plot(np.ones((2, 4)), np.ones((2, 4)))
    assert [line.get_color() for line in lines] == list(plot.COLORS.values())


def drawn():
    """A figure with a region, a curve, text, and markers."""
    figure, ax = plt.subplots()
    plot.regions(slanted, (-1, 1), (-1, 1), ax)
    plot.path(np.random.default_rng(0).normal(size=(9, 2)), ax)
    ax.set_title("a title")
    return figure


def test_svg_is_the_same_text_at_each_run():
    assert plot.svg(drawn()) == plot.svg(drawn())
    assert "\n" not in plot.svg(drawn())
    ElementTree.fromstring(plot.svg(drawn()))


def test_svg_is_the_file_that_matplotlib_saves_with_places_to_a_tenth():
    figure, file = drawn(), StringIO()
    figure.savefig(file, format="svg", bbox_inches="tight")
    texts = [
        " ".join(re.findall(' (?:d|x|y)="([^"]*)"', text))
        for text in (file.getvalue(), plot.svg(figure))
    ]
    expected, found = ([float(n) for n in re.findall(r"-?\d+\.?\d*", text)] for text in texts)
    np.testing.assert_allclose(found, expected, atol=0.05 + 1e-9)
    assert not re.search(r"\.\d\d", texts[1])


def test_svg_holds_the_areas_of_a_region_as_a_picture_and_its_line_as_a_line():
    text = plot.svg(drawn())
    assert text.count("<image") == 1


def test_a_network_has_a_circle_a_unit_in_a_column_a_layer_each_around_the_same_height():
    ax = plot.network(MLP((2, 3, 4, 1)))
    units = [circles.get_offsets().tolist() for circles in ax.collections]
    assert units == [
        [[0, -0.5], [0, 0.5]],
        [[1, -1], [1, 0], [1, 1]],
        [[2, -1.5], [2, -0.5], [2, 0.5], [2, 1.5]],
        [[3, 0]],
    ]


def test_a_network_joins_each_unit_with_each_unit_of_the_next_layer_behind_the_circles():
    ax = plot.network(MLP((2, 3, 4, 1)))
    columns = [circles.get_offsets().tolist() for circles in ax.collections]
    for line, (left, right) in zip(ax.lines, pairwise(columns), strict=True):
        starts, ends, gaps = line.get_xydata().reshape(-1, 3, 2).swapaxes(0, 1)
        assert [*zip(starts.tolist(), ends.tolist())] == [(a, b) for a in left for b in right]
        assert np.isnan(gaps).all()
    assert max(line.get_zorder() for line in ax.lines) < min(c.get_zorder() for c in ax.collections)
    assert {tuple(c.get_facecolor()[0]) for c in ax.collections} == {(1.0, 1.0, 1.0, 1.0)}


def test_what_leads_to_a_layer_of_a_network_has_one_colour():
    ax = plot.network(MLP((2, 3, 4, 1)))
    blue, orange, green, _ = plot.COLORS.values()
    colours = {1: blue, 2: orange, 3: green}
    for line in ax.lines:
        assert line.get_color() == colours[line.get_xdata()[1]]
    edges = [matplotlib.colors.to_hex(circles.get_edgecolor()[0]) for circles in ax.collections]
    assert edges == [plot.INK, blue, orange, green]
    written = {text.get_text(): text.get_color() for text in ax.texts}
    assert written == {
        "$a^{(0)} = x$": plot.INK,
        "$w^{(0)}, b^{(0)}$": blue,
        "$o^{(1)}, a^{(1)}$": blue,
        "$w^{(1)}, b^{(1)}$": orange,
        "$o^{(2)}, a^{(2)}$": orange,
        "$w^{(2)}, b^{(2)}$": green,
        "$o^{(3)}, a^{(3)}$": green,
    }


def test_the_names_of_a_network_stand_below_its_layers_and_above_what_joins_them():
    ax = plot.network(MLP((2, 3, 4, 1)))
    low, high = ax.get_ylim()
    assert low < -2
    assert high > 2
    for text in ax.texts:
        x, y = text.get_position()
        l = int(text.get_text().split("^{(")[1][0])
        above = text.get_text().startswith("$w")
        assert x == (l + 0.5 if above else l)
        assert (1.5 < y < high) if above else (low < y < -1.5)
    assert not ax.axison


def test_functions_may_work_in_the_place_of_their_points():
    def turned(x):
        return np.negative(x, out=x)

    figures = [plt.figure() for _ in range(2)]
    for figure, carry in zip(figures, (turned, np.negative)):
        plot.carried_grid(carry, lambda x: x[:, :1], (-1, 1), (-1, 1), ax=figure.subplots())
    assert plot.svg(figures[0]) == plot.svg(figures[1])


def test_regions_know_scores_of_few_digits():
    areas, _ = plot.regions(
        lambda x: slanted(x).astype(np.float32), (-1, 1), (-2, 2), plt.figure().gca()
    ).collections
    wide, _ = plot.regions(slanted, (-1, 1), (-2, 2), plt.figure().gca()).collections
    for mine, theirs in zip(areas.get_paths(), wide.get_paths(), strict=True):
        assert len(mine.vertices) == len(theirs.vertices) > 0


def test_regions_know_infinite_scores():
    figures = [plt.figure() for _ in range(2)]
    for figure, high in zip(figures, (np.inf, 1e300)):
        plot.regions(
            lambda x, h=high: np.where(x[:, :1] > 0.3, h, -h), (0, 1), (0, 1), ax=figure.subplots()
        )
    assert plot.svg(figures[0]) == plot.svg(figures[1])
