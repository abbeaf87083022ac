"""Activations: their values, their derivatives, and what they accept."""

from math import log

import mpmath
import numpy as np
import pytest

from previously import identity, numerical_gradient, relu, sigmoid, tanh

every_activation = pytest.mark.parametrize(
    "phi", [identity, sigmoid, tanh, relu], ids=lambda phi: phi.name
)


@pytest.mark.parametrize(
    ("phi", "o", "a"),
    [
        (identity, [-2.0, 0.0, 3.0], [-2.0, 0.0, 3.0]),
        (sigmoid, [-log(3), 0.0, log(3)], [1 / 4, 1 / 2, 3 / 4]),
        (tanh, [-log(2), 0.0, log(2)], [-3 / 5, 0.0, 3 / 5]),
        (relu, [-2.0, 0.0, 3.0], [0.0, 0.0, 3.0]),
    ],
    ids=["identity", "sigmoid", "tanh", "relu"],
)
def test_values_worked_out_by_hand(phi, o, a):
    np.testing.assert_allclose(phi(np.array(o)), a, rtol=1e-14)


@pytest.mark.parametrize(
    "o", [-1e308, -1e4, -745.0, -80.0, -37.0, -20.0, -1e-300, 1e-9, 2.5, 37.0, 1e4, 1e308]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_has_all_its_digits_however_large_its_argument(o, dtype):
    limits = np.finfo(dtype)
    o = dtype(np.clip(o, limits.min, limits.max))
    with mpmath.workdps(50):
        exact = 1 / (1 + mpmath.exp(-mpmath.mpf(float(o))))
        # The exponential of an argument that is rounded, too.
        assert abs(float(sigmoid(o)) - exact) < (2 + abs(o)) * limits.eps * exact + limits.tiny


@every_activation
def test_prime_is_the_derivative(phi):
    o = np.linspace(-4.0, 4.0, 40)  # an even number of points steps over relu's kink
    slope = numerical_gradient(lambda o: phi.f(o).sum(), o)
    np.testing.assert_allclose(phi.prime(o, phi.f(o)), slope, rtol=1e-7, atol=1e-9)


def test_relu_prime_is_zero_at_the_kink_by_definition():
    o = np.array([-5e-324, -0.0, 0.0, 5e-324])
    assert relu.prime(o, relu.f(o)).tolist() == [0.0, 0.0, 0.0, 1.0]


@every_activation
def test_float32_in_float32_out(phi):
    o = np.array([[-1.5, 0.0, 2.0]], dtype=np.float32)
    assert phi(o).dtype == np.float32
    assert phi.f(o).dtype == np.float32
    assert phi.prime(o, phi.f(o)).dtype == np.float32
    assert phi(np.float32(2.0)).dtype == np.float32


@every_activation
@pytest.mark.parametrize(
    "o", [2, [1, 2], np.arange(3), np.ones((2, 3))], ids=["number", "list", "integers", "array"]
)
def test_numbers_lists_and_integers_are_evaluated_as_floats(phi, o):
    floats = np.array(o, dtype=float)
    np.testing.assert_array_equal(phi(o), phi.f(floats))
    assert phi(o).dtype == float


@every_activation
def test_repr_is_the_same_in_every_run(phi):
    assert repr(phi) == f"Activation(name='{phi.name}')"
