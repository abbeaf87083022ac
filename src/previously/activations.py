"""Activation functions φ, each beside its derivative φ′."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ._check import callable_, like, real, returned


@dataclass(frozen=True)
class Activation:
    """A function applied unit by unit, a = φ(o), with its derivative φ′(o).

    Call it to evaluate φ on any real number or array. The fields `f` and `prime` are the
    bare formulas of the inner loop: they take float arrays and check nothing.

    Args:
        name: what it is called, for messages and figures.
        f: o → φ(o), a new array of the shape and dtype of o, or o itself unchanged.
        prime: (o, a) → φ′(o), where a = φ(o): it may use whichever is cheaper, and change neither.
            It has the shape and dtype of o, or is one number where φ′ is the same everywhere.

    Raises:
        TypeError: when f or prime is no function, f returns no floats, or when called with what
            is not real numbers.
        ValueError: when f or prime returns another shape or changes o, or when called with rows of
            different lengths.
    """

    name: str
    f: Callable = field(repr=False)  # an address would differ from run to run
    prime: Callable = field(repr=False)

    def __post_init__(self):
        callable_("f", self.f)
        callable_("prime", self.prime)
        # Another shape would be broadcast, φ′ be that of a changed o: no step has the time to look.
        o = np.full((2, 3), 0.5)
        o.flags.writeable = False
        try:
            prime = self.prime(o, like("f(o)", self.f(o), "o", o))
        except ValueError as error:
            if "read-only" in str(error):
                raise ValueError("f(o), prime(o, a): expected o as it was, got it new") from None
            raise
        returned("prime(o, a)", prime, o.shape if np.shape(prime) else ())

    def __call__(self, o) -> np.ndarray:
        """Evaluate φ(o)."""
        o = real("o", o)
        return returned("f(o)", self.f(o), o.shape)


# The formulas have names, and are no lambdas, so that they can be pickled.


def _identity(o):
    return o


def _identity_prime(o, a):  # one number is enough: it has the precision of o
    return o.dtype.type(1.0)


def _sigmoid(o):  # nothing overflows here, and small probabilities keep their digits
    return np.exp(-np.logaddexp(0.0, -o))


def _sigmoid_prime(o, a):
    return a * (1.0 - a)


def _tanh_prime(o, a):
    return 1.0 - a * a


def _relu(o):
    return np.maximum(o, 0.0)


def _relu_prime(o, a):  # none at the kink; ReLU′(0) = 0 is the field's choice and ours
    return np.heaviside(o, 0.0)


identity = Activation("identity", _identity, _identity_prime)
"""o ↦ o, for outputs that may be any number, logits among them; its derivative is 1."""

sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_prime)
"""o ↦ 1 / (1 + exp(−o)), the probability that a logit stands for; its derivative is a − a²."""

tanh = Activation("tanh", np.tanh, _tanh_prime)
"""o ↦ tanh(o), between −1 and 1; its derivative is 1 − a²."""

relu = Activation("relu", _relu, _relu_prime)
"""o ↦ max(o, 0); its derivative is 1 above 0, and 0 elsewhere."""
