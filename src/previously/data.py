"""Data sets: pairs (x, y), one a row, and the ones the book trains on."""

from importlib.resources import files

import numpy as np
from numpy.random import Generator

from ._check import count, describe, floats, foreign, generator, number, same_dtype, some

KINDS = ("real", "binary", "one-hot")  # of targets

_INDEX = np.dtype(np.intp)  # the one type of integers that `take` takes on every platform


class Dataset:
    """The pairs (x, y) of a data set or minibatch, one a row.

    `len(dataset)` is n. `dataset[indices]`, with a slice, a list or an array of indices, is the
    minibatch of those pairs, copied; its numbers are not checked again, because every step makes
    one. A single index is refused, as it may mean a pair (x, y) or a minibatch: `dataset[[i]]`.
    A Dataset cannot be unpacked into x and y either: take `dataset.x` and `dataset.y`.
    Its x and y are the arrays given, not copies, unless these lie otherwise in memory. Change
    neither later: what they hold is checked once.

    Args:
        x: inputs, a float array (n, d).
        y: targets, of the dtype of x: (n, 1) of 0 and 1 for two classes, (n, K) one-hot for K
            classes, any (n, k) for real values.

    Attributes:
        targets: "binary", "one-hot" or "real", read from y.

    Raises:
        TypeError: when x or y is not a float array, their dtypes differ, for a single index, or
            when unpacked.
        IndexError: when indices are not indices of its rows.
        ValueError: when one has not two axes, is empty or holds NaN or infinity, or when
            their numbers of rows differ.
    """

    __slots__ = ("targets", "x", "y")

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        for name, array in (("x", x), ("y", y)):
            some(name, floats(name, array, "n", "d" if name == "x" else "k"))
            if not np.isfinite(array).all():
                raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
        floats("y", y, len(x), "k")
        same_dtype("y", y, "x", x)
        # Row after row in memory: of any other layout `take` would copy the whole at every step.
        native = x.dtype.newbyteorder("=")
        self.x, self.y = (np.asanyarray(array, native, order="C") for array in (x, y))
        self.targets = kind_of_targets(y)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, indices) -> "Dataset":
        part = object.__new__(Dataset)
        try:
            rows = indices
            if type(rows) is not np.ndarray or rows.dtype != _INDEX or rows.ndim != 1:
                rows = self._rows(indices)
            part.x, part.y = self.x.take(rows, axis=0), self.y.take(rows, axis=0)
        except (IndexError, ValueError) as error:  # no such row, or a list within a list
            raise IndexError(f"indices: {error}") from None
        part.targets = self.targets
        return part

    def _rows(self, indices):
        """The rows that are meant, as integers for `take`."""
        if np.ndim(indices) < 2 and not foreign(indices):
            rows = np.arange(len(self))[indices]
            if rows.ndim == 1:
                return rows
        raise TypeError(
            f"indices: expected a slice, a list or an array (B,), got {describe(indices)}"
        )

    def __iter__(self):
        raise TypeError("a Dataset cannot be unpacked: take its x and y, or its minibatches")

    def __repr__(self) -> str:
        return f"Dataset(n={len(self)}, x {self.x.shape}, y {self.y.shape} {self.targets})"


def kind_of_targets(y: np.ndarray) -> str:
    """Whether the rows of y (n, k) are "binary" (k = 1, all 0 or 1), "one-hot" or "real"."""
    bits = ((y == 0) | (y == 1)).all()
    if y.shape[1] == 1:
        return "binary" if bits else "real"
    return "one-hot" if bits and (y.sum(axis=1) == 1).all() else "real"


def make_moons(n: int, noise: float, rng: Generator, radius=1.3) -> Dataset:
    """Two half circles, each reaching into the other; class 0 above, class 1 below.

    Args:
        n: how many pairs, half of them (rounded down) of class 0.
        noise: standard deviation of the normal noise added to each coordinate of x.
        rng: a numpy.random.Generator.
        radius: of both half circles.

    Returns:
        A Dataset: x (n, 2), y (n, 1), class 0 first.

    Raises:
        TypeError, ValueError: when n is not an integer ≥ 2, noise is negative, rng is no
            generator or radius is not positive.
    """
    radius = number("radius", radius)
    upper, lower = _uniform(n, noise, rng, 0.0, np.pi)
    offset = radius * np.array([0.5, 0.25])
    return _two_classes(_arc(radius, upper) - offset, offset - _arc(radius, lower), noise, rng)


def make_circles(n: int, noise: float, rng: Generator, radii=(2.0, 1.0)) -> Dataset:
    """A circle of class 0 around a circle of class 1.

    Args:
        n, noise, rng: as for `make_moons`.
        radii: of class 0 and of class 1.

    Returns:
        A Dataset: x (n, 2), y (n, 1), class 0 first.

    Raises:
        TypeError, ValueError: as `make_moons`, or when radii are not two positive numbers.
    """
    try:
        outer, inner = radii
    except (TypeError, ValueError):
        raise ValueError(f"radii: expected two numbers, got {describe(radii)}") from None
    outer, inner = number("radii", outer), number("radii", inner)
    s, t = _uniform(n, noise, rng, 0.0, 2 * np.pi)
    return _two_classes(_arc(outer, s), _arc(inner, t), noise, rng)


def make_spirals(n: int, noise: float, rng: Generator, turns=1.5, radius=2.0) -> Dataset:
    """Two spiral arms, one the other turned by half a turn, nearly even along their length.

    Args:
        n, noise, rng: as for `make_moons`.
        turns: how often an arm winds around the origin, counted from there.
        radius: where the arms end; they start at a tenth of it, after a tenth of the turns.

    Returns:
        A Dataset: x (n, 2), y (n, 1), class 0 first.

    Raises:
        TypeError, ValueError: as `make_moons`, or when turns is not positive.
    """
    turns, radius = number("turns", turns), number("radius", radius)
    # The length of an arm grows as the square of its radius, so the root spreads evenly.
    s, t = (np.sqrt(u) for u in _uniform(n, noise, rng, 0.01, 1.0))
    angle = 2 * np.pi * turns
    return _two_classes(_arc(radius * s, angle * s), -_arc(radius * t, angle * t), noise, rng)


def load_digits() -> tuple[Dataset, Dataset]:
    """The 8×8 handwritten digits: 1,348 pairs to train on, 449 (every fourth) to test on.

    Pixels run from −1 (paper) to 1 (ink), row by row.

    Returns:
        (train, test), two Datasets: x (n, 64), y (n, 10) one-hot.

    Source:
        E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
        Learning Repository (1998), https://doi.org/10.24432/C50P49, CC BY 4.0: its test set.
    """
    with (files(__package__) / "digits.npz").open("rb") as file, np.load(file) as digits:
        x = digits["pixels"] / 8.0 - 1.0
        y = np.eye(10)[digits["labels"]]
    test = np.arange(len(x)) % 4 == 3
    return Dataset(x[~test], y[~test]), Dataset(x[test], y[test])


def _uniform(n, noise, rng, low, high):
    """One uniform draw for each pair of class 0 and of class 1, once all is checked."""
    n = count("n", n, least=2)
    number("noise", noise, zero=True)
    generator("rng", rng)
    return rng.uniform(low, high, n // 2), rng.uniform(low, high, n - n // 2)


def _arc(radius, angle):
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _two_classes(x0, x1, noise, rng):
    x = np.concatenate([x0, x1])
    y = np.repeat([[0.0], [1.0]], [len(x0), len(x1)], axis=0)
    return Dataset(x + float(noise) * rng.standard_normal(x.shape), y)
