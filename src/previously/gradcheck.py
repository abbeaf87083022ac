"""Checking a gradient: central differences, one coordinate at a time."""

from collections.abc import Callable
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from ._check import callable_, double, floats, number, one_number, real


def numerical_gradient(
    f: Callable[[np.ndarray], float], theta: np.ndarray, eps: float = 1e-6
) -> np.ndarray:
    """Central differences: ∂f/∂θⱼ ≈ (f(θ + ε eⱼ) − f(θ − ε eⱼ)) / (2ε) for each j.

    The error of the formula falls as ε², that of rounding grows as 1/ε; 1e-6 is near the
    best ε for a float64 function with values and derivatives around 1. It costs 2p values of f.

    Args:
        f: θ → float.
        theta: where, a float array (p,), of at least float64: a float32 rounds such steps away.
        eps: ε, the step.

    Returns:
        The gradient (p,), float64.

    Raises:
        TypeError, ValueError: when f is no function or returns no number, theta is no such
            array, or eps not a positive number.
    """
    callable_("f", f)
    double("theta", floats("theta", theta, "p"))
    eps = number("eps", eps)
    step, differences = np.zeros(len(theta)), []
    for j in range(len(theta)):
        step[j] = eps
        ahead = one_number("f(theta)", f(theta + step))
        behind = one_number("f(theta)", f(theta - step))
        step[j] = 0.0
        differences.append(ahead - behind)
    return np.array(differences, dtype=float) / (2 * eps)


def relative_error(a: ArrayLike, b: ArrayLike) -> float:
    """How far two gradients are apart: ‖a − b‖ / (‖a‖ + ‖b‖), from 0 (equal) to 1 (opposite).

    Args:
        a, b: arrays of the same shape.

    Returns:
        A float; 0 when both are zero, NaN when one holds NaN or infinity.

    Raises:
        TypeError, ValueError: when a or b is not real numbers, or the shapes differ.
    """
    a, b = real("a", a), real("b", b)
    if a.shape != b.shape:
        raise ValueError(f"b: expected the shape of a, {a.shape}, got {b.shape}")
    precision = np.result_type(a, b, float)  # float16 and float32 would round a norm
    a, b = a.astype(precision), b.astype(precision)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return nan
    # Over a power of two no digit changes, and no difference, square or sum overflows.
    exponent = max(_exponent(a), _exponent(b))
    a, b = np.ldexp(a, -exponent), np.ldexp(b, -exponent)
    scale = _norm(a) + _norm(b)
    return float(_norm(a - b) / scale) if scale else 0.0


def _norm(v):
    """‖v‖, by way of numbers around 1, whose squares neither under- nor overflow."""
    exponent = _exponent(v)
    return np.ldexp(np.linalg.norm(np.ldexp(v, -exponent)), exponent)


def _exponent(v):
    """The exponent of the least power of two above all numbers of v."""
    return np.frexp(np.abs(v).max(initial=0.0))[1]
