"""Numerical gradients and relative errors of functions whose answers are known."""

import tracemalloc
from math import sqrt

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from previously import numerical_gradient, relative_error


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


def test_theta_is_not_changed_and_each_call_has_its_own():
    theta, asked = np.ones(3), []
    numerical_gradient(lambda t: asked.append(t) or t @ t, theta)
    np.testing.assert_array_equal(theta, np.ones(3))
    assert len({t.ctypes.data for t in [theta, *asked]}) == 7


@pytest.mark.parametrize(
    "kind", [float, int, np.float32, np.longdouble, np.array], ids=lambda kind: kind.__name__
)
def test_f_may_return_a_number_of_any_kind_and_differences_are_float64(kind):
    gradient = numerical_gradient(lambda t: kind(4.0 * t[0]), np.array([3.0]), eps=0.5)
    assert gradient.tolist() == [4.0]
    assert gradient.dtype == np.float64


def test_a_function_that_is_infinite_or_undefined_has_no_finite_gradient():
    values = iter([np.inf, 0.0, np.nan, 0.0])
    gradient = numerical_gradient(lambda t: next(values), np.zeros(2))
    np.testing.assert_array_equal(gradient, [np.inf, np.nan])


def test_memory_grows_as_the_parameters_and_not_as_their_square():
    theta = np.zeros(4000)
    tracemalloc.start()
    try:
        numerical_gradient(lambda t: 0.0, theta)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * theta.nbytes


def test_function_may_write_each_value_where_the_one_before_is():
    place = np.zeros(())
    gradient = numerical_gradient(lambda t: np.sum(t * t, out=place), np.array([1.0, 2.0]))
    np.testing.assert_allclose(gradient, [2.0, 4.0], rtol=1e-8)


def test_function_may_return_numbers_that_have_no_sign():
    falls = numerical_gradient(lambda t: np.uint8(1 if t[0] > 0 else 3), np.zeros(1), eps=1.0)
    assert falls.tolist() == [-1.0]


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


every_float = pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.float64, np.longdouble], ids=lambda dtype: dtype.__name__
)


@every_float
@pytest.mark.parametrize("size", ["max", "tiny", "smallest_subnormal"])
def test_relative_error_of_the_largest_and_smallest_numbers(dtype, size):
    v = getattr(np.finfo(dtype), size)
    a, zero = np.full(100, v, dtype), np.zeros(100, dtype)
    assert relative_error(a, a) == 0.0
    assert relative_error(a, -a) == 1.0
    assert relative_error(a, zero) == 1.0
    half = np.concatenate([a[:50], zero[:50]])  # √50 v from a, which is 10 v long
    assert relative_error(a, half) == pytest.approx(1 / (1 + sqrt(2)), rel=1e-15)


def test_relative_error_of_a_difference_far_smaller_than_the_numbers():
    assert relative_error([1.0, 1e-170], [1.0, -1e-170]) == 1e-170
    # Scaling must not cost a digit of a difference that cancels.
    a, b = 3.0, np.nextafter(3.0, 4.0)
    assert relative_error([a], [b]) == (b - a) / (a + b)


@every_float
def test_relative_error_has_the_digits_of_its_numbers(dtype):
    eps = np.finfo(dtype).eps
    error = relative_error(np.array([1.0, 0.0], dtype), np.array([1.0, eps], dtype))
    assert error == pytest.approx(float(eps) / 2, rel=1e-2)


@pytest.mark.parametrize("other", [np.nan, np.inf, -np.inf])
def test_relative_error_of_what_is_not_finite_is_nan(other):
    assert np.isnan(relative_error([1.0, other], [1.0, 2.0]))
    assert np.isnan(relative_error([1.0, 2.0], [1.0, other]))
    assert np.isnan(relative_error([other], [other]))


def test_relative_error_of_nothing_is_zero():
    assert relative_error([], []) == 0.0


vectors = arrays(float, 3, elements=st.floats(allow_nan=False, allow_infinity=False))


@given(a=vectors, b=vectors)
def test_relative_error_is_symmetric_and_between_0_and_1(a, b):
    assert relative_error(a, b) == relative_error(b, a)
    assert 0.0 <= relative_error(a, b) <= 1.0 + 1e-15


def exact_relative_error(a, b):
    with mpmath.workdps(800):  # squares of float64 reach from 1e-648 to 1e617
        a, b = ([mpmath.mpf(x) for x in v.tolist()] for v in (a, b))
        scale = mpmath.norm(a) + mpmath.norm(b)
        difference = mpmath.norm([x - y for x, y in zip(a, b, strict=True)])
        return float(difference / scale) if scale else 0.0


@given(a=vectors, b=vectors)
def test_relative_error_against_mpmath(a, b):
    exact = exact_relative_error(a, b)
    assert relative_error(a, b) == pytest.approx(exact, rel=1e-14, abs=1e-307)
