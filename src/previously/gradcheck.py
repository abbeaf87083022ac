"""Checking a gradient: central differences, one coordinate at a time."""

import numpy as np

from ._check import callable_, floats, number, real


def numerical_gradient(f, theta, eps=1e-6):
    """Central differences: ∂f/∂θⱼ ≈ (f(θ + ε eⱼ) − f(θ − ε eⱼ)) / (2ε) for each j.

    The error of the formula falls as ε², that of rounding grows as 1/ε; 1e-6 is near the
    best ε for a float64 function with values and derivatives around 1. It costs 2p values of f.

    Args:
        f: θ → float.
        theta: where, a float array (p,).
        eps: ε, the step.

    Returns:
        The gradient (p,), float64.

    Raises:
        TypeError, ValueError: when f is no function, theta no float array with one axis, or
            eps not a positive number.
    """
    callable_("f", f)
    floats("theta", theta, "p")
    eps = number("eps", eps)
    steps = eps * np.eye(len(theta))
    differences = [f(theta + step) - f(theta - step) for step in steps]
    return np.array(differences) / (2 * eps)


def relative_error(a, b):
    """How far two gradients are apart: ‖a − b‖ / (‖a‖ + ‖b‖), from 0 (equal) to 1 (opposite).

    Args:
        a, b: arrays of the same shape.

    Returns:
        A float; 0 when both are zero.

    Raises:
        TypeError, ValueError: when a or b is not real numbers, or the shapes differ.
    """
    a, b = real("a", a), real("b", b)
    if a.shape != b.shape:
        raise ValueError(f"b: expected the shape of a, {a.shape}, got {b.shape}")
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / scale) if scale else 0.0
