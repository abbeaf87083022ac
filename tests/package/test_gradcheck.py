"""Numerical gradients and relative errors of functions whose answers are known."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from previously import numerical_gradient, relative_error


@pytest.mark.equation("eq-central-difference")
def test_differences_are_central_and_of_step_eps():
    # ((x + ε)³ − (x − ε)³) / 2ε = 3x² + ε², and (x + ε) − (x − ε) = 2ε: exact in binary.
    gradient = numerical_gradient(lambda t: t[0] ** 3 + 5.0 * t[1], np.array([1.0, -2.0]), eps=0.5)
    assert gradient.tolist() == [3.25, 5.0]


def test_f_is_called_a_millionth_to_both_sides_of_each_coordinate():
    asked = []
    numerical_gradient(lambda t: asked.append(t) or 0.0, np.array([1.0, -2.0]))
    steps = [[1e-6, 0.0], [-1e-6, 0.0], [0.0, 1e-6], [0.0, -1e-6]]
    np.testing.assert_allclose(np.array(asked) - [1.0, -2.0], steps, atol=1e-15)


def test_gradient_of_a_known_function():
    theta = np.array([0.3, -1.2, 2.0])
    gradient = numerical_gradient(lambda t: np.sin(t[0]) * t[1] + np.exp(-t[2]), theta)
    exact = [np.cos(0.3) * -1.2, np.sin(0.3), -np.exp(-2.0)]
    np.testing.assert_allclose(gradient, exact, rtol=1e-9)


def test_theta_is_not_changed_and_differences_are_float64():
    theta = np.ones(3, dtype=np.float32)
    gradient = numerical_gradient(lambda t: t @ t, theta)
    np.testing.assert_allclose(gradient, [2.0, 2.0, 2.0], rtol=1e-9)
    assert gradient.dtype == np.float64
    np.testing.assert_array_equal(theta, np.ones(3))


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0.0),
        ([3.0, 4.0], [-3.0, -4.0], 1.0),
        ([1.0, 0.0], [0.0, 1.0], sqrt(2) / 2),
        ([3, 4], [0, 0], 1.0),
        ([0.0], [0.0], 0.0),
        (np.full((2, 2), 3.0), np.full((2, 2), 1.0), 0.5),
    ],
    ids=["equal", "opposite", "orthogonal", "one zero", "both zero", "matrices"],
)
def test_relative_error_of_known_vectors(a, b, error):
    assert relative_error(a, b) == pytest.approx(error, rel=1e-15)
    assert type(relative_error(a, b)) is float


vectors = arrays(float, 3, elements=st.floats(-1e100, 1e100))


@given(a=vectors, b=vectors)
def test_relative_error_is_symmetric_and_between_0_and_1(a, b):
    assert relative_error(a, b) == relative_error(b, a)
    assert 0.0 <= relative_error(a, b) <= 1.0 + 1e-15
