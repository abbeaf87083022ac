"""The course's own network and its descents, trained a little at a time for the playground."""

from functools import cache
from itertools import islice
from time import perf_counter

import numpy as np
import previously as p
from contourpy import contour_generator
from previously._check import count, number

DATA = {"spirals": p.make_spirals, "moons": p.make_moons, "circles": p.make_circles, "none": None}
PHIS = {phi.name: phi for phi in (p.tanh, p.sigmoid, p.relu)}
LIMITS = {"layers": (0, 4), "units": (1, 32), "batch_size": (1, 1000), "points": (0, 200)}
LAST, EVERY = 100_000, 50  # the last step, and how often the losses are noted
N, UPDATES = 400, 300  # pairs of a set, and steps of each descent on the map
MAP = [-3, 4], [-5, 4]  # the ranges of w and b
START = np.array([-2.0, 2.5])  # of the descents on it


class Training:
    """Data, network and descent of one setting; `advance` trains, and gives a picture.

    The data come from the seed of the chapter; `seed` draws θ⁽⁰⁾ and the minibatches. `points`
    holds more pairs [x₁, x₂, y], and `plane` says what is drawn: its limit, colours a side, grid
    lines each way, points a line.
    """

    def __init__(
        self, data, noise, layers, units, phi, gain, last, batch_size, seed, points, plane
    ):
        given = {"layers": layers, "units": units, "batch_size": batch_size, "points": len(points)}
        for name, (least, most) in LIMITS.items():
            if count(name, given[name], least) > most:
                raise ValueError(f"{name}: expected at most {most}, got {given[name]}")
        for name, value, names in (("data", data, DATA), ("phi", phi, PHIS)):
            if value not in names:
                raise ValueError(f"{name}: expected one of {', '.join(names)}, got {value!r}")
        self.train, self.fresh = datasets(DATA[data], noise, np.array(points, float).reshape(-1, 3))
        self.model = p.MLP((2, *[units] * layers, 2, 1), PHIS[phi])
        rng = np.random.default_rng(count("seed", seed, 0))
        self.theta = self.model.init(rng, gain)
        self.model.layers(self.theta)[-1][0][:] *= number("last", last)
        _, gradient = p.objective(self.model, p.logistic)
        self.steps = p.sgd(gradient, self.theta, self.train, self.rate, batch_size, rng)
        self.epoch = -(-len(self.train) // batch_size)
        self.t = 0
        self.noted = np.empty((LAST // EVERY + 1, 5))
        self.noted[0] = self.measure()
        limit, *sizes = plane
        side, lines, bends = (np.linspace(-limit, limit, n) for n in sizes)
        self.side, grid = side, np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        down = np.stack(np.meshgrid(lines, bends, indexing="ij"), axis=-1).reshape(-1, 2)
        self.x = np.concatenate([grid, down, down[:, ::-1], self.train.x]).astype(np.float32)

    def rate(self, t):
        """The learning rate of step t."""
        return self.etas[max(start for start in self.etas if start <= t)]

    def measure(self):
        """[t, loss and accuracy on the training points, then on fresh ones]; NaN if unknown."""
        values = [self.t]
        for dataset in (self.train, self.fresh):
            o = dataset and self.model.predict(self.theta, dataset.x)
            known = dataset and np.isfinite(o).all()
            pair = (p.logistic(o, dataset.y), p.accuracy(o, dataset.y)) if known else (np.nan,) * 2
            values.extend(pair)
        return np.array(values)

    def advance(self, etas, until=0, steps=0, milliseconds=0, at=(0, 0)):
        """Train up to a step, at most so many steps and so long; then see `at` the pointer, too.

        `etas` holds pairs [η, t]: from step t on the learning rate is η, and one holds from 0 on.
        """
        self.etas = {t: number("eta", eta) for eta, t in etas}
        end, until = perf_counter() + milliseconds / 1000, min(until, self.t + steps, LAST)
        while self.t < until and perf_counter() < end and np.isfinite(self.theta[-1]):
            self.theta, self.t = next(self.steps), self.t + 1
            if self.t % EVERY == 0:
                self.noted[self.t // EVERY] = self.measure()
        x = np.vstack([self.x, np.array([at], np.float32)])
        o, a = self.model.forward(self.theta.astype(np.float32), x)
        squares = o[-1][: self.side.size**2].reshape(self.side.size, -1)
        now = self.measure()
        return {
            "x": self.train.x.ravel(),
            "y": self.train.y.ravel(),
            "epoch": self.epoch,
            "o": o[-1].ravel(),
            "a": a[-2].ravel(),
            "theta": self.theta,
            "boundary": contours(self.side, self.side, squares, [0]),
            "noted": self.noted[: self.t // EVERY + 1].ravel(),
            "now": now,
            "over": self.t == LAST or not np.isfinite(now[1]),
        }


def contours(x, y, z, levels):
    """The contour lines of heights z, rows of which are at each y, as [x₁, y₁, x₂, y₂, …]."""
    lines = contour_generator(x, y, z).lines
    return [line.ravel() for level in levels for line in lines(level)]


def datasets(make, noise, points):
    """The pairs to train on, with those of the reader's own, and as many fresh ones."""
    rng, made, fresh = np.random.default_rng(0), points[:0], None
    if make:
        drawn, fresh = make(N, noise, rng), make(N, noise, rng)
        made = np.hstack([drawn.x, drawn.y])
    pairs = np.vstack([made, points])
    if (classes := len(np.unique(pairs[:, 2]))) < 2:
        raise ValueError(f"points: expected some of both classes, got {classes or 'no'} class")
    return p.Dataset(pairs[:, :2], pairs[:, 2:]), fresh


@cache
def regression():
    """The logistic regression of the chapter on SGD: dataset, loss, gradient, contour lines."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 3, (200, 1))
    y = (rng.uniform(size=(200, 1)) < p.sigmoid(2 * x - 2)).astype(float)
    dataset = p.Dataset(x, y)
    loss, gradient = p.objective(p.MLP((1, 1)), p.logistic)
    ws, bs = (np.linspace(*ends, 49) for ends in MAP)
    losses = [[loss(dataset, np.array([w, b])) for w in ws] for b in bs]
    return dataset, loss, gradient, contours(ws, bs, losses, np.geomspace(0.35, 5, 11))


now = {}  # the Training that goes on


def train(settings=None, **how):
    """Go on, or begin anew with these settings, and give the picture at the end."""
    if settings:
        now["training"] = Training(**settings)
    return now["training"].advance(**how)


def descend(eta, batch_size):
    """The map, and three descents on it: with all pairs, a minibatch and a single pair a step."""
    dataset, _, gradient, lines = regression()
    sizes, paths = (len(dataset), batch_size, 1), []
    for size in sizes:
        steps = p.sgd(gradient, START, dataset, eta, size, np.random.default_rng(1))
        paths.append(np.array([START, *islice(steps, UPDATES)]).ravel())
    return {"sizes": sizes, "paths": paths, "lines": lines, "ranges": MAP}


def answer(task, options):
    """What the page gets: something to draw, or in words why there is nothing."""
    try:
        with np.errstate(all="ignore"):  # a divergence is shown
            return {"train": train, "descend": descend}[task](**options)
    except (TypeError, ValueError) as error:
        return {"error": str(error)}
