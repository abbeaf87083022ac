"""Bad calls: each is refused at once, by an error that says what came and what was expected."""

import ast
import doctest
import inspect
import re
from importlib.resources import files
from math import inf, nan
from typing import get_type_hints

import numpy as np
import pytest

import previously
from previously import (
    MLP,
    Activation,
    Dataset,
    Loss,
    accuracy,
    cross_entropy,
    gradient_descent,
    logistic,
    make_circles,
    make_moons,
    make_spirals,
    minibatches,
    numerical_gradient,
    objective,
    plot,
    relative_error,
    relu,
    sgd,
    sigmoid,
    softmax,
    squared_error,
    tanh,
)

RNG = np.random.default_rng(0)
X, Y = np.zeros((4, 2)), np.array([[0.0], [1.0], [0.0], [1.0]])
DATA, NARROW = Dataset(X, Y), Dataset(X.astype(np.float32), Y.astype(np.float32))
MODEL = MLP((2, 3, 1))
THETA = np.zeros(13)
O, A = MODEL.forward(THETA, X)
LOSS, GRADIENT = objective(MODEL, logistic)
NORM = np.linalg.norm
FORGETS = Activation("some", lambda o: o[:2], lambda o, a: 1.0)
WIDENS = Activation("wide", lambda o: o.astype(float), lambda o, a: 1.0)


def column(x):
    return x[:, :1]


def floats(*shape, dtype=float):
    return np.zeros(shape, dtype)


# What objective's two functions refuse: (what is wrong, dataset, theta, error, message).
# fmt: off
BAD_DATA = [
    ("x for dataset", X, THETA,
     TypeError, "dataset: expected a Dataset, got an array (4, 2) of float64"),
    ("empty minibatch", DATA[:0], THETA,
     ValueError, "dataset: expected at least one pair, got none"),
    ("three columns for one output", Dataset(X, floats(4, 3)), THETA,
     ValueError, "dataset: expected y of shape (n, 1), as the model's outputs, got (4, 3)"),
    ("label 2 of two classes", Dataset(X, 2 * Y), THETA,
     ValueError, "dataset: logistic expects binary labels, got real values"),
    ("three columns for two inputs", Dataset(floats(4, 3), Y), THETA,
     ValueError, "x: expected shape (n, 2), got (4, 3)"),
    ("theta of another length", DATA, floats(12),
     ValueError, "theta: expected shape (13,), got (12,)"),
    ("theta of another precision", DATA, THETA.astype(np.float32),
     TypeError, "x: expected the dtype of theta, float32, got float64"),
]



def returns(value):
    """A function that returns this whatever it is given."""
    return lambda *arguments: value


def step(gradient, theta=THETA, eta=0.1):
    """The first step of a descent, which is where gradient and eta are first called."""
    return next(gradient_descent(gradient, theta, DATA, eta))


