"""The contestants: what a reader would train these networks with, each in its customary form.

A contestant is made from a Work, `start`s from a θ of ours, `run`s some epochs and says how long
the steps took, and gives θ back. Whatever comes before the first step is not timed: data in the
contestant's own arrays, and the order of the examples, which only ours has to draw by itself.
"""

import sys
import warnings
from itertools import islice
from time import perf_counter

import numpy as np

from previously import sgd


class Previously:
    """The package through its public functions, with all their checks."""

    def __init__(self, work, threads):
        self.work, self.gradient = work, work.objective[1]

    def start(self, theta):
        self.at = theta

    def run(self, seed, epochs):
        work, rng = self.work, np.random.default_rng(seed)
        begin = perf_counter()
        steps = sgd(self.gradient, self.at, work.dataset, work.eta, work.batch_size, rng)
        for self.at in islice(steps, epochs * work.steps):
            pass
        return perf_counter() - begin

    def theta(self):
        return self.at


class Products:
    """The floor: the matrix products of a step and nothing else, into arrays that are there."""

    def __init__(self, work, threads):
        self.steps, self.products = work.steps, []
        draw = np.random.default_rng(0).standard_normal
        B, layers = work.batch_size, work.model.layers(work.theta)
        for l, (w, _) in enumerate(layers):
            n_out, n_in = w.shape
            a, dL_do = (draw((B, k)).astype(w.dtype) for k in (n_in, n_out))
            self.products.append((a, w.T, np.empty_like(dL_do)))
            self.products.append((dL_do.T, a, np.empty_like(w)))
            if l:
                self.products.append((dL_do, w, np.empty_like(a)))

    def start(self, theta):
        pass

    def run(self, seed, epochs):
        begin = perf_counter()
        for _ in range(epochs * self.steps):
            for left, right, out in self.products:
                left.dot(right, out=out)
        return perf_counter() - begin


class ByHand:
    """NumPy with every array bound beforehand and every call written out: fast, and no fun."""

    def __init__(self, work, threads):
        self.work, B = work, work.batch_size
        self.x, self.y = (np.empty((B, part.shape[1]), part.dtype) for part in self._pairs())
        self.a = [self.x, *(np.empty((B, k), work.dtype) for k in work.sizes[1:])]
        self.d = [np.empty_like(a) for a in self.a]
        self.gradient = np.empty_like(work.theta)
        self.gradients = work.model.layers(self.gradient)

    def _pairs(self):
        return self.work.dataset.x, self.work.dataset.y

    def start(self, theta):
        self.at = theta.copy()
        self.layers = self.work.model.layers(self.at)

    def run(self, seed, epochs):
        (x, y), eta = self._pairs(), self.work.eta
        order = self.work.order(seed, epochs).reshape(-1, self.work.batch_size)
        begin = perf_counter()
        for rows in order:
            x.take(rows, 0, self.x, "clip")
            y.take(rows, 0, self.y, "clip")
            self.step()
            np.multiply(self.gradient, eta, out=self.gradient)
            np.subtract(self.at, self.gradient, out=self.at)
        return perf_counter() - begin

    def step(self):
        a, d, last = self.a, self.d, len(self.layers)
        for l, (w, b) in enumerate(self.layers, 1):
            a[l - 1].dot(w.T, out=a[l])
            np.add(a[l], b, out=a[l])
            if l < last:
                np.tanh(a[l], out=a[l])
        self.residual(a[last], d[last])
        for l in range(last, 0, -1):
            (w, _), (dL_dw, dL_db) = self.layers[l - 1], self.gradients[l - 1]
            d[l].T.dot(a[l - 1], out=dL_dw)
            np.add.reduce(d[l], 0, None, dL_db)
            if l > 1:
                d[l].dot(w, out=d[l - 1])
                np.multiply(a[l - 1], a[l - 1], out=a[l - 1])
                np.subtract(1.0, a[l - 1], out=a[l - 1])
                np.multiply(d[l - 1], a[l - 1], out=d[l - 1])

    def residual(self, o, d):
        if o.shape[1] == 1:
            np.multiply(o, 0.5, out=d)
            np.tanh(d, out=d)
            np.multiply(d, 0.5, out=d)
            np.add(d, 0.5, out=d)
        else:
            np.subtract(o, o.max(axis=1, keepdims=True), out=d)
            np.exp(d, out=d)
            np.divide(d, d.sum(axis=1, keepdims=True), out=d)
        np.subtract(d, self.y, out=d)
        np.divide(d, float(len(d)), out=d)

    def theta(self):
        return self.at


