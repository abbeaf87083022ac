"""Losses: ℒ, the mean of ℓ over the pairs of a minibatch, and its gradient ∂ℒ/∂a⁽ᴸ⁾."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ._check import callable_, floats, not_nan, require, returned, some
from .activations import sigmoid
from .data import KINDS, kind_of_targets


@dataclass(frozen=True)
class Loss:
    """The mean loss ℒ = 1/n Σ ℓ(a⁽ᴸ⁾, y) of n outputs a⁽ᴸ⁾, one a row.

    Call it as `loss(a, y)` with a and y of shape (n, k) to get a float. The fields `f` and
    `grad` are the bare formulas of the inner loop; ours check that the shapes agree.

    Args:
        name: what it is called, for messages.
        f: (a, y) → ℒ. Neither function may change a or y, which others read after it.
        grad: (a, y) → ∂ℒ/∂a⁽ᴸ⁾, of the shape of a.
        targets: the kinds of y it is defined for, of "real", "binary" and "one-hot".
        of_logits: whether it expects logits, so a model with an identity output.

    Raises:
        TypeError: when f or grad is no function, targets no tuple, or when called with what
            is not float arrays.
        ValueError: when targets names no kind of y, or when called with shapes that differ, with
            labels it is not defined for, or if f returns no number.
    """

    name: str
    f: Callable = field(repr=False)  # an address would differ from run to run
    grad: Callable = field(repr=False)
    targets: tuple[str, ...] = KINDS
    of_logits: bool = False

    def __post_init__(self):
        callable_("f", self.f)
        callable_("grad", self.grad)
        require(tuple, "targets", self.targets, "a tuple of kinds")
        if not self.targets or not set(self.targets) <= set(KINDS):
            raise ValueError(f"targets: expected some of {KINDS}, got {self.targets}")

    def __call__(self, a: np.ndarray, y: np.ndarray) -> float:
        """Evaluate ℒ(a⁽ᴸ⁾, y)."""
        some("a", floats("a", a, "n", "k"))
        floats("y", y, *a.shape)
        if kind_of_targets(y) not in self.targets:
            raise ValueError(
                f"y: {self.name} expects {self.expected}, got {kind_of_targets(y)} values"
            )
        return float(returned("f(a, y)", self.f(a, y)))

    @property
    def expected(self) -> str:
        """The targets it is defined for, in words."""
        return " or ".join(self.targets) + " labels"


def softmax(o: np.ndarray) -> np.ndarray:
    """Probabilities of K classes from K logits: exp(oₖ) / Σⱼ exp(oⱼ), row by row.

    Args:
        o: logits, a float array (n, K).

    Returns:
        Probabilities (n, K), each row summing to 1.

    Raises:
        TypeError, ValueError: when o is not a float array with two axes, or is empty.
    """
    some("o", floats("o", o, "n", "K"))
    exp = np.exp(o - o.max(axis=1, keepdims=True))  # no overflow
    return exp / exp.sum(axis=1, keepdims=True)


def accuracy(o: np.ndarray, y: np.ndarray) -> float:
    """The share of rows whose class is right: the sign of one logit, or the largest of K.

    Args:
        o: logits o⁽ᴸ⁾, a float array (n, 1) or (n, K). For a model with a sigmoid output
            these are `o[-1]` of its forward pass and not its probabilities.
        y: labels of the same shape: 0 and 1, or one-hot.

    Returns:
        A float between 0 and 1.

    Raises:
        TypeError, ValueError: when shapes differ, o is empty or holds NaN, which is no answer
            that could be right, or y is neither binary nor one-hot.
    """
    some("o", floats("o", o, "n", "k"))
    not_nan("o", o)
    floats("y", y, *o.shape)
    if kind_of_targets(y) == "real":
        raise ValueError("y: expected binary or one-hot labels, got real values")
    right = (o > 0) == (y > 0) if y.shape[1] == 1 else o.argmax(axis=1) == y.argmax(axis=1)
    return float(right.mean())


def _residual(a, y):  # (n, 1) minus (n,) would silently be (n, n)
    if a.shape != y.shape:
        raise ValueError(f"y: expected the shape of a, {a.shape}, got {y.shape}")
    return a - y


def _squared_error(a, y):
    return np.square(_residual(a, y)).sum() / len(a)


def _squared_error_grad(a, y):
    return _residual(a, y) * (2.0 / len(a))


def _logistic(o, y):  # −log of the probability given to the right class, for any finite logit
    _residual(o, y)
    return np.logaddexp(0.0, (1.0 - 2.0 * y) * o).sum() / len(o)


def _logistic_grad(o, y):
    return _residual(sigmoid.f(o), y) / len(o)


def _cross_entropy(o, y):  # logits relative to the right class: exact however large they are
    _residual(o, y)
    relative = o - o[y == 1][:, None]  # not y · o, which is NaN once another logit is infinite
    return np.logaddexp.reduce(relative, axis=1).sum() / len(o)


def _cross_entropy_grad(o, y):
    return _residual(softmax(o), y) / len(o)


squared_error = Loss("squared_error", _squared_error, _squared_error_grad)
"""The mean of ‖a − y‖², without a factor of one half, for targets of any kind."""

logistic = Loss("logistic", _logistic, _logistic_grad, targets=("binary",), of_logits=True)
"""The mean of log(1 + exp((1 − 2y) o)), −log of the probability that a logit gives its label."""

cross_entropy = Loss(
    "cross_entropy", _cross_entropy, _cross_entropy_grad, targets=("one-hot",), of_logits=True
)
"""The mean of log Σⱼ exp(oⱼ) − Σₖ yₖ oₖ, −log of the probability that softmax gives the class."""
