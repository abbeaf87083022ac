"""Gradient descent and its stochastic version, as iterators over θ⁽¹⁾, θ⁽²⁾, …"""

from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from typing import Any

import numpy as np
from numpy.random import Generator

from ._check import callable_, count, floats, generator, like, number, pairs

Gradient = Callable[[Any, np.ndarray], np.ndarray]
Rate = float | Callable[[int], float]
Thetas = Iterator[np.ndarray]


def gradient_descent(gradient: Gradient, theta: np.ndarray, dataset, eta: Rate) -> Thetas:
    """Gradient descent: θ⁽ᵗ⁺¹⁾ ← θ⁽ᵗ⁾ − η ∇_θ ℒ(dataset, θ⁽ᵗ⁾).

    >>> steps = gradient_descent(gradient, theta, dataset, eta=0.1)
    >>> for theta in islice(steps, 100): ...

    Args:
        gradient: (dataset, theta) → ∇_θ ℒ (p,).
        theta: the start θ⁽⁰⁾, a float array (p,); it is not changed.
        dataset: the pairs (x, y).
        eta: the learning rate η, a positive number, or a function of t = 0, 1, …

    Returns:
        An endless iterator over θ⁽¹⁾, θ⁽²⁾, …, each a new array. After an exception or an
        interrupt it goes on from the last whole step.

    Raises:
        TypeError, ValueError: at the call, when an argument is of the wrong kind or η ≤ 0; at a
            step, when gradient returns no float array like θ, or eta no finite number ≥ 0.

    Source:
        Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées (1847).
    """
    return _Descent(gradient, theta, dataset, eta)


def sgd(
    gradient: Gradient, theta: np.ndarray, dataset, eta: Rate, batch_size: int, rng: Generator
) -> Thetas:
    """Minibatch SGD: θ⁽ᵗ⁺¹⁾ ← θ⁽ᵗ⁾ − η ∇_θ ℒ(minibatch, θ⁽ᵗ⁾).

    >>> steps = sgd(gradient, theta, dataset, eta=0.1, batch_size=16, rng=rng)
    >>> for theta in islice(steps, 100): ...

    Args:
        gradient: (minibatch, theta) → ∇_θ ℒ (p,).
        theta: the start θ⁽⁰⁾, a float array (p,); it is not changed.
        dataset: the pairs (x, y), shuffled anew for each epoch.
        eta: the learning rate η, a positive number, or a function of t = 0, 1, …
        batch_size: B, the pairs in a minibatch.
        rng: a numpy.random.Generator.

    Returns:
        An endless iterator over θ⁽¹⁾, θ⁽²⁾, …, as of `gradient_descent`.

    Raises:
        TypeError, ValueError: as `gradient_descent`, or when batch_size < 1.

    Source:
        Robbins and Monro, A stochastic approximation method (1951).
    """
    size = count("batch_size", batch_size)
    return _Descent(gradient, theta, dataset, eta, size, generator("rng", rng))


def minibatches(dataset, batch_size: int, rng: Generator) -> Iterator:
    """One epoch: each pair exactly once, in a new order, batch_size pairs at a time.

    Args:
        dataset: the pairs (x, y).
        batch_size: B; the last minibatch holds the rest, so it may be shorter.
        rng: a numpy.random.Generator.

    Returns:
        An iterator over ⌈n / B⌉ minibatches.

    Raises:
        TypeError, ValueError: at the call, when an argument is of the wrong kind or
            batch_size < 1.
    """
    n = len(pairs("dataset", dataset))
    size = count("batch_size", batch_size)
    order = generator("rng", rng).permutation(n)
    # A generator would be dead after an exception, and look as if the epoch had ended.
    return map(partial(_minibatch, dataset, order, size), range(0, n, size))


def _minibatch(dataset, order, size, start):
    return dataset[order[start : start + size]]


class _Descent:
    """The iterator of `gradient_descent` and `sgd`.

    A generator would be dead after an exception, and a loop over it would end in silence. Here
    nothing changes before a step is whole: one that was interrupted is taken again.
    """

    def __init__(self, gradient, theta, dataset, eta, size=None, rng=None):
        self.gradient = callable_("gradient", gradient)
        # In the machine's own order of bytes, as all that is computed from it.
        self.theta = floats("theta", theta, "p").astype(theta.dtype.newbyteorder("="))
        self.dataset, self.size, self.rng = dataset, size, rng
        pairs("dataset", dataset)
        self.constant = not callable(eta)
        self.eta = number("eta", eta) if self.constant else eta
        self.t, self.left = 0, np.empty(0, int)

    def __iter__(self):
        return self

    def __next__(self):
        theta, minibatch = self.theta, self.dataset
        try:
            if self.rng is not None:
                if not self.left.size:
                    self.left = self.rng.permutation(len(self.dataset))
                minibatch = self.dataset[self.left[: self.size]]
            rate = self.eta if self.constant else self._rate()
            # This is θ − η ∇ℒ to the bit, and NumPy can add in the memory of the gradient.
            new = theta + -rate * like(
                "gradient(dataset, theta)", self.gradient(minibatch, theta), "theta", theta
            )
        except StopIteration as stop:  # it would pass for the end of an endless iterator
            raise RuntimeError("gradient or eta raised StopIteration") from stop
        given = new.copy()  # so that the next step starts from θ whatever the caller does to it
        self.theta, self.t, self.left = new, self.t + 1, self.left[self.size :]
        return given

    def _rate(self):
        rate = self.eta(self.t)
        if type(rate) is float and 0.0 <= rate < inf:  # nothing to say, at every step
            return rate
        # Zero is no mistake here: a warm-up starts from it, and a decay ends in it.
        return number(f"eta({self.t})", rate, zero=True)
