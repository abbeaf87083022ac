"""A multilayer perceptron over one flat θ: layers, forward pass, backward pass."""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from ._check import count, describe, floats, generator, like, number, require, same_dtype
from .activations import Activation, identity, tanh


@dataclass(frozen=True)
class MLP:
    """o⁽ˡ⁾ = w⁽ˡ⁻¹⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁻¹⁾ and a⁽ˡ⁾ = φ(o⁽ˡ⁾) for l = 1 … L, from a⁽⁰⁾ = x.

    The model holds no parameters: θ, a flat float array (p,), is an argument of every method.

    Args:
        sizes: units of each layer, from the inputs to the outputs: L + 1 positive integers.
        phi: the activation of the hidden layers.
        phi_out: the activation of the last layer: a⁽ᴸ⁾ = phi_out(o⁽ᴸ⁾).

    Raises:
        TypeError, ValueError: when an argument is of the wrong kind or a size is below 1.
    """

    sizes: tuple[int, ...]
    phi: Activation = tanh
    phi_out: Activation = identity

    def __post_init__(self):
        require((tuple, list), "sizes", self.sizes, "a tuple of integers")
        if len(self.sizes) < 2:
            raise ValueError(f"sizes: expected at least two layers, got {describe(self.sizes)}")
        object.__setattr__(self, "sizes", tuple(count("sizes", size) for size in self.sizes))
        require(Activation, "phi", self.phi, "an Activation")
        require(Activation, "phi_out", self.phi_out, "an Activation")

    @cached_property
    def p(self) -> int:
        """How many parameters θ has, one for each weight and each bias."""
        return self._slots[-1][1].stop

    @cached_property
    def _slots(self):
        """Where each layer's w and b lie in θ, and the shape of w."""
        slots, start = [], 0
        for n_in, n_out in zip(self.sizes, self.sizes[1:]):
            middle, end = start + n_out * n_in, start + n_out * (n_in + 1)
            slots.append((slice(start, middle), slice(middle, end), (n_out, n_in)))
            start = end
        return slots

    @cached_property
    def _phis(self):
        """The activation of each layer, in the order of `layers`."""
        return [*[self.phi] * (len(self.sizes) - 2), self.phi_out]

    def layers(self, theta: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """The weights and biases of each layer, as views: to write into them changes θ.

        Args:
            theta: parameters (p,).

        Returns:
            [(w⁽⁰⁾, b⁽⁰⁾), …, (w⁽ᴸ⁻¹⁾, b⁽ᴸ⁻¹⁾)]: w⁽ˡ⁾ is (units of layer l + 1, units of layer l).

        Raises:
            TypeError, ValueError: when θ is not a float array of length p.
        """
        floats("theta", theta, self.p)
        return self._views(theta)

    def _views(self, theta):
        """The views of `layers`, checking nothing."""
        return [(theta[w].reshape(shape), theta[b]) for w, b, shape in self._slots]

    def init(self, rng: np.random.Generator, gain=1.0) -> np.ndarray:
        """A random θ: weights drawn from a normal law of variance gain² / fan-in, biases zero.

        Args:
            rng: a numpy.random.Generator.
            gain: 1 keeps the variance of o⁽ˡ⁾ near the mean square of a⁽ˡ⁻¹⁾.

        Returns:
            Parameters (p,), float64.

        Raises:
            TypeError, ValueError: when rng is no generator or gain is not a positive number.

        Source:
            LeCun et al., Efficient BackProp (1998), section 4.6.
        """
        generator("rng", rng)
        gain = number("gain", gain)
        theta = np.zeros(self.p)
        for w, _ in self.layers(theta):
            w[:] = rng.normal(0.0, gain / sqrt(w.shape[1]), w.shape)
        return theta

    def forward(self, theta: np.ndarray, x: np.ndarray) -> tuple[list, list]:
        """The forward pass: pre-activations o⁽ˡ⁾ and activations a⁽ˡ⁾ of every layer.

        Args:
            theta: parameters (p,).
            x: inputs (n, d), one a row, of the dtype of theta.

        Returns:
            Lists o and a indexed by layer, arrays (n, units): o[0] is None, a[0] is x.

        Raises:
            TypeError, ValueError: when θ or x has another dtype or shape, or a has not that of o.
        """
        o, a = self._forward(self._checked(theta, x), x)
        for o_l, a_l in zip(o[1:], a[1:]):
            like("phi.f(o)", a_l, "o", o_l)
        return o, a

    def _checked(self, theta, x):
        """The layers of θ, once θ and x are known to fit each other and the model."""
        floats("theta", theta, self.p)
        same_dtype("x", floats("x", x, "n", self.sizes[0]), "theta", theta)
        return self._views(theta)

    def _forward(self, layers, x):
        """The formulas of `forward`, checking nothing; `a.dot(w)` is `a @ w` with less ado."""
        o, a = [None], [x]
        a_l = x
        for phi, (w, b) in zip(self._phis, layers):
            o_l = a_l.dot(w.T)
            o_l += b
            a_l = phi.f(o_l)
            o.append(o_l)
            a.append(a_l)
        return o, a

    def backward(self, theta: np.ndarray, o: list, a: list, dL_da: np.ndarray) -> np.ndarray:
        """The backward pass: ∇_θ ℒ from ∂ℒ/∂a⁽ᴸ⁾ by the chain rule, layer after layer.

        ∂ℒ/∂o⁽ˡ⁾ = ∂ℒ/∂a⁽ˡ⁾ φ′(o⁽ˡ⁾), then ∂ℒ/∂w⁽ˡ⁻¹⁾ = (∂ℒ/∂o⁽ˡ⁾)ᵀ (a⁽ˡ⁻¹⁾)ᵀ and
        ∂ℒ/∂b⁽ˡ⁻¹⁾ = ∂ℒ/∂o⁽ˡ⁾, and ∂ℒ/∂a⁽ˡ⁻¹⁾ = ∂ℒ/∂o⁽ˡ⁾ w⁽ˡ⁻¹⁾. The gradient with respect to x
        is not computed.

        Args:
            theta: parameters (p,).
            o, a: what `forward(theta, x)` returned.
            dL_da: ∂ℒ/∂a⁽ᴸ⁾ (n, units of layer L), of a mean loss: it carries the 1/n.

        Returns:
            The gradient (p,), a new array in the order of θ.

        Raises:
            TypeError, ValueError: when θ or dL_da has another dtype or shape, or o and a
                are not lists of that length, in that order.

        Source:
            Rumelhart, Hinton and Williams, Learning representations by back-propagating
            errors (1986).
        """
        layers = self.layers(theta)
        require(list, "o", o, "the list o that forward returned")
        require(list, "a", a, "the list a that forward returned")
        if not len(o) == len(a) == len(self.sizes):
            raise ValueError(
                f"o, a: expected lists of {len(self.sizes)} layers, got {len(o)} and {len(a)}"
            )
        if o[0] is not None:
            raise ValueError("o, a: expected o first, as forward returned them, got a first")
        same_dtype("dL_da", floats("dL_da", dL_da, *a[-1].shape), "theta", theta)
        return self._backward(theta, layers, o, a, dL_da)

    def _backward(self, theta, layers, o, a, dL_da):
        """The formulas of `backward`, checking nothing, written straight into the gradient."""
        gradient = np.empty_like(theta)
        gradients = self._views(gradient)
        for l in range(len(layers), 0, -1):
            (w, _), (dL_dw, dL_db) = layers[l - 1], gradients[l - 1]
            dL_do = dL_da * self._phis[l - 1].prime(o[l], a[l])
            dL_do.T.dot(a[l - 1], out=dL_dw)
            np.add.reduce(dL_do, out=dL_db)
            if l > 1:
                dL_da = dL_do.dot(w)
        return gradient

    def predict(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The output a⁽ᴸ⁾ of the model for each row of x.

        Args:
            theta: parameters (p,).
            x: inputs (n, d), of the dtype of theta.

        Returns:
            Outputs (n, units of layer L).

        Raises:
            TypeError, ValueError: as `forward`.
        """
        return self.forward(theta, x)[1][-1]
