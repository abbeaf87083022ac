"""The objective: ℒ and ∇_θ ℒ against formulas written a second time, pair by pair."""

import pydoc
from itertools import combinations

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest

from previously import (
    MLP,
    Dataset,
    cross_entropy,
    identity,
    logistic,
    make_moons,
    numerical_gradient,
    objective,
    relative_error,
    relu,
    sigmoid,
    squared_error,
    tanh,
)

EPS = 1e-6

# The oracle: ℓ(x, y, θ) for one pair, in autograd's NumPy and with nothing of ours.

PHI = {
    "identity": lambda o: o,
    "sigmoid": lambda o: 1.0 / (1.0 + anp.exp(-o)),
    "tanh": anp.tanh,
    "relu": lambda o: anp.where(o > 0, o, 0.0),
}

ELL = {
    "squared_error": lambda a, y: anp.sum((a - y) ** 2),
    "logistic": lambda o, y: anp.log(1.0 + anp.exp(-(2.0 * y[0] - 1.0) * o[0])),
    "cross_entropy": lambda o, y: -anp.log(anp.sum(y * anp.exp(o)) / anp.sum(anp.exp(o))),
}


def oracle(model, loss):
    """ℓ(x, y, θ) for a column x: a⁽ˡ⁾ = φ(w⁽ˡ⁻¹⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁻¹⁾), layer after layer."""

    def ell(x, y, theta):
        a, start = x, 0
        for n_in, n_out in zip(model.sizes, model.sizes[1:]):
            w = anp.reshape(theta[start : start + n_out * n_in], (n_out, n_in))
            b = theta[start + n_out * n_in : start + n_out * n_in + n_out]
            start += n_out * n_in + n_out
            phi = model.phi_out if start == len(theta) else model.phi
            a = PHI[phi.name](anp.dot(w, a) + b)
        return ELL[loss.name](a, y)

    return ell


def mean(ell, dataset, theta):
    return sum(ell(x, y, theta) for x, y in zip(dataset.x, dataset.y)) / len(dataset)


def problem(model, loss, n=6):
    """Random pairs and a random θ, biases included, no unit within 10 ε of relu's kink."""
    rng, k = np.random.default_rng(1), model.sizes[-1]
    y = {
        "squared_error": rng.normal(size=(n, k)),
        "logistic": np.arange(n).reshape(n, 1) % 2.0,
        "cross_entropy": np.eye(k)[np.arange(n) % k],
    }[loss.name]
    dataset = Dataset(rng.normal(size=(n, model.sizes[0])), y)
    theta = rng.normal(size=model.p)
    o, _ = model.forward(theta, dataset.x)
    assert min(np.abs(layer).min() for layer in o[1:]) > 10 * EPS
    return dataset, theta


every_activation = pytest.mark.parametrize(
    "phi", [identity, sigmoid, tanh, relu], ids=lambda phi: phi.name
)
every_loss = pytest.mark.parametrize(
    ("loss", "k", "activated"),
    [
        pytest.param(squared_error, 3, False, id="squared_error"),
        pytest.param(squared_error, 3, True, id="squared_error-activated"),
        pytest.param(logistic, 1, False, id="logistic"),
        pytest.param(cross_entropy, 3, False, id="cross_entropy"),
    ],
)
every_depth = pytest.mark.parametrize("L", [1, 2, 3, 4], ids=lambda L: f"L={L}")


def model_of(phi, k, activated, L):
    return MLP((*(2, 4, 5, 3)[:L], k), phi, phi if activated else identity)


@every_activation
@every_loss
@every_depth
def test_gradient_against_finite_differences(phi, loss, k, activated, L):
    model = model_of(phi, k, activated, L)
    dataset, theta = problem(model, loss)
    value, gradient = objective(model, loss)
    numerical = numerical_gradient(lambda theta: value(dataset, theta), theta, EPS)
    for part, expected in zip(model.layers(gradient(dataset, theta)), model.layers(numerical)):
        for ours, theirs in zip(part, expected):  # w and b apart, so that neither hides
            assert theirs.any()
            assert relative_error(ours, theirs) < 1e-6


@every_activation
@every_loss
@every_depth
def test_loss_is_the_mean_of_the_losses_of_single_pairs(phi, loss, k, activated, L):
    model = model_of(phi, k, activated, L)
    dataset, theta = problem(model, loss)
    value, _ = objective(model, loss)
    expected = mean(oracle(model, loss), dataset, theta)
    assert value(dataset, theta) == pytest.approx(expected, rel=1e-12)


@every_activation
@every_loss
@every_depth
def test_gradient_against_autograd(phi, loss, k, activated, L):
    model = model_of(phi, k, activated, L)
    dataset, theta = problem(model, loss)
    _, gradient = objective(model, loss)
    ell = oracle(model, loss)
    expected = autograd.grad(lambda theta: mean(ell, dataset, theta))(theta)
    assert relative_error(gradient(dataset, theta), expected) < 1e-12


