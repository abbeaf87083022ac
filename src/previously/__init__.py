"""The small tested package behind every page of Previously on… Deep Learning."""

from .activations import Activation, identity, relu, sigmoid, tanh
from .data import Dataset, load_digits, make_circles, make_moons, make_spirals
from .descent import gradient_descent, minibatches, sgd
from .gradcheck import numerical_gradient, relative_error
from .losses import Loss, accuracy, cross_entropy, logistic, softmax, squared_error
from .mlp import MLP
from .objective import objective

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "Activation",
    "Dataset",
    "Loss",
    "accuracy",
    "cross_entropy",
    "gradient_descent",
    "identity",
    "load_digits",
    "logistic",
    "make_circles",
    "make_moons",
    "make_spirals",
    "minibatches",
    "numerical_gradient",
    "objective",
    "relative_error",
    "relu",
    "sgd",
    "sigmoid",
    "softmax",
    "squared_error",
    "tanh",
]
