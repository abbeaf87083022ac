"""Code twins of what the chapter on SGD derives and no function of the package computes."""

from itertools import repeat

import notebooks
import numpy as np
import pytest
from bench import report

from previously import MLP, Dataset, logistic, objective

rng = np.random.default_rng


@pytest.fixture(scope="module")
def chapter():
    """The functions of the cell that defines momentum and Adam."""
    cells = notebooks.read(notebooks.BOOK / "sgd.ipynb").cells
    (code,) = (cell.source for cell in cells if cell.id == "momentum-adam")
    names = {"np": np}
    exec(code, names)
    return names


@pytest.mark.equation("eq-variance")
def test_variance_is_the_mean_square_of_what_sets_each_gradient_apart():
    x = rng(0).normal(size=(7, 1))
    dataset, theta = Dataset(x, np.arange(7)[:, None] % 2.0), np.array([1.5, -0.5])
    _, gradient = objective(MLP((1, 1)), logistic)
    single = np.array([gradient(dataset[[i]], theta) for i in range(7)])
    apart = [np.sum((g - gradient(dataset, theta)) ** 2) for g in single]
    assert np.mean(apart) == pytest.approx(np.var(single, axis=0).sum(), rel=1e-12)


@pytest.mark.equation("eq-floor")
def test_floor_is_where_noise_and_slope_balance():
    eta, B, curvatures, c = 0.3, 4, np.array([0.1, 1.7, 5.0]), np.array([0.4, 2.0, 0.7])
    squares = np.zeros(3)  # of the distance along each direction, on average
    for _ in range(3000):
        squares = (1 - eta * curvatures) ** 2 * squares + eta**2 * c / B
    floor = eta / (2 * B) * np.sum(c / (2 - eta * curvatures))
    assert np.sum(curvatures * squares) / 2 == pytest.approx(floor, rel=1e-12)


def recorded(descend, eta, **options):
    """Some steps from (1, −2) on gradients that are drawn, and these gradients."""
    slopes = rng(1).normal(size=(5, 2)) * [1.0, 100.0]
    steps = descend(lambda t, theta: slopes[t], np.array([1.0, -2.0]), range(5), eta, **options)
    return np.array([[1.0, -2.0], *steps]), slopes


def average(values, beta):
    """Σ (1 − β) βᵗ⁻ˢ xₛ: a moving average from 0, written out."""
    t = np.arange(len(values))
    weights = np.where(t[:, None] >= t, (1 - beta) * beta ** np.maximum(t[:, None] - t, 0), 0)
    return weights @ values


@pytest.mark.equation("eq-momentum")
@pytest.mark.equation("eq-momentum-step")
def test_momentum_steps_along_a_moving_average(chapter):
    thetas, slopes = recorded(chapter["momentum"], 0.3, beta=0.8)
    np.testing.assert_allclose(np.diff(thetas, axis=0), -0.3 * average(slopes, 0.8), rtol=1e-12)


@pytest.mark.equation("eq-adam")
@pytest.mark.equation("eq-adam-step")
def test_adam_divides_by_the_root_of_the_average_square(chapter):
    thetas, slopes = recorded(chapter["adam"], 0.3, beta=0.8, beta_2=0.95)
    t = np.arange(1, 6)[:, None]
    m = average(slopes, 0.8) / (1 - 0.8**t)
    q = average(slopes**2, 0.95) / (1 - 0.95**t)
    np.testing.assert_allclose(np.diff(thetas, axis=0), -0.3 * m / np.sqrt(q), rtol=1e-10)


def test_momentum_without_memory_is_gradient_descent(chapter):
    steps = chapter["momentum"](lambda _, theta: theta, np.ones(2), repeat(None), 0.25, beta=0)
    assert [next(steps)[0] for _ in range(3)] == [0.75, 0.5625, 0.421875]


def test_more_examples_a_step_take_as_much_longer_as_the_chapter_says():
    """«Thirty-two times as many examples make a step about three times as long.»"""
    rows = (row for row in report.read("growth") if row["axis"] == "B")
    seconds = {row["size"]: row["us"] for row in rows}
    assert 2.5 < seconds[8 * 32] / seconds[8] < 3.5
