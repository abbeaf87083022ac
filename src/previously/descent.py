"""Gradient descent and its stochastic version, as iterators over θ⁽¹⁾, θ⁽²⁾, …"""

from itertools import chain
from itertools import count as natural_numbers

from ._check import callable_, count, floats, generator, number, pairs


def gradient_descent(gradient, theta, dataset, eta):
    """Gradient descent: θ⁽ᵗ⁺¹⁾ ← θ⁽ᵗ⁾ − η ∇_θ ℒ(dataset, θ⁽ᵗ⁾).

    >>> steps = gradient_descent(gradient, theta, dataset, eta=0.1)
    >>> for theta in islice(steps, 100): ...

    Args:
        gradient: (dataset, theta) → ∇_θ ℒ (p,).
        theta: the start θ⁽⁰⁾, a float array (p,); it is not changed.
        dataset: the pairs (x, y).
        eta: the learning rate η, a positive number, or a function of t = 0, 1, …

    Returns:
        An endless iterator over θ⁽¹⁾, θ⁽²⁾, …, each a new array.

    Raises:
        TypeError, ValueError: at the call, when an argument is of the wrong kind or η ≤ 0.

    Source:
        Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées (1847).
    """
    epochs = ([dataset] for _ in natural_numbers())
    return _descend(gradient, theta, dataset, eta, epochs)


def sgd(gradient, theta, dataset, eta, batch_size, rng):
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
        An endless iterator over θ⁽¹⁾, θ⁽²⁾, …, each a new array.

    Raises:
        TypeError, ValueError: at the call, when an argument is of the wrong kind, η ≤ 0 or
            batch_size < 1.

    Source:
        Robbins and Monro, A stochastic approximation method (1951).
    """
    count("batch_size", batch_size)
    generator("rng", rng)
    epochs = (minibatches(dataset, batch_size, rng) for _ in natural_numbers())
    return _descend(gradient, theta, dataset, eta, epochs)


def minibatches(dataset, batch_size, rng):
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
    return (dataset[order[start : start + size]] for start in range(0, n, size))


def _descend(gradient, theta, dataset, eta, epochs):
    callable_("gradient", gradient)
    floats("theta", theta, "p")
    pairs("dataset", dataset)
    constant = None if callable(eta) else number("eta", eta)

    def updates(theta):
        steps = enumerate(chain.from_iterable(epochs))
        for t, minibatch in steps:  # pragma: no branch (it never ends)
            rate = float(eta(t)) if constant is None else constant
            # This is θ − η ∇ℒ to the bit, and NumPy can add in the memory of −η ∇ℒ.
            theta = theta + -rate * gradient(minibatch, theta)
            yield theta

    return updates(theta)
