"""Losses: values and gradients against exact ones, however large the logits."""

from math import isfinite, log

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from previously import (
    accuracy,
    cross_entropy,
    logistic,
    numerical_gradient,
    relative_error,
    softmax,
    squared_error,
)

mpmath.mp.dps = 50

LARGE = [1e-300, 1e-16, 0.5, 3.0, 36.0, 37.5, 700.0, 708.0, 710.0, 745.0, 750.0, 1e4]
every_logit = pytest.mark.parametrize("o", [0.0, *LARGE, *(-o for o in LARGE)])
both_labels = pytest.mark.parametrize("y", [0, 1])

every_row = pytest.mark.parametrize(
    "row",
    [
        pytest.param([0.0, 0.0], id="tie"),
        pytest.param([1e4, -1e4], id="far apart"),
        pytest.param([1e4, 1e4, 1e4], id="tie far from zero"),
        pytest.param([1e4, 1e4 - 1e-9, -1e4], id="near tie far from zero"),
        pytest.param([-1e4, -1e4 + 40.0, -1e4 + 40.0], id="one class at 1e-18"),
        pytest.param([710.0, 0.0, -710.0, 1e-300], id="where exp overflows"),
        *[
            pytest.param(
                (scale * np.random.default_rng(0).uniform(-1.0, 1.0, size=10)).tolist(),
                id=f"ten up to {scale:g}",
            )
            for scale in (1.0, 30.0, 700.0, 1e4)
        ],
    ],
)


every_loss = pytest.mark.parametrize(
    ("loss", "y"),
    [
        (squared_error, [[0.5, -1.0, 2.0], [0.0, 0.3, 1.0]]),
        (logistic, [[0.0], [1.0]]),
        (cross_entropy, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
    ],
    ids=["squared_error", "logistic", "cross_entropy"],
)


def exact_logistic(o, y):
    """−log of the probability 1 / (1 + exp(−(2y − 1) o)) given to the class y."""
    return mpmath.log1p(mpmath.exp(-(2 * y - 1) * mpmath.mpf(o)))


def exact_cross_entropy(row, k):
    """−log of the probability exp(oₖ) / Σⱼ exp(oⱼ) given to the class k."""
    others = (mpmath.exp(mpmath.mpf(o) - mpmath.mpf(row[k])) for j, o in enumerate(row) if j != k)
    return mpmath.log1p(mpmath.fsum(others))


def exact_softmax(row):
    exp = [mpmath.exp(mpmath.mpf(o)) for o in row]
    return [e / mpmath.fsum(exp) for e in exp]


def one_pair(o, y):
    return np.array([[o]]), np.array([[float(y)]])


def one_hot_pair(row, k):
    return np.array([row]), np.eye(len(row))[[k]]


# Values


def test_squared_error_sums_over_outputs_and_averages_over_rows():
    a, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 4.0], [3.0, 1.0]])
    assert squared_error(a, y) == (1 + 4 + 0 + 9) / 2
    np.testing.assert_array_equal(squared_error.grad(a, y), [[1.0, -2.0], [0.0, 3.0]])


@pytest.mark.parametrize(
    "y", [[[0.5, 2.0]], [[0.0, 1.0]], [[1.0]]], ids=["real", "one-hot", "binary"]
)
def test_squared_error_takes_targets_of_every_kind(y):
    assert squared_error(np.zeros_like(y), np.array(y)) == np.square(y).sum()


@every_logit
@both_labels
def test_logistic_against_mpmath(o, y):
    exact = exact_logistic(o, y)
    error = abs(logistic(*one_pair(o, y)) - exact)
    assert error <= 1e-12 * max(1, abs(exact))
    if exact >= np.finfo(float).tiny:
        assert error <= 1e-12 * exact


@every_row
def test_cross_entropy_against_mpmath(row):
    for k in range(len(row)):
        exact = exact_cross_entropy(row, k)
        assert abs(cross_entropy(*one_hot_pair(row, k)) - exact) <= 1e-12 * max(1, abs(exact))


@pytest.mark.parametrize("o", [[0.0, 1.0, -np.inf], [-np.inf, 1.0, 0.0]])
def test_a_class_that_is_ruled_out_costs_cross_entropy_nothing(o):
    (o, y), finite = one_hot_pair(o, 1), one_hot_pair([0.0, 1.0], 1)
    assert cross_entropy(o, y) == cross_entropy(*finite)
    np.testing.assert_array_equal(cross_entropy.grad(o, y)[np.isinf(o)], 0.0)


@pytest.mark.parametrize(
    ("loss", "o", "y"),
    [
        (logistic, [[0.3], [-2.0], [7.0]], [[1.0], [1.0], [0.0]]),
        (
            cross_entropy,
            [[0.3, 1.0], [-2.0, 4.0], [7.0, 7.5]],
            [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]],
        ),
    ],
    ids=["logistic", "cross_entropy"],
)
def test_the_loss_of_many_rows_is_the_mean_over_the_rows(loss, o, y):
    o, y = np.array(o), np.array(y)
    alone = [loss(o[[i]], y[[i]]) for i in range(3)]
    assert loss(o, y) == pytest.approx(sum(alone) / 3, rel=1e-14)
    gradients = [loss.grad(o[[i]], y[[i]]) for i in range(3)]
    np.testing.assert_allclose(loss.grad(o, y), np.concatenate(gradients) / 3, rtol=1e-14)


