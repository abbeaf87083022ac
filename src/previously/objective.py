"""A model and a loss make ℒ(dataset, θ) and ∇_θ ℒ(dataset, θ)."""

from collections.abc import Callable
from functools import partial

import numpy as np

from ._check import like, not_empty, require, returned
from .activations import identity
from .data import Dataset
from .losses import Loss
from .mlp import MLP


def objective(model: MLP, loss: Loss) -> tuple[Callable[..., float], Callable[..., np.ndarray]]:
    """The functions ℒ(dataset, θ) = 1/n Σ ℓ(x, y, θ) and ∇_θ ℒ(dataset, θ).

    Args:
        model: an MLP.
        loss: a Loss; `logistic` and `cross_entropy` expect a model with an identity output.

    Returns:
        The pair of functions `loss(dataset, theta)` → float and `gradient(dataset, theta)`
        → (p,). Both raise a TypeError or ValueError when dataset is no Dataset or empty,
        when its x or y does not fit the model or the loss, or when theta is not a float array
        (p,) of the dtype of x.

    Raises:
        TypeError: when model or loss is of the wrong kind.
        ValueError: when the loss expects logits and the model does not end in them.
    """
    require(MLP, "model", model, "an MLP")
    require(Loss, "loss", loss, "a Loss")
    if loss.of_logits and model.phi_out != identity:
        raise ValueError(
            f"model: {loss.name} expects logits, so phi_out=previously.identity,"
            f" got {model.phi_out.name}"
        )

    functions = partial(_mean_loss, model, loss), partial(_gradient, model, loss)
    for function in functions:
        function.__doc__ = function.func.__doc__  # or `help` would speak of partial
    return functions


def _mean_loss(model, loss, dataset, theta):
    """ℒ(dataset, θ), the mean loss of the pairs of a Dataset: a float."""
    layers = _checked(model, loss, dataset, theta)
    _, a = model._forward(layers, dataset.x)
    return float(returned("loss.f(a, y)", loss.f(a[-1], dataset.y)))


def _gradient(model, loss, dataset, theta):
    """∇_θ ℒ(dataset, θ), a float array (p,) in the order of θ."""
    layers = _checked(model, loss, dataset, theta)
    o, a = model._forward(layers, dataset.x)
    dL_da = like("loss.grad(a, y)", loss.grad(a[-1], dataset.y), "y", dataset.y)
    return model._backward(theta, layers, o, a, dL_da)


def _checked(model, loss, dataset, theta):
    """The layers of θ, once dataset and θ are known to fit the model and the loss."""
    n, k = require(Dataset, "dataset", dataset, "a Dataset").y.shape
    not_empty("dataset", n)
    if k != model.sizes[-1]:
        raise ValueError(
            f"dataset: expected y of shape (n, {model.sizes[-1]}), as the model's outputs,"
            f" got {dataset.y.shape}"
        )
    if dataset.targets not in loss.targets:
        raise ValueError(
            f"dataset: {loss.name} expects {loss.expected}, got {dataset.targets} values"
        )
    return model._checked(theta, dataset.x)