# (function: what is wrong, call, error, message). No call takes a step of the iterator it makes,
# unless what the step was given is wrong.
BAD_CALLS = [
    # Activations
    ("Activation: f is a number", lambda: Activation("step", 1.0, np.sign),
     TypeError, "f: expected a function, got float 1.0"),
    ("Activation: prime is missing", lambda: Activation("step", np.sign, None),
     TypeError, "prime: expected a function, got NoneType None"),
    ("Activation: f returns one number", lambda: Activation("sum", np.sum, np.sign),
     TypeError, f"f(o): expected a float array, got float64 {np.float64(3.0)!r}"),
    ("Activation: f returns nothing", lambda: Activation("none", returns(None), np.sign),
     TypeError, "f(o): expected a float array, got NoneType None"),
    ("Activation: f returns integers",
     lambda: Activation("step", lambda o: (o > 0).astype(int), np.sign),
     TypeError, "f(o): expected a float array, got an array (2, 3) of int64"),
    ("Activation: f averages over the rows",
     lambda: Activation("mean", lambda o: o.mean(0), np.sign),
     ValueError, "f(o): expected shape (2, 3), got (3,)"),
    ("Activation: f works in place",
     lambda: Activation("twice", lambda o: np.multiply(o, 2, out=o), np.sign),
     ValueError, "f(o), prime(o, a): expected o as it was, got it new"),
    ("Activation: prime averages over the rows",
     lambda: Activation("mean", np.tanh, lambda o, a: o.mean(0)),
     ValueError, "prime(o, a): expected shape (2, 3), got (3,)"),
    ("Activation: prime returns nothing", lambda: Activation("none", np.tanh, returns(None)),
     TypeError, "prime(o, a): expected real numbers, got NoneType None"),
    ("Activation.__call__: f forgets rows", lambda: FORGETS(np.ones((4, 3))),
     ValueError, "f(o): expected shape (4, 3), got (2, 3)"),
    ("Activation.__call__: text", lambda: relu("3"),
     TypeError, "o: expected real numbers, got str '3'"),
    ("Activation.__call__: truth value", lambda: tanh(True),
     TypeError, "o: expected real numbers, got bool True"),
    ("Activation.__call__: complex numbers", lambda: sigmoid(np.array([1j])),
     TypeError, "o: expected real numbers, got an array (1,) of complex128"),
    ("Activation.__call__: masked integers", lambda: relu(np.ma.masked_array([1, 2])),
     TypeError, "o: expected real numbers, got a MaskedArray (2,) of int64"),
    ("Activation.__call__: rows of different lengths", lambda: relu([[1, 2], [3]]),
     ValueError, "o: expected rows of one length, got list [[1, 2], [3]]"),
    # Data sets
    ("Dataset: x is a list", lambda: Dataset([[0.0]], Y),
     TypeError, "x: expected a float array, got list [[0.0]]"),
    ("Dataset: masked array for x", lambda: Dataset(np.ma.masked_array(X), Y),
     TypeError, "x: expected a float array, got a MaskedArray (4, 2) of float64"),
    ("Dataset: matrix for y", lambda: Dataset(X, Y.view(np.matrix)),
     TypeError, "y: expected a float array, got a matrix (4, 1) of float64"),
    ("Dataset: x of integers", lambda: Dataset(floats(4, 2, dtype=int), Y),
     TypeError, "x: expected a float array, got an array (4, 2) of int64"),
    ("Dataset: x with one axis", lambda: Dataset(floats(4), Y),
     ValueError, "x: expected shape (n, d), got (4,)"),
    ("Dataset: y with one axis", lambda: Dataset(X, floats(4)),
     ValueError, "y: expected shape (n, k), got (4,)"),
    ("Dataset: another number of rows in y", lambda: Dataset(X, floats(3, 1)),
     ValueError, "y: expected shape (4, k), got (3, 1)"),
    ("Dataset: no rows", lambda: Dataset(floats(0, 2), floats(0, 1)),
     ValueError, "x: expected at least one number, got an array (0, 2) of float64"),
    ("Dataset: no columns in y", lambda: Dataset(X, floats(4, 0)),
     ValueError, "y: expected at least one number, got an array (4, 0) of float64"),
    ("Dataset: NaN in x", lambda: Dataset(np.full((4, 2), nan), Y),
     ValueError, "x: expected finite numbers, got NaN or infinity"),
    ("Dataset: infinity in x", lambda: Dataset(np.full((4, 2), inf), Y),
     ValueError, "x: expected finite numbers, got NaN or infinity"),
    ("Dataset: NaN in y", lambda: Dataset(X, np.full((4, 1), nan)),
     ValueError, "y: expected finite numbers, got NaN or infinity"),
    ("Dataset: infinity in y", lambda: Dataset(X, np.full((4, 1), -inf)),
     ValueError, "y: expected finite numbers, got NaN or infinity"),
    ("Dataset: two precisions", lambda: Dataset(X, Y.astype(np.float32)),
     TypeError, "y: expected the dtype of x, float64, got float32"),
    ("Dataset.__getitem__: one index", lambda: DATA[0],
     TypeError, "indices: expected a slice, a list or an array (B,), got int 0"),
    ("Dataset.__getitem__: one index as an array", lambda: DATA[np.array(0)],
     TypeError, "indices: expected a slice, a list or an array (B,), got an array () of int64"),
    ("Dataset.__getitem__: truth value", lambda: DATA[True],
     TypeError, "indices: expected a slice, a list or an array (B,), got bool True"),
    ("Dataset.__getitem__: table of indices", lambda: DATA[np.array([[0, 1]])],
     TypeError, "indices: expected a slice, a list or an array (B,), got an array (1, 2) of int64"),
    ("Dataset.__getitem__: nothing", lambda: DATA[None],
     TypeError, "indices: expected a slice, a list or an array (B,), got NoneType None"),
    ("Dataset.__getitem__: a mask in a column", lambda: DATA[DATA.y == 1],
     TypeError,
     "indices: expected a slice, a list or an array (B,), got an array (4, 1) of bool"),
    ("Dataset.__getitem__: masked indices", lambda: DATA[np.ma.array([True] * 4, mask=[1] * 4)],
     TypeError,
     "indices: expected a slice, a list or an array (B,), got a MaskedArray (4,) of bool"),
    ("Dataset.__iter__: two names for what is one", lambda: dict(zip("xy", DATA)),
     TypeError, "a Dataset cannot be unpacked: take its x and y, or its minibatches"),
    ("make_moons: one pair", lambda: make_moons(1, 0.1, RNG),
     ValueError, "n: expected an integer ≥ 2, got 1"),
    ("make_moons: half a pair", lambda: make_moons(2.5, 0.1, RNG),
     TypeError, "n: expected an integer ≥ 2, got float 2.5"),
    ("make_moons: negative noise", lambda: make_moons(4, -0.1, RNG),
     ValueError, "noise: expected a finite number ≥ 0, got -0.1"),
    ("make_moons: seed for rng", lambda: make_moons(4, 0.1, 7),
     TypeError, "rng: expected a numpy.random.Generator, got int 7"),
    ("make_moons: radius zero", lambda: make_moons(4, 0.1, RNG, radius=0),
     ValueError, "radius: expected a finite number > 0, got 0"),
    ("make_circles: truth value for n", lambda: make_circles(True, 0.1, RNG),
     TypeError, "n: expected an integer ≥ 2, got bool True"),
    ("make_circles: NaN for noise", lambda: make_circles(4, nan, RNG),
     ValueError, "noise: expected a finite number ≥ 0, got nan"),
    ("make_circles: no rng", lambda: make_circles(4, 0.1, None),
     TypeError, "rng: expected a numpy.random.Generator, got NoneType None"),
    ("make_circles: one radius", lambda: make_circles(4, 0.1, RNG, radii=2.0),
     ValueError, "radii: expected two numbers, got float 2.0"),
    ("make_circles: three radii", lambda: make_circles(4, 0.1, RNG, radii=(3, 2, 1)),
     ValueError, "radii: expected two numbers, got tuple (3, 2, 1)"),
    ("make_circles: negative outer radius", lambda: make_circles(4, 0.1, RNG, radii=(-2, 1)),
     ValueError, "radii: expected a finite number > 0, got -2"),
    ("make_circles: text for the inner radius",
     lambda: make_circles(4, 0.1, RNG, radii=(2, "1")),
     TypeError, "radii: expected a finite number > 0, got str '1'"),
    ("make_spirals: no pair", lambda: make_spirals(0, 0.1, RNG),
     ValueError, "n: expected an integer ≥ 2, got 0"),
    ("make_spirals: text for noise", lambda: make_spirals(4, "none", RNG),
     TypeError, "noise: expected a finite number ≥ 0, got str 'none'"),
    ("make_spirals: seed for rng", lambda: make_spirals(4, 0.1, 7),
     TypeError, "rng: expected a numpy.random.Generator, got int 7"),
    ("make_spirals: negative turns", lambda: make_spirals(4, 0.1, RNG, turns=-1.5),
     ValueError, "turns: expected a finite number > 0, got -1.5"),
    ("make_spirals: infinite radius", lambda: make_spirals(4, 0.1, RNG, radius=inf),
     ValueError, "radius: expected a finite number > 0, got inf"),
    # Losses
    ("Loss: f is text", lambda: Loss("hinge", "max(0, 1 - a)", np.sign),
     TypeError, "f: expected a function, got str 'max(0, 1 - a)'"),
    ("Loss: grad is missing", lambda: Loss("hinge", np.sum, None),
     TypeError, "grad: expected a function, got NoneType None"),
    ("Loss: targets without the comma of a tuple",
     lambda: Loss("hinge", np.sum, np.sign, targets=("binary")),
     TypeError, "targets: expected a tuple of kinds, got str 'binary'"),
    ("Loss: unknown targets", lambda: Loss("hinge", np.sum, np.sign, targets=("binry",)),
     ValueError, "targets: expected some of ('real', 'binary', 'one-hot'), got ('binry',)"),
    ("Loss: no targets", lambda: Loss("hinge", np.sum, np.sign, targets=()),
     ValueError, "targets: expected some of ('real', 'binary', 'one-hot'), got ()"),
    ("Loss.__call__: f returns the losses of the rows",
     lambda: Loss("rows", np.subtract, np.sign)(floats(4, 1), Y),
     ValueError, "f(a, y): expected one number, got an array (4, 1) of float64"),
    ("Loss.__call__: f returns nothing",
     lambda: Loss("none", returns(None), np.sign)(floats(4, 1), Y),
     TypeError, "f(a, y): expected real numbers, got NoneType None"),
    ("Loss.__call__: a is a list", lambda: squared_error([1.0], Y),
     TypeError, "a: expected a float array, got list [1.0]"),
    ("Loss.__call__: masked array for y",
     lambda: squared_error(floats(4, 1), np.ma.masked_array(Y, mask=Y > 0)),
     TypeError, "y: expected a float array, got a MaskedArray (4, 1) of float64"),
    ("Loss.__call__: a with one axis", lambda: squared_error(floats(4), Y),
     ValueError, "a: expected shape (n, k), got (4,)"),
    ("Loss.__call__: no rows", lambda: squared_error(floats(0, 1), floats(0, 1)),
     ValueError, "a: expected at least one number, got an array (0, 1) of float64"),
    ("Loss.__call__: y of integers", lambda: squared_error(floats(4, 1), Y.astype(np.int64)),
     TypeError, "y: expected a float array, got an array (4, 1) of int64"),
    ("Loss.__call__: y of another shape", lambda: squared_error(floats(4, 1), floats(4, 2)),
     ValueError, "y: expected shape (4, 1), got (4, 2)"),
    ("Loss.__call__: label 2 of two classes", lambda: logistic(floats(4, 1), 2 * Y),
     ValueError, "y: logistic expects binary labels, got real values"),
    ("Loss.__call__: no class in a one-hot row",
     lambda: cross_entropy(floats(4, 3), floats(4, 3)),
     ValueError, "y: cross_entropy expects one-hot labels, got real values"),
    ("Loss.__call__: binary labels for K classes", lambda: cross_entropy(floats(4, 1), Y),
     ValueError, "y: cross_entropy expects one-hot labels, got binary values"),
    ("Loss.__call__: real values where two kinds are taken",
     lambda: Loss("hinge", np.sum, np.sign, ("binary", "one-hot"))(floats(4, 1), Y / 2),
     ValueError, "y: hinge expects binary or one-hot labels, got real values"),
    ("squared_error.f: y with one axis", lambda: squared_error.f(floats(4, 1), floats(4)),
     ValueError, "y: expected the shape of a, (4, 1), got (4,)"),
    ("squared_error.grad: y with one axis",
     lambda: squared_error.grad(floats(4, 1), floats(4)),
     ValueError, "y: expected the shape of a, (4, 1), got (4,)"),
    ("logistic.f: y with one axis", lambda: logistic.f(floats(4, 1), floats(4)),
     ValueError, "y: expected the shape of a, (4, 1), got (4,)"),
    ("logistic.grad: y with one axis", lambda: logistic.grad(floats(4, 1), floats(4)),
     ValueError, "y: expected the shape of a, (4, 1), got (4,)"),
    ("cross_entropy.f: another number of classes",
     lambda: cross_entropy.f(floats(4, 3), floats(4, 1)),
     ValueError, "y: expected the shape of a, (4, 3), got (4, 1)"),
    ("cross_entropy.grad: another number of classes",
     lambda: cross_entropy.grad(floats(4, 3), floats(4, 1)),
     ValueError, "y: expected the shape of a, (4, 3), got (4, 1)"),
    ("softmax: list", lambda: softmax([[1.0, 2.0]]),
     TypeError, "o: expected a float array, got list [[1.0, 2.0]]"),
    ("softmax: one axis", lambda: softmax(floats(3)),
     ValueError, "o: expected shape (n, K), got (3,)"),
    ("softmax: no classes", lambda: softmax(floats(4, 0)),
     ValueError, "o: expected at least one number, got an array (4, 0) of float64"),
    ("accuracy: o is a list", lambda: accuracy([1.0], Y),
     TypeError, "o: expected a float array, got list [1.0]"),
    ("accuracy: NaN of two classes", lambda: accuracy(np.array([[1.0], [nan]]), Y[:2]),
     ValueError, "o: expected numbers, got NaN"),
    ("accuracy: NaN of K classes", lambda: accuracy(np.array([[1.0, nan]]), np.eye(2)[:1]),
     ValueError, "o: expected numbers, got NaN"),
    ("accuracy: o with one axis", lambda: accuracy(floats(4), Y),
     ValueError, "o: expected shape (n, k), got (4,)"),
    ("accuracy: no rows", lambda: accuracy(floats(0, 1), floats(0, 1)),
     ValueError, "o: expected at least one number, got an array (0, 1) of float64"),
    ("accuracy: class numbers for y", lambda: accuracy(floats(4, 3), np.array([0, 1, 2, 1])),
     TypeError, "y: expected a float array, got an array (4,) of int64"),
    ("accuracy: y of another shape", lambda: accuracy(floats(4, 3), Y),
     ValueError, "y: expected shape (4, 3), got (4, 1)"),
    ("accuracy: real values for labels", lambda: accuracy(floats(4, 1), Y / 2),
     ValueError, "y: expected binary or one-hot labels, got real values"),
    # The model
    ("MLP: sizes is a number", lambda: MLP(3),
     TypeError, "sizes: expected a tuple of integers, got int 3"),
    ("MLP: one layer", lambda: MLP((3,)),
     ValueError, "sizes: expected at least two layers, got tuple (3,)"),
    ("MLP: layer without units", lambda: MLP((2, 0, 1)),
     ValueError, "sizes: expected an integer ≥ 1, got 0"),
    ("MLP: half a unit", lambda: MLP((2, 1.5)),
     TypeError, "sizes: expected an integer ≥ 1, got float 1.5"),
    ("MLP: phi by its name", lambda: MLP((2, 1), phi="relu"),
     TypeError, "phi: expected an Activation, got str 'relu'"),
    ("MLP: no phi_out", lambda: MLP((2, 1), phi_out=None),
     TypeError, "phi_out: expected an Activation, got NoneType None"),
    ("MLP.layers: theta of another length", lambda: MODEL.layers(floats(12)),
     ValueError, "theta: expected shape (13,), got (12,)"),
    ("MLP.layers: theta with two axes", lambda: MODEL.layers(floats(13, 1)),
     ValueError, "theta: expected shape (13,), got (13, 1)"),
    ("MLP.layers: theta of integers", lambda: MODEL.layers(floats(13, dtype=int)),
     TypeError, "theta: expected a float array, got an array (13,) of int64"),
    ("MLP.init: seed for rng", lambda: MODEL.init(7),
     TypeError, "rng: expected a numpy.random.Generator, got int 7"),
    ("MLP.init: gain zero", lambda: MODEL.init(RNG, gain=0.0),
     ValueError, "gain: expected a finite number > 0, got 0.0"),
    ("MLP.init: truth value for gain", lambda: MODEL.init(RNG, gain=True),
     TypeError, "gain: expected a finite number > 0, got bool True"),
    ("MLP.forward: theta of another length", lambda: MODEL.forward(floats(14), X),
     ValueError, "theta: expected shape (13,), got (14,)"),
    ("MLP.forward: one example without its axis", lambda: MODEL.forward(THETA, X[0]),
     ValueError, "x: expected shape (n, 2), got (2,)"),
    ("MLP.forward: x with another number of columns",
     lambda: MODEL.forward(THETA, floats(4, 3)),
     ValueError, "x: expected shape (n, 2), got (4, 3)"),
    ("MLP.forward: two precisions", lambda: MODEL.forward(THETA.astype(np.float32), X),
     TypeError, "x: expected the dtype of theta, float32, got float64"),
    ("MLP.forward: phi forgets rows", lambda: MLP((2, 3, 1), FORGETS).forward(THETA, X),
     ValueError, "phi.f(o): expected shape (4, 3), got (2, 3)"),
    ("MLP.predict: theta is a list", lambda: MODEL.predict([0.0], X),
     TypeError, "theta: expected a float array, got list [0.0]"),
    ("MLP.predict: x is a list", lambda: MODEL.predict(THETA, [[0.0, 1.0]]),
     TypeError, "x: expected a float array, got list [[0.0, 1.0]]"),
    ("MLP.backward: theta of another length",
     lambda: MODEL.backward(floats(12), O, A, floats(4, 1)),
     ValueError, "theta: expected shape (13,), got (12,)"),
    ("MLP.backward: one array for o", lambda: MODEL.backward(THETA, O[-1], A, floats(4, 1)),
     TypeError,
     "o: expected the list o that forward returned, got an array (4, 1) of float64"),
    ("MLP.backward: one array for a", lambda: MODEL.backward(THETA, O, A[-1], floats(4, 1)),
     TypeError,
     "a: expected the list a that forward returned, got an array (4, 1) of float64"),
    ("MLP.backward: o of too few layers",
     lambda: MODEL.backward(THETA, O[:2], A, floats(4, 1)),
     ValueError, "o, a: expected lists of 3 layers, got 2 and 3"),
    ("MLP.backward: a of too few layers",
     lambda: MODEL.backward(THETA, O, A[1:], floats(4, 1)),
     ValueError, "o, a: expected lists of 3 layers, got 3 and 2"),
    ("MLP.backward: o and a swapped", lambda: MODEL.backward(THETA, A, O, floats(4, 1)),
     ValueError, "o, a: expected o first, as forward returned them, got a first"),
    ("MLP.backward: dL_da of another shape", lambda: MODEL.backward(THETA, O, A, floats(4)),
     ValueError, "dL_da: expected shape (4, 1), got (4,)"),
    ("MLP.backward: dL_da of integers",
     lambda: MODEL.backward(THETA, O, A, floats(4, 1, dtype=int)),
     TypeError, "dL_da: expected a float array, got an array (4, 1) of int64"),
    ("MLP.backward: two precisions",
     lambda: MODEL.backward(THETA, O, A, floats(4, 1, dtype=np.float32)),
     TypeError, "dL_da: expected the dtype of theta, float64, got float32"),
    # The objective
    ("objective: sizes for model", lambda: objective((2, 3, 1), logistic),
     TypeError, "model: expected an MLP, got tuple (2, 3, 1)"),
    ("objective: loss by its name", lambda: objective(MODEL, "logistic"),
     TypeError, "loss: expected a Loss, got str 'logistic'"),
    ("objective: probabilities where the loss expects logits",
     lambda: objective(MLP((2, 1), phi_out=sigmoid), logistic),
     ValueError, "model: logistic expects logits, so phi_out=previously.identity, got sigmoid"),
    ("objective: tanh where the loss expects logits of K classes",
     lambda: objective(MLP((2, 3), phi_out=tanh), cross_entropy),
     ValueError, "model: cross_entropy expects logits, so phi_out=previously.identity, got tanh"),
    *((f"objective's {name}: {what}", lambda f=f, pair=(dataset, theta): f(*pair), error, message)
      for name, f in (("loss", LOSS), ("gradient", GRADIENT))
      for what, dataset, theta, error, message in BAD_DATA),
    ("objective's loss: f returns the losses of the rows",
     lambda: objective(MODEL, Loss("rows", np.subtract, np.sign))[0](DATA, THETA),
     ValueError, "loss.f(a, y): expected one number, got an array (4, 1) of float64"),
    ("objective's gradient: grad with one axis",
     lambda: objective(MODEL, Loss("rows", np.sum, lambda a, y: (a - y)[:, 0]))[1](DATA, THETA),
     ValueError, "loss.grad(a, y): expected shape (4, 1), got (4,)"),
    ("objective's gradient: phi of another precision",
     lambda: objective(MLP((2, 3, 1), WIDENS), logistic)[1](NARROW, floats(13, dtype=np.float32)),
     TypeError, "loss.grad(a, y): expected the dtype of y, float32, got float64"),
    # Descents
    ("gradient_descent: gradient is an array",
     lambda: gradient_descent(THETA, THETA, DATA, 0.1),
     TypeError, "gradient: expected a function, got an array (13,) of float64"),
    ("gradient_descent: theta is a list",
     lambda: gradient_descent(GRADIENT, [0.0, 0.0], DATA, 0.1),
     TypeError, "theta: expected a float array, got list [0.0, 0.0]"),
    ("gradient_descent: theta with two axes",
     lambda: gradient_descent(GRADIENT, floats(13, 1), DATA, 0.1),
     ValueError, "theta: expected shape (p,), got (13, 1)"),
    ("gradient_descent: no dataset", lambda: gradient_descent(GRADIENT, THETA, None, 0.1),
     TypeError, "dataset: expected a Dataset, got NoneType None"),
    ("gradient_descent: a dict for dataset",
     lambda: gradient_descent(GRADIENT, THETA, {"x": 1, "y": 2}, 0.1),
     TypeError, "dataset: expected a Dataset, got dict {'x': 1, 'y': 2}"),
    ("gradient_descent: empty dataset",
     lambda: gradient_descent(GRADIENT, THETA, DATA[:0], 0.1),
     ValueError, "dataset: expected at least one pair, got none"),
    ("gradient_descent: eta zero", lambda: gradient_descent(GRADIENT, THETA, DATA, 0),
     ValueError, "eta: expected a finite number > 0, got 0"),
    ("gradient_descent: negative eta", lambda: gradient_descent(GRADIENT, THETA, DATA, -0.1),
     ValueError, "eta: expected a finite number > 0, got -0.1"),
    ("gradient_descent: NaN for eta", lambda: gradient_descent(GRADIENT, THETA, DATA, nan),
     ValueError, "eta: expected a finite number > 0, got nan"),
    ("gradient_descent: text for eta",
     lambda: gradient_descent(GRADIENT, THETA, DATA, "0.1"),
     TypeError, "eta: expected a finite number > 0, got str '0.1'"),
    ("gradient_descent: eta too large for a float",
     lambda: gradient_descent(GRADIENT, THETA, DATA, 10**400),
     ValueError, "eta: expected a finite number > 0, got one too large for a float"),
    ("gradient_descent: loss for gradient", lambda: step(LOSS),
     TypeError, "gradient(dataset, theta): expected a float array, got float 0.6931471805599453"),
    ("gradient_descent: gradient returns nothing", lambda: step(returns(None)),
     TypeError, "gradient(dataset, theta): expected a float array, got NoneType None"),
    ("gradient_descent: gradient with two axes", lambda: step(returns(floats(13, 1))),
     ValueError, "gradient(dataset, theta): expected shape (13,), got (13, 1)"),
    ("gradient_descent: gradient of one number", lambda: step(returns(floats(1))),
     ValueError, "gradient(dataset, theta): expected shape (13,), got (1,)"),
    ("gradient_descent: gradient of another precision",
     lambda: step(returns(floats(13)), THETA.astype(np.float32)),
     TypeError, "gradient(dataset, theta): expected the dtype of theta, float32, got float64"),
    ("gradient_descent: gradient is a masked array",
     lambda: step(returns(np.ma.masked_array(floats(13)))),
     TypeError,
     "gradient(dataset, theta): expected a float array, got a MaskedArray (13,) of float64"),
    ("gradient_descent: gradient of complex numbers",
     lambda: step(returns(floats(13, dtype=complex))),
     TypeError,
     "gradient(dataset, theta): expected a float array, got an array (13,) of complex128"),
    ("gradient_descent: eta(t) is negative", lambda: step(GRADIENT, eta=lambda t: -0.1),
     ValueError, "eta(0): expected a finite number ≥ 0, got -0.1"),
    ("gradient_descent: eta(t) is NaN", lambda: step(GRADIENT, eta=lambda t: nan),
     ValueError, "eta(0): expected a finite number ≥ 0, got nan"),
    ("gradient_descent: eta(t) is an array", lambda: step(GRADIENT, eta=lambda t: floats(1)),
     TypeError, "eta(0): expected a finite number ≥ 0, got an array (1,) of float64"),
    ("gradient_descent: eta(t) is nothing", lambda: step(GRADIENT, eta=lambda t: None),
     TypeError, "eta(0): expected a finite number ≥ 0, got NoneType None"),
    ("sgd: loss for gradient", lambda: next(sgd(LOSS, THETA, DATA, 0.1, 4, RNG)),
     TypeError, "gradient(dataset, theta): expected a float array, got float 0.6931471805599453"),
    ("sgd: eta(t) is infinite",
     lambda: next(sgd(GRADIENT, THETA, DATA, lambda t: inf, 4, RNG)),
     ValueError, "eta(0): expected a finite number ≥ 0, got inf"),
    ("sgd: no gradient", lambda: sgd(None, THETA, DATA, 0.1, 2, RNG),
     TypeError, "gradient: expected a function, got NoneType None"),
    ("sgd: theta of integers",
     lambda: sgd(GRADIENT, floats(13, dtype=int), DATA, 0.1, 2, RNG),
     TypeError, "theta: expected a float array, got an array (13,) of int64"),
    ("sgd: tuple (x, y) for dataset", lambda: sgd(GRADIENT, THETA, (X, Y), 0.1, 2, RNG),
     TypeError,
     "dataset: expected a Dataset, got tuple (array([[0., 0.], [0., 0.], [0., 0.],..."),
    ("sgd: empty dataset", lambda: sgd(GRADIENT, THETA, DATA[:0], 0.1, 2, RNG),
     ValueError, "dataset: expected at least one pair, got none"),
    ("sgd: infinite eta", lambda: sgd(GRADIENT, THETA, DATA, inf, 2, RNG),
     ValueError, "eta: expected a finite number > 0, got inf"),
    ("sgd: batch_size zero", lambda: sgd(GRADIENT, THETA, DATA, 0.1, 0, RNG),
     ValueError, "batch_size: expected an integer ≥ 1, got 0"),
    ("sgd: batch_size is a float", lambda: sgd(GRADIENT, THETA, DATA, 0.1, 2.0, RNG),
     TypeError, "batch_size: expected an integer ≥ 1, got float 2.0"),
    ("sgd: seed for rng", lambda: sgd(GRADIENT, THETA, DATA, 0.1, 2, 7),
     TypeError, "rng: expected a numpy.random.Generator, got int 7"),
    ("minibatches: list for dataset", lambda: minibatches([1, 2], 2, RNG),
     TypeError, "dataset: expected a Dataset, got list [1, 2]"),
    ("minibatches: empty dataset", lambda: minibatches(DATA[:0], 2, RNG),
     ValueError, "dataset: expected at least one pair, got none"),
    ("minibatches: negative batch_size", lambda: minibatches(DATA, -1, RNG),
     ValueError, "batch_size: expected an integer ≥ 1, got -1"),
    ("minibatches: no rng", lambda: minibatches(DATA, 2, None),
     TypeError, "rng: expected a numpy.random.Generator, got NoneType None"),
    # Checking a gradient
    ("numerical_gradient: f is a value", lambda: numerical_gradient(0.5, THETA),
     TypeError, "f: expected a function, got float 0.5"),
    ("numerical_gradient: theta of integers",
     lambda: numerical_gradient(NORM, floats(2, dtype=int)),
     TypeError, "theta: expected a float array, got an array (2,) of int64"),
    ("numerical_gradient: theta with two axes",
     lambda: numerical_gradient(NORM, floats(2, 1)),
     ValueError, "theta: expected shape (p,), got (2, 1)"),
    ("numerical_gradient: eps zero", lambda: numerical_gradient(NORM, THETA, eps=0.0),
     ValueError, "eps: expected a finite number > 0, got 0.0"),
    ("numerical_gradient: eps lost in the rounding of theta",
     lambda: numerical_gradient(NORM, np.full(2, 1e10)),
     ValueError, "eps: expected at least 0.00019 for a theta so large, got 1e-06"),
    ("numerical_gradient: theta of too few digits",
     lambda: numerical_gradient(NORM, floats(2, dtype=np.float32)),
     TypeError, "theta: expected at least float64, got an array (2,) of float32"),
    ("numerical_gradient: f returns too few digits",
     lambda: numerical_gradient(lambda theta: np.float32(NORM(theta)), floats(2)),
     ValueError, "eps: expected at least 0.00035 for a float32 f, got 1e-06"),
    ("numerical_gradient: f returns an array", lambda: numerical_gradient(np.sin, floats(2)),
     ValueError, "f(theta): expected one number, got an array (2,) of float64"),
    ("numerical_gradient: f returns an array of one",
     lambda: numerical_gradient(returns(floats(1)), floats(2)),
     ValueError, "f(theta): expected one number, got an array (1,) of float64"),
    ("numerical_gradient: f returns nothing",
     lambda: numerical_gradient(returns(None), floats(2)),
     TypeError, "f(theta): expected real numbers, got NoneType None"),
    ("numerical_gradient: f returns a complex number",
     lambda: numerical_gradient(returns(complex(nan, 1)), floats(2)),
     TypeError, "f(theta): expected real numbers, got complex (nan+1j)"),
    ("relative_error: masked array for a",
     lambda: relative_error(np.ma.masked_array([1.0, 2.0], [True, False]), floats(2)),
     TypeError, "a: expected real numbers, got a MaskedArray (2,) of float64"),
    ("relative_error: text for a", lambda: relative_error("a", [0.0]),
     TypeError, "a: expected real numbers, got str 'a'"),
    ("relative_error: nothing for b", lambda: relative_error([0.0], None),
     TypeError, "b: expected real numbers, got NoneType None"),
    ("relative_error: two shapes", lambda: relative_error(floats(3, 1), floats(3)),
     ValueError, "b: expected the shape of a, (3, 1), got (3,)"),
    # Plots
    ("svg: nothing for figure", lambda: plot.svg(None),
     TypeError, "figure: expected a matplotlib figure, got NoneType None"),
    ("contours: f is an array", lambda: plot.contours(X, (0, 1), (0, 1)),
     TypeError, "f: expected a function, got an array (4, 2) of float64"),
    ("contours: limits swapped", lambda: plot.contours(NORM, (1, 0), (0, 1)),
     ValueError, "xlim: expected finite low < high, got tuple (1, 0)"),
    ("contours: limits equal", lambda: plot.contours(NORM, (0, 1), (2, 2)),
     ValueError, "ylim: expected finite low < high, got tuple (2, 2)"),
    ("contours: limit of minus infinity", lambda: plot.contours(NORM, (-inf, 1), (0, 1)),
     ValueError, "xlim: expected finite low < high, got tuple (-inf, 1)"),
    ("contours: three limits", lambda: plot.contours(NORM, (0, 1), (0, 1, 2)),
     ValueError, "ylim: expected finite low < high, got tuple (0, 1, 2)"),
    ("contours: infinite limit", lambda: plot.contours(NORM, (0, 1), (0, inf)),
     ValueError, "ylim: expected finite low < high, got tuple (0, inf)"),
    ("contours: text for limits", lambda: plot.contours(NORM, "wide", (0, 1)),
     TypeError, "xlim: expected real numbers, got str 'wide'"),
    ("contours: array of axes",
     lambda: plot.contours(NORM, (0, 1), (0, 1), ax=np.array([None, None])),
     TypeError, "ax: expected matplotlib axes, got an array (2,) of object"),
    ("contours: one point of the grid",
     lambda: plot.contours(NORM, (0, 1), (0, 1), resolution=1),
     ValueError, "resolution: expected an integer ≥ 2, got 1"),
    ("contours: f returns an array", lambda: plot.contours(np.sin, (0, 1), (0, 1)),
     ValueError, "f(theta): expected one number, got an array (2,) of float64"),
    ("contours: one height", lambda: plot.contours(NORM, (0, 1), (0, 1), levels=0.5),
     TypeError, "levels: expected an integer ≥ 1, got float 0.5"),
    ("contours: no lines", lambda: plot.contours(NORM, (0, 1), (0, 1), levels=0),
     ValueError, "levels: expected an integer ≥ 1, got 0"),
    ("contours: falling heights", lambda: plot.contours(NORM, (0, 1), (0, 1), levels=[2, 1]),
     ValueError, "levels: expected increasing heights, got list [2, 1]"),
    ("contours: NaN for a height", lambda: plot.contours(NORM, (0, 1), (0, 1), levels=[1, nan]),
     ValueError, "levels: expected increasing heights, got list [1, nan]"),
    ("contours: table of heights", lambda: plot.contours(NORM, (0, 1), (0, 1), levels=X),
     ValueError, "levels: expected increasing heights, got an array (4, 2) of float64"),
    ("network: sizes for a model", lambda: plot.network((2, 3, 1)),
     TypeError, "model: expected an MLP, got tuple (2, 3, 1)"),
    ("network: no axes", lambda: plot.network(MODEL, ax="left"),
     TypeError, "ax: expected matplotlib axes, got str 'left'"),
    ("path: one theta", lambda: plot.path(floats(2)),
     ValueError, "thetas: expected shape (T, 2), got (2,)"),
    ("path: three parameters", lambda: plot.path(floats(5, 3)),
     ValueError, "thetas: expected shape (T, 2), got (5, 3)"),
    ("path: list of arrays and text", lambda: plot.path([floats(2), "end"]),
     ValueError, "thetas: expected rows of one length, got list [array([0., 0.]), 'end']"),
    ("path: text", lambda: plot.path("down"),
     TypeError, "thetas: expected real numbers, got str 'down'"),
    ("path: no axes", lambda: plot.path(floats(5, 2), ax="left"),
     TypeError, "ax: expected matplotlib axes, got str 'left'"),
    ("points: three coordinates", lambda: plot.points(floats(4, 3), Y),
     ValueError, "x: expected shape (n, 2), got (4, 3)"),
    ("points: a label too few", lambda: plot.points(X, Y[1:]),
     ValueError, "y: expected shape (4, 1), got (3, 1)"),
    ("points: labels −1 and 1", lambda: plot.points(X, 2 * Y - 1),
     ValueError, "y: expected labels 0 and 1, got -1.0"),
    ("points: probabilities", lambda: plot.points(X, floats(4, 1) + 0.25),
     ValueError, "y: expected labels 0 and 1, got 0.25"),
    ("points: NaN for a label", lambda: plot.points(X, floats(4, 1) * nan),
     ValueError, "y: expected labels 0 and 1, got nan"),
    ("points: nowhere", lambda: plot.points(X * nan, Y),
     ValueError, "x: expected numbers, got NaN"),
    ("points: NaN for a shade", lambda: plot.points(X, Y, shade=np.full(4, nan)),
     ValueError, "shade: expected numbers, got NaN"),
    ("points: masked array for x", lambda: plot.points(np.ma.masked_array(X), Y),
     TypeError, "x: expected a float array, got a MaskedArray (4, 2) of float64"),
    ("points: two shades for four points", lambda: plot.points(X, Y, shade=floats(2)),
     ValueError, "shade: expected one number or 4, got an array (2,) of float64"),
    ("points: text for a shade", lambda: plot.points(X, Y, shade="dark"),
     TypeError, "shade: expected real numbers, got str 'dark'"),
    ("points: no axes", lambda: plot.points(X, Y, "left"),
     TypeError, "ax: expected matplotlib axes, got str 'left'"),
    ("regions: score is an array", lambda: plot.regions(X, (0, 1), (0, 1)),
     TypeError, "score: expected a function, got an array (4, 2) of float64"),
    ("regions: score with one axis",
     lambda: plot.regions(lambda x: x[:, 0], (0, 1), (0, 1), resolution=3),
     ValueError, "score(x): expected shape (9, 1), got (9,)"),
    ("regions: score returns nothing", lambda: plot.regions(returns(None), (0, 1), (0, 1)),
     TypeError, "score(x): expected real numbers, got NoneType None"),
    ("regions: NaN for a score",
     lambda: plot.regions(lambda x: column(x) * nan, (0, 1), (0, 1), resolution=3),
     ValueError, "score(x): expected numbers, got NaN"),
    ("regions: limits swapped", lambda: plot.regions(column, (1, 0), (0, 1)),
     ValueError, "xlim: expected finite low < high, got tuple (1, 0)"),
    ("regions: one limit", lambda: plot.regions(column, (0, 1), 1),
     ValueError, "ylim: expected finite low < high, got int 1"),
    ("regions: no axes", lambda: plot.regions(column, (0, 1), (0, 1), 3),
     TypeError, "ax: expected matplotlib axes, got int 3"),
    ("regions: one point of the grid", lambda: plot.regions(column, (0, 1), (0, 1), resolution=1),
     ValueError, "resolution: expected an integer ≥ 2, got 1"),
    ("carried_grid: nothing to carry with",
     lambda: plot.carried_grid(None, column, (0, 1), (0, 1)),
     TypeError, "carry: expected a function, got NoneType None"),
    ("carried_grid: score is a number", lambda: plot.carried_grid(NORM, 0.5, (0, 1), (0, 1)),
     TypeError, "score: expected a function, got float 0.5"),
    ("carried_grid: carry to a line",
     lambda: plot.carried_grid(column, column, (0, 1), (0, 1), lines=2, resolution=3),
     ValueError, "carry(x): expected shape (12, 2), got (12, 1)"),
    ("carried_grid: score of two columns",
     lambda: plot.carried_grid(np.sin, np.sin, (0, 1), (0, 1), lines=2, resolution=3),
     ValueError, "score(x): expected shape (12, 1), got (12, 2)"),
    ("carried_grid: NaN for a score",
     lambda: plot.carried_grid(np.sin, lambda x: column(x) * nan, (0, 1), (0, 1), lines=2),
     ValueError, "score(x): expected numbers, got NaN"),
    ("carried_grid: limits swapped", lambda: plot.carried_grid(NORM, column, (1, 0), (0, 1)),
     ValueError, "xlim: expected finite low < high, got tuple (1, 0)"),
    ("carried_grid: infinite limit", lambda: plot.carried_grid(NORM, column, (0, 1), (0, inf)),
     ValueError, "ylim: expected finite low < high, got tuple (0, inf)"),
    ("carried_grid: no axes", lambda: plot.carried_grid(np.sin, column, (0, 1), (0, 1), "left"),
     TypeError, "ax: expected matplotlib axes, got str 'left'"),
    ("carried_grid: one line", lambda: plot.carried_grid(NORM, column, (0, 1), (0, 1), lines=1),
     ValueError, "lines: expected an integer ≥ 2, got 1"),
    ("carried_grid: half a point",
     lambda: plot.carried_grid(NORM, column, (0, 1), (0, 1), resolution=2.5),
     TypeError, "resolution: expected an integer ≥ 2, got float 2.5"),
]
# fmt: on