# Gradients


@every_logit
@both_labels
def test_logistic_gradient_against_mpmath(o, y):
    exact = 1 / (1 + mpmath.exp(-mpmath.mpf(o))) - y
    assert abs(logistic.grad(*one_pair(o, y)).item() - exact) <= 1e-15


@every_row
def test_cross_entropy_gradient_against_mpmath(row):
    for k in range(len(row)):
        exact = [p - (j == k) for j, p in enumerate(exact_softmax(row))]
        (gradient,) = cross_entropy.grad(*one_hot_pair(row, k))
        assert all(abs(g - e) <= 1e-15 for g, e in zip(gradient.tolist(), exact, strict=True))


def arguments(y, dtype=float):
    y = np.array(y, dtype=dtype)
    return np.random.default_rng(0).normal(size=y.shape).astype(dtype), y


@every_loss
def test_grad_is_the_gradient(loss, y):
    a, y = arguments(y)
    numerical = numerical_gradient(lambda a: loss(a.reshape(y.shape), y), a.ravel())
    assert relative_error(loss.grad(a, y).ravel(), numerical) < 1e-9


@every_loss
def test_value_is_a_python_float_and_float32_stays_float32(loss, y):
    a, y = arguments(y, np.float32)
    assert type(loss(a, y)) is float
    assert loss.f(a, y).dtype == np.float32
    assert loss.grad(a, y).dtype == np.float32


@every_loss
def test_repr_is_the_same_in_every_run(loss, y):
    assert repr(loss).startswith(f"Loss(name='{loss.name}', targets=(")
    assert "0x" not in repr(loss)


# Every finite logit. A difference of two logits must be finite as well, so cross-entropy and
# softmax are drawn from half the range.

finite = st.floats(allow_nan=False, allow_infinity=False)
half_of_finite = st.floats(-8e307, 8e307)
rows_of_logits = st.integers(2, 5).flatmap(lambda K: arrays(float, (1, K), elements=half_of_finite))


@given(o=finite, y=st.sampled_from([0, 1]))
def test_logistic_lies_within_log_2_above_the_margin_loss(o, y):
    margin_loss = max(0.0, -(2 * y - 1) * o)
    value = logistic(*one_pair(o, y))
    assert isfinite(value)
    assert margin_loss <= value <= (margin_loss + log(2)) * (1 + 1e-14)
    assert 0.0 <= -(2 * y - 1) * logistic.grad(*one_pair(o, y)).item() <= 1.0


@given(o=rows_of_logits, data=st.data())
def test_cross_entropy_lies_within_log_K_above_the_margin_loss(o, data):
    K = o.shape[1]
    k = data.draw(st.integers(0, K - 1))
    margin_loss = (o.max() - o[0, k]).item()
    value = cross_entropy(o, np.eye(K)[[k]])
    assert isfinite(value)
    assert margin_loss <= value <= (margin_loss + log(K)) * (1 + 1e-14)


@every_row
def test_softmax_against_mpmath(row):
    (probabilities,) = softmax(np.array([row]))
    for ours, exact in zip(probabilities.tolist(), exact_softmax(row), strict=True):
        assert abs(ours - exact) <= 1e-15


@given(o=rows_of_logits)
def test_softmax_makes_probabilities_in_the_order_of_the_logits(o):
    probabilities = softmax(o)
    assert probabilities.sum() == pytest.approx(1.0, rel=1e-14)
    assert (probabilities >= 0.0).all()
    assert (np.diff(probabilities[0, o[0].argsort()]) >= -1e-15).all()


def test_softmax_goes_row_by_row_and_keeps_float32():
    o = np.log([[1.0, 3.0], [3.0, 2.0]])
    np.testing.assert_allclose(softmax(o), [[1 / 4, 3 / 4], [3 / 5, 2 / 5]], rtol=1e-14)
    assert softmax(o.astype(np.float32)).dtype == np.float32


# Accuracy


@pytest.mark.parametrize(
    ("o", "y", "share"),
    [
        ([[-1.0], [2.0], [3.0], [-4.0]], [[0.0], [1.0], [0.0], [0.0]], 3 / 4),
        ([[0.0], [0.0], [1.0]], [[0.0], [0.0], [0.0]], 2 / 3),
        ([[0.9], [0.1]], [[1.0], [1.0]], 1.0),
        (
            [[1.0, 5.0, 2.0], [0.0, -1.0, -2.0], [3.0, 1.0, 2.0]],
            [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
            2 / 3,
        ),
        ([[np.inf], [-np.inf], [-np.inf]], [[1.0], [0.0], [1.0]], 2 / 3),
    ],
    ids=[
        "sign of one logit",
        "logit zero is class 0",
        "a logit is no probability",
        "largest of K",
        "infinite",
    ],
)
def test_accuracy_is_the_share_of_right_rows(o, y, share):
    assert accuracy(np.array(o), np.array(y)) == share