class Torch:
    """PyTorch as its tutorials write it, without a compiler; rows picked by an index."""

    def __init__(self, work, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.work = torch, work
        self.x, self.y = torch.tensor(work.dataset.x), torch.tensor(work.dataset.y)
        self.loss = torch.nn.BCEWithLogitsLoss()
        if work.sizes[-1] > 1:
            self.y, self.loss = self.y.argmax(1), torch.nn.CrossEntropyLoss()

    def start(self, theta):
        nn, layers = self.torch.nn, []
        for w, b in self.work.model.layers(theta):
            layers.append(nn.Linear(*w.shape[::-1]))
            layers[-1].weight = nn.Parameter(self.torch.tensor(w))
            layers[-1].bias = nn.Parameter(self.torch.tensor(b))
            layers.append(nn.Tanh())
        self.model = nn.Sequential(*layers[:-1])
        self.optimizer = self.torch.optim.SGD(self.model.parameters(), lr=self.work.eta)

    def minibatches(self, order):
        for rows in self.torch.from_numpy(order):
            yield self.x[rows], self.y[rows]

    def run(self, seed, epochs):
        order = self.work.order(seed, epochs).reshape(-1, self.work.batch_size)
        model, loss, optimizer = self.model, self.loss, self.optimizer
        begin = perf_counter()
        for x, y in self.minibatches(order):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
        return perf_counter() - begin

    def theta(self):
        return np.concatenate([p.detach().cpu().numpy().ravel() for p in self.model.parameters()])


class TorchLoader(Torch):
    """The same with PyTorch's DataLoader, which its tutorials begin with."""

    def minibatches(self, order):
        data = self.torch.utils.data
        return data.DataLoader(data.TensorDataset(self.x, self.y), batch_sampler=order.tolist())


class Jax:
    """JAX with a compiled step, which picks its rows itself."""

    def __init__(self, work, threads):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax, self.work = jax, work
        jnp, binary = jax.numpy, work.sizes[-1] == 1
        self.data = jnp.array(work.dataset.x), jnp.array(work.dataset.y)

        def loss(layers, x, y):
            a = x
            for w, b in layers[:-1]:
                a = jnp.tanh(a @ w.T + b)
            w, b = layers[-1]
            o = a @ w.T + b
            if binary:
                return jnp.logaddexp(0.0, (1.0 - 2.0 * y) * o).mean()
            return -(y * jax.nn.log_softmax(o)).sum(axis=1).mean()

        def step(layers, x, y, rows):
            gradient = jax.grad(loss)(layers, x[rows], y[rows])
            return jax.tree.map(lambda p, dp: p - work.eta * dp, layers, gradient)

        self.compiled = self.compile(step)

    def compile(self, step):
        return self.jax.jit(step)

    def calls(self, order):
        return order.reshape(-1, self.work.batch_size)

    def start(self, theta):
        self.layers = self.jax.tree.map(self.jax.numpy.array, self.work.model.layers(theta))

    def run(self, seed, epochs):
        order = self.calls(self.work.order(seed, epochs))
        x, y = self.data
        begin = perf_counter()
        for rows in order:
            self.layers = self.compiled(self.layers, x, y, rows)
        self.jax.block_until_ready(self.layers)  # a call returns before its work is done
        return perf_counter() - begin

    def theta(self):
        return np.concatenate([np.ravel(p) for layer in self.layers for p in layer])


class JaxScan(Jax):
    """JAX with a whole epoch compiled into one call."""

    def compile(self, step):
        def epoch(layers, x, y, order):
            def body(layers, rows):
                return step(layers, x, y, rows), None

            return self.jax.lax.scan(body, layers, order)[0]

        return self.jax.jit(epoch)

    def calls(self, order):
        return order


class Sklearn:
    """scikit-learn's MLPClassifier by plain SGD; it draws an order of its own, inside `fit`."""

    def __init__(self, work, threads):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is what we ask for
        self.work, self.x, y = work, work.dataset.x, work.dataset.y
        self.y = y[:, 0] if y.shape[1] == 1 else y.argmax(axis=1)
        self.model = MLPClassifier(
            work.sizes[1:-1],
            activation="tanh",
            solver="sgd",
            alpha=0.0,
            momentum=0.0,
            nesterovs_momentum=False,
            batch_size=work.batch_size,
            learning_rate_init=work.eta,
            tol=0.0,
            n_iter_no_change=sys.maxsize,
            warm_start=True,
        )

    def start(self, theta):
        self.fit(1)  # makes the weights, which then can be set
        for i, (w, b) in enumerate(self.work.model.layers(theta)):
            self.model.coefs_[i][:], self.model.intercepts_[i][:] = w.T, b

    def fit(self, epochs):
        self.model.max_iter = epochs
        self.model.fit(self.x, self.y)

    def run(self, seed, epochs):
        begin = perf_counter()
        self.fit(epochs)
        return perf_counter() - begin

    def follow(self, seed, epochs):
        """The steps of `run` in our order, which it takes if it may not shuffle."""
        self.model.shuffle = False
        x, y = self.x, self.y
        for rows in self.work.order(seed, epochs).reshape(epochs, -1):
            self.x, self.y = x[rows], y[rows]
            self.fit(1)

    def theta(self):
        layers = zip(self.model.coefs_, self.model.intercepts_)
        return np.concatenate([part for w, b in layers for part in (w.T.ravel(), b)])


class Autograd:
    """HIPS autograd: our forward pass, its backward pass."""

    def __init__(self, work, threads):
        import autograd
        import autograd.numpy as anp

        def loss(layers, x, y):
            a = x
            for w, b in layers[:-1]:
                a = anp.tanh(anp.dot(a, w.T) + b)
            w, b = layers[-1]
            o = anp.dot(a, w.T) + b
            if o.shape[1] == 1:
                return anp.mean(anp.logaddexp(0.0, (1.0 - 2.0 * y) * o))
            top = anp.max(o, axis=1, keepdims=True)
            relative = o - top - anp.log(anp.sum(anp.exp(o - top), axis=1, keepdims=True))
            return -anp.sum(y * relative) / len(y)

        self.work, self.gradient = work, autograd.grad(loss)

    def start(self, theta):
        self.layers = self.work.model.layers(theta)

    def run(self, seed, epochs):
        x, y, eta = self.work.dataset.x, self.work.dataset.y, self.work.eta
        order = self.work.order(seed, epochs).reshape(-1, self.work.batch_size)
        begin = perf_counter()
        for rows in order:
            gradient = self.gradient(self.layers, x[rows], y[rows])
            self.layers = [
                (w - eta * dw, b - eta * db) for (w, b), (dw, db) in zip(self.layers, gradient)
            ]
        return perf_counter() - begin

    def theta(self):
        return np.concatenate([part.ravel() for layer in self.layers for part in layer])


PEERS = {
    "previously": Previously,
    "PyTorch": Torch,
    "PyTorch, DataLoader": TorchLoader,
    "scikit-learn": Sklearn,
    "autograd": Autograd,
    "JAX, a call a step": Jax,
    "JAX, a call an epoch": JaxScan,
}
BOUNDS = {"NumPy by hand": ByHand, "products alone": Products}


def serve(connection, name, work, threads):
    """A contestant in a process of its own: answers each (method, arguments) with the result."""
    contestant = (PEERS | BOUNDS)[name](work, threads)
    for method, *arguments in iter(connection.recv, None):
        connection.send(getattr(contestant, method)(*arguments))
