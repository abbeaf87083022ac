"""The training jobs that all contestants do, each from the same weights in the same order."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from previously import MLP, Dataset, cross_entropy, load_digits, logistic, make_spirals, objective


@dataclass(frozen=True)
class Work:
    """A network, data for it, and how they are trained; made anew in each process."""

    sizes: tuple
    batch_size: int
    n: int
    data: str = "spirals"
    eta: float = 0.05
    dtype: str = "float64"
    steep: bool = False

    @cached_property
    def model(self):
        return MLP(self.sizes)

    @property
    def loss(self):
        return logistic if self.sizes[-1] == 1 else cross_entropy

    @cached_property
    def objective(self):
        return objective(self.model, self.loss)

    @cached_property
    def dataset(self):
        dataset = DATA[self.data](self, np.random.default_rng(0))
        return Dataset(dataset.x.astype(self.dtype), dataset.y.astype(self.dtype))

    @cached_property
    def theta(self):
        """The start; a steep one is the chapter's, which lets the last bit of a sum grow fast."""
        theta = self.model.init(np.random.default_rng(22), gain=2.0 if self.steep else 1.0)
        if self.steep:
            self.model.layers(theta)[-1][0][:] *= 10.0
        return theta.astype(self.dtype)

    @property
    def steps(self):
        """Of an epoch: every minibatch is whole, since JAX compiles for one shape."""
        assert self.n % self.batch_size == 0
        return self.n // self.batch_size

    def order(self, seed, epochs):
        """The minibatches that `sgd` draws from this seed, as indices (epochs, steps, B)."""
        rng = np.random.default_rng(seed)
        shuffled = [rng.permutation(self.n) for _ in range(epochs)]
        return np.reshape(shuffled, (epochs, self.steps, self.batch_size))


def digits(work, rng):
    return load_digits()[0][: work.n]


def made(work, rng):
    """Ten classes that a linear map of noise tells apart: as large as one likes."""
    x = rng.standard_normal((work.n, work.sizes[0]))
    classes = (x @ rng.standard_normal((work.sizes[0], work.sizes[-1]))).argmax(axis=1)
    return Dataset(x, np.eye(work.sizes[-1])[classes])


DATA = {
    "spirals": lambda work, rng: make_spirals(work.n, 0.04, rng),
    "digits": digits,
    "made": made,
}

WORKS = {
    "2-16-16-2-1, B 32": Work((2, 16, 16, 2, 1), 32, 512),
    "64-64-32-2-10, B 64": Work((64, 64, 32, 2, 10), 64, 1344, "digits"),
    "2-256-256-2-1, B 128": Work((2, 256, 256, 2, 1), 128, 1024),
    "784-256-128-10, B 128": Work((784, 256, 128, 10), 128, 1280, "made"),
    "the same in float32": Work((784, 256, 128, 10), 128, 1280, "made", dtype="float32"),
}

# The end-to-end chapter's example: spirals, network, start, η and minibatches of 20.
CHAPTER = Work((2, 16, 16, 2, 1), 20, 400, eta=0.03, steep=True)
CHAPTER_EPOCHS = 200