@pytest.mark.parametrize(
    ("call", "error", "message"), [row[1:] for row in BAD_CALLS], ids=[row[0] for row in BAD_CALLS]
)
def test_bad_call_is_refused_by_name(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert type(refusal.value) is error
    assert str(refusal.value) == message


def public_functions():
    """Every public function, constructor and method, by the name that its rows begin with."""
    for name in previously.__all__:
        thing = getattr(previously, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            yield name, thing
        if inspect.isclass(thing):
            for method, function in inspect.getmembers(thing, inspect.isfunction):
                if method == "__call__" or not method.startswith("_"):
                    yield f"{name}.{method}", function
    for name, function in inspect.getmembers(plot, inspect.isfunction):
        if function.__module__ == plot.__name__ and not name.startswith("_"):
            yield name, function


def described(name):
    """The docstring of a function by its name; instances and their calls have that of the class."""
    owner = getattr(previously, name.split(".")[0], None)
    if isinstance(owner, Activation | Loss):
        return inspect.getdoc(type(owner))
    return inspect.getdoc(dict(public_functions())[name.removesuffix(".__call__")])


def section(docstring, head):
    """What stands below a head of a docstring."""
    found = re.search(rf"^{head}:\n((?: .*\n?|\n)*)", docstring, re.MULTILINE)
    return found[1] if found else ""


def test_every_parameter_is_described_in_the_docstring():
    missing = {
        (name, parameter)
        for name, function in public_functions()
        for parameter in inspect.signature(function).parameters.keys() - {"self"}
        if not re.search(
            rf"^ +(\w+, )*{parameter}(, \w+)*:", section(described(name), "Args"), re.MULTILINE
        )
    }
    assert missing == {("Activation.__call__", "o"), ("Loss.__call__", "a"), ("Loss.__call__", "y")}


def test_every_example_in_a_docstring_fits_the_signature():
    functions, fitted = dict(public_functions()), set()
    for name in functions:
        for example in doctest.DocTestParser().get_examples(described(name)):
            for call in ast.walk(ast.parse(example.source)):
                if isinstance(call, ast.Call) and (called := ast.unparse(call.func)) in functions:
                    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
                    inspect.signature(functions[called]).bind(*call.args, **keywords)
                    fitted.add(called)
    assert fitted >= {"gradient_descent", "sgd"}


def test_editors_and_type_checkers_know_what_every_function_returns():
    assert (files("previously") / "py.typed").is_file()
    for name, function in public_functions():
        assert inspect.isclass(function) or "return" in get_type_hints(function), name


def errors(docstring):
    """The kinds of errors that a docstring speaks of; «as `f`» speaks of f's."""
    _, _, raises = docstring.partition("Raises:")
    raises, _, _ = raises.partition("Source:")
    kinds = set(re.findall(r"\w+Error", raises))
    for name in re.findall(r"[Aa]s `(\w+)`", raises):
        kinds |= errors(
            dict(public_functions())[f"MLP.{name}" if name == "forward" else name].__doc__
        )
    return kinds


def test_every_error_of_a_public_function_is_in_its_docstring():
    documented = dict(public_functions())
    for name, _, error, _ in BAD_CALLS:
        what, method = (*name.split(": ")[0].split("."), "")[:2]
        if what.startswith("objective's"):
            continue  # the docstring of objective says in its Returns what these two refuse
        # What an operator of a class refuses is said in the docstring of the class.
        name = f"{what}.{method}" if method and not method.startswith("__") else what
        function = documented.get(name)
        if function is None:  # f and grad of our losses
            assert method in ("f", "grad")
            continue
        assert error.__name__ in errors(function.__doc__), name


def test_every_argument_of_every_public_function_has_a_bad_call():
    arguments = {
        (name, argument)
        for name, function in public_functions()
        for argument in inspect.signature(function).parameters
        if argument != "self"
    }
    refused = {
        (name.split(": ")[0], argument)
        for name, _, _, message in BAD_CALLS
        for argument in message.split(": ")[0].split(", ")
    }
    assert arguments - refused == {
        ("Activation", "name"),  # any label will do
        ("Loss", "name"),  # any label will do
        ("Loss", "of_logits"),  # anything is true or false
        ("path", "style"),  # matplotlib checks it
        ("points", "style"),
    }
