"""Activation functions φ, each beside its derivative φ′."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ._check import callable_, real


@dataclass(frozen=True)
class Activation:
    """A function applied unit by unit, a = φ(o), with its derivative φ′(o).

    Call it to evaluate φ on any real number or array. The fields `f` and `prime` are the
    bare formulas of the inner loop: they take float arrays and check nothing.

    Args:
        name: what it is called, for messages and figures.
        f: o → φ(o).
        prime: (o, a) → φ′(o), where a = φ(o): it may use whichever is cheaper. An array of
            the shape of o, or one number of its dtype where φ′ is the same everywhere.

    Raises:
        TypeError: when f or prime is no function, or when called with what is not real numbers.
        ValueError: when called with rows of different lengths.
    """

    name: str
    f: Callable = field(repr=False)  # an address would differ from run to run
    prime: Callable = field(repr=False)

    def __post_init__(self):
        callable_("f", self.f)
        callable_("prime", self.prime)

    def __call__(self, o):
        """Evaluate φ(o)."""
        return self.f(real("o", o))


# One number is enough where φ′ is the same everywhere; it has the precision of o.
identity = Activation("identity", lambda o: o, lambda o, a: o.dtype.type(1.0))

# With tanh, the sigmoid needs no exponential that could overflow.
sigmoid = Activation("sigmoid", lambda o: 0.5 + 0.5 * np.tanh(0.5 * o), lambda o, a: a * (1.0 - a))

tanh = Activation("tanh", np.tanh, lambda o, a: 1.0 - a * a)

# ReLU has no derivative at its kink; ReLU′(0) = 0 is the field's choice and ours.
relu = Activation("relu", lambda o: np.maximum(o, 0.0), lambda o, a: np.heaviside(o, 0.0))