@pytest.mark.parametrize("y", [0, 1])
def test_logistic_regression_of_one_pair_against_mpmath(y):
    value, _ = objective(MLP((1, 1)), logistic)
    for x, w, b in [(0.7, -1.3, 0.4), (2.0, 3.0, -1.0), (-30.0, 25.0, 6.0), (100.0, 99.0, 0.0)]:
        with mpmath.workdps(50):
            margin = (2 * y - 1) * (mpmath.mpf(w) * mpmath.mpf(x) + mpmath.mpf(b))
            exact = mpmath.log(1 + mpmath.exp(-margin))
        pair = Dataset(np.array([[x]]), np.array([[float(y)]]))
        assert value(pair, np.array([w, b])) == pytest.approx(float(exact), rel=1e-12, abs=1e-300)


def representation(sizes, n=9):
    """A network with random θ, its data set, and the pairs (last hidden layer, y)."""
    model, rng = MLP(sizes), np.random.default_rng(5)
    theta = rng.standard_normal(model.p)
    y = np.arange(float(n))[:, None] % 2
    dataset = Dataset(rng.standard_normal((n, sizes[0])), y)
    _, a = model.forward(theta, dataset.x)
    return model, theta, dataset, Dataset(a[-2], y)


every_depth_of_classifier = pytest.mark.parametrize(
    "sizes", [(2, 16, 16, 2, 1), (3, 4, 1), (2, 5, 3, 1)], ids=str
)


@every_depth_of_classifier
def test_a_network_gives_class_1_the_probability_of_logistic_regression(sizes):
    model, theta, dataset, pairs = representation(sizes)
    value, _ = objective(model, logistic)
    w, b = model.layers(theta)[-1]
    for x, a in zip(dataset.x, pairs.x, strict=True):
        probability = np.exp(-value(Dataset(x[None], np.ones((1, 1))), theta))
        assert probability == pytest.approx(1 / (1 + np.exp(-(w[0] @ a + b[0]))), rel=1e-13)


@every_depth_of_classifier
def test_the_last_layer_s_gradient_is_that_of_logistic_regression(sizes):
    model, theta, dataset, pairs = representation(sizes)
    _, gradient = objective(model, logistic)
    regression = MLP((sizes[-2], 1))
    _, regression_gradient = objective(regression, logistic)
    w, b = model.layers(theta)[-1]
    last = gradient(dataset, theta)[-regression.p :]

    residuals = [
        1 / (1 + np.exp(-(w[0] @ a + b[0]))) - y[0] for a, y in zip(pairs.x, pairs.y, strict=True)
    ]
    dL_dw = sum(r * a for r, a in zip(residuals, pairs.x, strict=True)) / len(pairs)
    dL_db = sum(residuals) / len(pairs)
    np.testing.assert_allclose(last, [*dL_dw, dL_db], rtol=1e-12, atol=1e-15)

    own = regression_gradient(pairs, theta[-regression.p :])
    np.testing.assert_allclose(last, own, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("B", [1, 2, 3, 6, 7], ids=lambda B: f"B={B}")
def test_variance_of_the_minibatch_gradient_over_every_minibatch(B):
    n, model = 7, MLP((2, 3, 1))
    dataset = make_moons(n, 0.3, np.random.default_rng(0))
    theta = model.init(np.random.default_rng(1))
    _, gradient = objective(model, logistic)

    def variance(gradients):
        return np.mean([np.sum((g - gradient(dataset, theta)) ** 2) for g in gradients])

    v = variance([gradient(dataset[[i]], theta) for i in range(n)])
    minibatches = [dataset[list(indices)] for indices in combinations(range(n), B)]
    measured = variance([gradient(minibatch, theta) for minibatch in minibatches])
    assert measured == pytest.approx(v / B * (n - B) / (n - 1), rel=1e-12, abs=1e-30)


def test_values_are_python_floats_and_float32_stays_float32():
    model = MLP((2, 3, 1))
    moons = make_moons(10, 0.1, np.random.default_rng(0))
    dataset = Dataset(moons.x.astype(np.float32), moons.y.astype(np.float32))
    theta = model.init(np.random.default_rng(0)).astype(np.float32)
    value, gradient = objective(model, logistic)
    assert type(value(dataset, theta)) is float
    assert gradient(dataset, theta).dtype == np.float32
    exact = gradient(moons, theta.astype(float))
    assert relative_error(gradient(dataset, theta), exact) < 1e-6


def test_a_diverged_theta_is_evaluated_so_that_divergence_can_be_shown():
    value, gradient = objective(MLP((1, 1)), squared_error)
    dataset = Dataset(np.ones((2, 1)), np.ones((2, 1)))
    assert np.isnan(value(dataset, np.array([np.nan, 0.0])))
    assert np.isnan(gradient(dataset, np.array([np.nan, 0.0]))).all()


def test_help_says_what_the_two_functions_are():
    value, gradient = (
        pydoc.render_doc(function, renderer=pydoc.plaintext)
        for function in objective(MLP((2, 1)), logistic)
    )
    assert "ℒ(dataset, θ)" in value
    assert "∇_θ ℒ(dataset, θ)" in gradient
