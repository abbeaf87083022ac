"""Checking a gradient: central differences, one coordinate at a time."""

from collections.abc import Callable
from math import hypot, nan

import numpy as np

from ._check import callable_, double, floats, number, real, returned


def numerical_gradient(f: Callable, theta: np.ndarray, eps=1e-6) -> np.ndarray:
    """Central differences: ∂f/∂θⱼ ≈ (f(θ + ε eⱼ) − f(θ − ε eⱼ)) / (2ε) for each j.

    The error of the formula falls as ε², that of rounding grows as 1/ε; 1e-6 is near the
    best ε for a float64 function with values and derivatives around 1. It costs 2p values of f.

    Args:
        f: θ → float. Where it has fewer digits than float64, ε must be longer.
        theta: where, a float array (p,), of at least float64: a float32 rounds such steps away.
        eps: ε, the step.

    Returns:
        The gradient (p,), float64.

    Raises:
        TypeError, ValueError: when f is no function or returns no number, theta is no such
            array, or eps not a positive number, or one that is lost in the rounding of theta or f.
    """
    callable_("f", f)
    double("theta", floats("theta", theta, "p"))
    eps = number("eps", eps)
    if eps < (least := 100 * np.spacing(np.abs(theta).max(initial=0.0))):
        raise ValueError(f"eps: expected at least {least:.2g} for a theta so large, got {eps}")
    step, differences = np.zeros(len(theta)), []
    for j in range(len(theta)):
        step[j] = eps
        ahead = returned("f(theta)", f(theta + step))
        behind = returned("f(theta)", f(theta - step))
        step[j] = 0.0
        differences.append(_fine(ahead, eps) - behind)
    return np.array(differences, dtype=float) / (2 * eps)


def _fine(value, eps):
    """Refuse steps so short that values of few digits differ by hardly more than their rounding."""
    digits = np.finfo(value.dtype).eps
    if digits > np.finfo(float).eps and eps < (least := digits**0.5):
        raise ValueError(f"eps: expected at least {least:.2g} for a {value.dtype} f, got {eps}")
    return value


def relative_error(a, b) -> float:
    """How far two gradients are apart: ‖a − b‖ / (‖a‖ + ‖b‖), from 0 to 1.

    It is 0 for equal ones, 1 for opposite ones and where one of them is zero.

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
    pair = np.array([a, b], np.result_type(a, b, float))
    if not np.isfinite(pair).all():
        return nan
    # Over a power of two no digit changes and no difference overflows; no square does in hypot.
    pair = np.ldexp(pair, -np.frexp(np.abs(pair).max(initial=0.0))[1])
    a, b, apart = (hypot(*v.flat) for v in (*pair, pair[0] - pair[1]))
    return apart / (a + b) if a + b else 0.0
