"""The equations of the book, computed as their pages write them, with what the package computes."""

import ast
import re
from functools import cache
from itertools import combinations, islice, permutations, product, repeat
from pathlib import Path

import equations
import notebooks
import numpy as np
import pytest
from proofs import is_display, is_inline
from proofs import proofs as proofs_in

import previously
from previously import (
    MLP,
    Dataset,
    cross_entropy,
    gradient_descent,
    logistic,
    minibatches,
    numerical_gradient,
    objective,
    relative_error,
    relu,
    sgd,
    sigmoid,
    softmax,
    squared_error,
    tanh,
)

rng = np.random.default_rng
TESTS = Path(__file__).parents[1]


def one(x, y):
    """The data set of one example."""
    return Dataset(np.reshape(x, (1, -1)), np.reshape(y, (1, -1)))


def single(function):
    """Of a function of a data set, the one of an example."""
    return lambda x, y, theta: function(one(x, y), theta)


def columns(arrays):
    """What the package holds in rows, of one example, as the columns of the formulas."""
    return [None if array is None else np.reshape(array, (-1, 1)) for array in arrays]


# Stochastic gradient descent


def logistic_regression(n=7):
    """A data set of two classes on a line, θ, and the two functions of the objective."""
    dataset = Dataset(rng(0).normal(size=(n, 1)), np.arange(n)[:, None] % 2.0)
    return dataset, np.array([1.5, -0.5]), *objective(MLP((1, 1)), logistic)


@pytest.mark.equation("eq-logistic-loss")
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_logistic_loss(equation, y):
    _, theta, loss, _ = logistic_regression()
    equation.holds({"ℓ": single(loss), "x": 0.7, "y": y, "θ": theta, "w": theta[0], "b": theta[1]})


@pytest.mark.equation("eq-mean-loss")
def test_mean_loss(equation):
    dataset, theta, loss, _ = logistic_regression()
    equation.holds({"ℒ": loss, "ℓ": single(loss), "dataset": dataset, "θ": theta})


@pytest.mark.equation("ℒ(dataset, θ) = 1/n Σ ℓ(x, y, θ)")
def test_mean_loss_in_short(equation):
    dataset, theta, loss, _ = logistic_regression()
    pairs = [{"x": x, "y": y} for x, y in zip(dataset.x, dataset.y)]
    given = {"ℒ": loss, "ℓ": single(loss), "dataset": dataset, "θ": theta}
    equation.holds({"n": len(dataset), "Σ": pairs, **given})


@pytest.mark.equation("ℒ = 1/n Σ ℓ(a⁽ᴸ⁾, y)")
def test_mean_loss_of_outputs(equation):
    a, y = rng(0).normal(size=(5, 2)), rng(1).normal(size=(5, 2))
    pairs = [{"a⁽ᴸ⁾": a[[i]], "y": y[[i]]} for i in range(5)]
    equation.holds({"ℒ": squared_error(a, y), "ℓ": squared_error, "n": 5, "Σ": pairs})


@pytest.mark.equation("eq-gradient-descent")
@pytest.mark.equation("θ⁽ᵗ⁺¹⁾ ← θ⁽ᵗ⁾ − η ∇_θ ℒ(dataset, θ⁽ᵗ⁾)")
@pytest.mark.parametrize("t", [0, 1, 2])
def test_gradient_descent(equation, t):
    dataset, theta, _, gradient = logistic_regression()
    thetas = [theta, *islice(gradient_descent(gradient, theta, dataset, eta=0.3), 4)]
    equation.holds({"θ⁽ᵗ⁾": thetas, "t": t, "η": 0.3, "∇_θ ℒ": gradient, "dataset": dataset})


@pytest.mark.equation("eq-sgd")
@pytest.mark.equation("θ⁽ᵗ⁺¹⁾ ← θ⁽ᵗ⁾ − η ∇_θ ℒ(minibatch, θ⁽ᵗ⁾)")
@pytest.mark.parametrize("t", [0, 1, 2])
def test_sgd(equation, t):
    dataset, theta, _, gradient = logistic_regression()
    drawn = []

    def spy(minibatch, theta):
        drawn.append(minibatch)
        return gradient(minibatch, theta)

    thetas = [theta, *islice(sgd(spy, theta, dataset, 0.3, batch_size=2, rng=rng(1)), 4)]
    equation.holds({"θ⁽ᵗ⁾": thetas, "t": t, "η": 0.3, "∇_θ ℒ": gradient, "minibatch": drawn[t]})


@pytest.mark.equation("⌈n / B⌉")
@pytest.mark.parametrize("B", [1, 2, 6, 7, 9])
def test_minibatches_of_an_epoch(equation, B):
    dataset, *_ = logistic_regression(n := 7)
    equation.gives(len(list(minibatches(dataset, B, rng(0)))), {"n": n, "B": B})


@pytest.mark.equation("eq-variance")
@pytest.mark.equation("eq-minibatch-variance")
@pytest.mark.parametrize("B", [1, 2, 6, 7])
def test_minibatch_variance(equation, B):
    dataset, theta, _, gradient = logistic_regression(n := 7)
    every = [{"minibatch": dataset[list(rows)]} for rows in combinations(range(n), B)]
    gradients = [gradient(dataset[[i]], theta) for i in range(n)]
    given = {"v": np.var(gradients, axis=0).sum(), "𝔼": every, "n": n, "B": B}
    given |= {"∇_θ ℒ": gradient, "∇_θ ℓ": single(gradient), "dataset": dataset, "θ": theta}
    equation.holds({"xᵢ": dataset.x, "yᵢ": dataset.y, **given})


@pytest.mark.equation("eq-stability")
@pytest.mark.equation(r"$\eta < 2/\lambda_{\max}$")
@pytest.mark.parametrize("share", [0.51, 0.99, 1.01, 1.9])
def test_stability(equation, share):
    dataset, theta, _, _ = logistic_regression()
    _, gradient = objective(MLP((1, 1)), squared_error)
    H = np.array([gradient(dataset, e) - gradient(dataset, np.zeros(2)) for e in np.eye(2)])
    eta = share * 2 / np.linalg.eigvalsh(H).max()
    far = next(islice(gradient_descent(gradient, theta, dataset, eta), 100, None))
    converges = np.linalg.norm(gradient(dataset, far)) < np.linalg.norm(gradient(dataset, theta))
    equation.holds({"η": eta, "λ_max": np.linalg.eigvalsh(H).max()}, iff=converges)


def least_squares():
    """A quadratic loss, its gradient, the Hessian and the minimum."""
    dataset, *_ = logistic_regression()
    loss, gradient = objective(MLP((1, 1)), squared_error)
    at_zero = gradient(dataset, np.zeros(2))
    H = np.array([gradient(dataset, e) - at_zero for e in np.eye(2)])
    return dataset, loss, gradient, H, np.linalg.solve(H, -at_zero)


@pytest.fixture(params=[1, 2], ids="λ_{}".format)
def direction(request):
    """Of least squares: the run from θ⋆ + δ, where δ points along an eigenvector."""
    i = request.param
    dataset, loss, gradient, H, lowest = least_squares()
    curvatures, directions = np.linalg.eigh(H)
    delta = 0.7 * directions[:, i - 1]
    thetas = [lowest + delta, *islice(gradient_descent(gradient, lowest + delta, dataset, 0.1), 4)]
    excess = loss(dataset, lowest + delta) - loss(dataset, lowest)
    run = {"i": i, "δ": delta, "η": 0.1, "λ": curvatures[i - 1], "λᵢ": curvatures}
    return np.array(thetas) - lowest, H, excess, run


@pytest.mark.equation(r"$1 - \eta\lambda$")
@pytest.mark.equation(r"$1 - \eta\lambda_i$")
def test_factor_of_a_step(equation, direction):
    ways, _, _, run = direction
    equation.gives(ways[1] @ ways[0] / (ways[0] @ ways[0]), run)


@pytest.mark.equation(r"$(1 - \eta\lambda)^t \delta$")
@pytest.mark.parametrize("t", [1, 3])
def test_way_after_some_steps(equation, direction, t):
    ways, _, _, run = direction
    equation.gives(ways[t], {"t": t, **run})


@pytest.mark.equation(r"$\delta - \eta \lambda \delta = (1 - \eta\lambda) \delta$")
def test_way_after_a_step(equation, direction):
    _, _, _, run = direction
    equation.holds(run)


@pytest.mark.equation(r"$H \delta = \lambda \delta$")
@pytest.mark.parametrize("aside", [0.0, 1.0])
def test_direction_of_curvature(equation, direction, aside):
    _, H, _, run = direction
    delta = run["δ"][:, None] + aside * np.eye(2)[:, :1]
    equation.holds({"δ": delta, "H": H, "λ": run["λ"]}, iff=aside == 0)


@pytest.mark.equation(r"$\lambda \delta^2 / 2$")
def test_excess_along_a_direction(equation, direction):
    _, _, excess, run = direction
    equation.gives(excess, run | {"δ": np.linalg.norm(run["δ"])})


@pytest.mark.equation(r"$-1 < 1 - \eta\lambda < 1$")
@pytest.mark.equation(r"$0 < \eta\lambda < 2$")
@pytest.mark.parametrize("product", [-0.1, 0.1, 1.9, 2.1])
def test_interval_of_stability(equation, product):
    eta, curvature = 0.5, 2 * product
    settles = abs(1 - eta * curvature) ** 1000 < 1
    equation.holds({"η": eta, "λ": curvature}, iff=settles)


@pytest.mark.equation(r"$1 - 2\lambda_{\min}/\lambda_{\max}$")
def test_flattest_direction_at_the_limit(equation):
    dataset, _, gradient, H, lowest = least_squares()
    (low, high), directions = np.linalg.eigh(H)
    start = lowest + directions[:, 0]
    left = next(gradient_descent(gradient, start, dataset, 2 / high)) - lowest
    equation.gives(left @ directions[:, 0], {"λ_min": low, "λ_max": high})


@pytest.mark.equation(r"$(1 - \eta\lambda)^2 \, \mathbb{E}\,\delta^2 + \eta^2 c/B$")
def test_mean_square_after_a_noisy_step(equation):
    eta, curvature, c, B = 0.3, 1.7, 0.5, 4
    here, noise = np.array([-0.4, 0.1, 0.9]), np.sqrt(c / B) * np.array([[1], [-1]])
    after = here - eta * (curvature * here + noise)
    given = {"η": eta, "λ": curvature, "c": c, "B": B, "𝔼": [{"δ": delta} for delta in here]}
    equation.gives(np.mean(after**2), given)


def balanced(eta, curvature, c, B):
    """The mean square of δ when noise and slope balance."""
    square = 0.0
    for _ in range(3000):
        square = (1 - eta * curvature) ** 2 * square + eta**2 * c / B
    return square


@pytest.mark.equation(r"$\mathbb{E}\,\delta^2 \cdot \eta\lambda (2 - \eta\lambda) = \eta^2 c/B$")
def test_balance(equation):
    eta, curvature, c, B = 0.3, 1.7, 0.5, 4
    there = np.sqrt(balanced(eta, curvature, c, B))
    equation.holds({"η": eta, "λ": curvature, "c": c, "B": B, "𝔼": [{"δ": there}, {"δ": -there}]})


@pytest.mark.equation(r"$2 - \eta\lambda$")
def test_denominator_of_the_floor(equation):
    eta, curvature, c, B = 0.3, 1.7, 0.5, 4
    pulled_in = eta * curvature * balanced(eta, curvature, c, B)
    equation.gives(eta**2 * c / B / pulled_in, {"η": eta, "λ": curvature})


@pytest.mark.equation(r"$\frac{\eta}{2B} \cdot \frac{c}{2 - \eta\lambda}$")
def test_floor_of_a_direction(equation):
    eta, curvature, c, B = 0.3, 1.7, 0.5, 4
    excess = curvature * balanced(eta, curvature, c, B) / 2
    equation.gives(excess, {"η": eta, "λ": curvature, "c": c, "B": B})


@pytest.mark.equation(r"$\eta v / (4B)$")
def test_floor_of_small_steps(equation):
    eta, curvatures, c, B = 1e-2, np.array([0.7, 1.7]), np.array([0.5, 0.2]), 4
    floors = (l * balanced(eta, l, c_i, B) / 2 for l, c_i in zip(curvatures, c))
    equation.gives(sum(floors), {"η": eta, "v": c.sum(), "B": B}, rtol=0.01)


@pytest.mark.equation(r"$(1 + \beta)/(1 - \beta)$")
def test_wall_of_momentum(equation, chapter):
    beta, curvature = 0.8, 3.0
    wall = (1 + beta) / (1 - beta) * 2 / curvature

    def far(share):
        slope = lambda _, theta: curvature * theta  # noqa: E731
        steps = chapter["momentum"](slope, np.ones(1), repeat(None), share * wall, beta=beta)
        return abs(next(islice(steps, 4000, None))[0])

    assert far(0.99) < 1e-6 < 1e6 < far(1.01)
    equation.gives(wall * curvature / 2, {"β": beta})


@pytest.mark.equation(r"$2/\lambda_{\max}$")
def test_limit_of_the_learning_rate(equation):
    *_, H, _ = least_squares()
    fastest = np.abs(np.linalg.eigvalsh(np.eye(2) - 2 / np.linalg.eigvalsh(H)[-1] * H)).max()
    assert fastest == pytest.approx(1, rel=1e-12)
    equation.gives(2 / np.linalg.eigvalsh(H)[-1], {"λ_max": np.linalg.eigvalsh(H)[-1]})


@pytest.mark.equation("eq-floor")
@pytest.mark.parametrize("B", [1, 4])
def test_floor(equation, B):
    """Of noise that does not depend on θ: the mean square of the way along each direction."""
    dataset, loss, gradient, H, lowest = least_squares()
    curvatures, directions = np.linalg.eigh(H)
    noise = np.array([gradient(dataset[[i]], lowest) for i in range(len(dataset))])
    eta, c = 0.1, np.var(noise @ directions, axis=0)
    squares = np.zeros(2)
    for _ in range(3000):
        squares = (1 - eta * curvatures) ** 2 * squares + eta**2 * c / B
    ways = np.sqrt(2 * squares) * directions  # whose mean squares are these
    there = [{"θ⁽ᵗ⁾": {7: lowest + sign * way}} for way in ways.T for sign in (1, -1)]
    given = {"ℒ": loss, "dataset": dataset, "𝔼": there, "t": 7, r"θ^\star": lowest}
    equation.holds({"η": eta, "B": B, "Σᵢ": [1, 2], "cᵢ": c, "λᵢ": curvatures, **given})


@pytest.fixture(scope="module")
def chapter():
    """The functions of the cell that defines momentum and Adam."""
    cells = notebooks.read(notebooks.BOOK / "sgd.ipynb").cells
    (code,) = (cell.source for cell in cells if cell.id == "momentum-adam")
    exec(code, names := {"np": np})
    return names


def average(values, beta):
    """Σ (1 − β) βᵗ⁻ˢ xₛ before each t: a moving average from 0, written out."""
    weights = [[(1 - beta) * beta ** (t - 1 - s) * (s < t) for s in range(5)] for t in range(6)]
    return np.array(weights) @ values


def averages(descend, **decays):
    """What momentum and Adam keep, and do, on gradients that are drawn."""
    drawn = rng(1).normal(size=(5, 2)) * [1.0, 100.0]

    def gradient(minibatch, theta):
        return drawn[minibatch] + 0.1 * theta

    start = np.array([1.0, -2.0])
    thetas = [start, *descend(gradient, start, range(5), 0.3, **decays)]
    slopes = np.array([gradient(t, thetas[t]) for t in range(5)])
    given = {"θ⁽ᵗ⁾": thetas, "η": 0.3, "∇_θ ℒ": gradient, "β": decays["beta"]}
    return slopes, given | {"m⁽ᵗ⁾": average(slopes, decays["beta"])}


@pytest.mark.equation("eq-momentum")
@pytest.mark.equation("eq-momentum-step")
@pytest.mark.parametrize("t", [0, 3])
def test_momentum(equation, chapter, t):
    _, given = averages(chapter["momentum"], beta=0.8)
    equation.holds({"minibatch": t, "t": t, **given})


@pytest.mark.equation("eq-adam")
@pytest.mark.equation("eq-adam-step")
@pytest.mark.parametrize("t", [0, 3])
def test_adam(equation, chapter, t):
    slopes, given = averages(chapter["adam"], beta=0.8, beta_2=0.95)
    equation.holds({"minibatch": t, "t": t, "β_2": 0.95, "q⁽ᵗ⁾": average(slopes**2, 0.95), **given})


def apart(n=7):
    """How each example's gradient differs from the mean of all, and the variance."""
    dataset, theta, _, gradient = logistic_regression(n)
    z = np.array([gradient(dataset[[i]], theta) for i in range(n)]) - gradient(dataset, theta)
    return z, np.square(z).sum(axis=1).mean()


def mean_square(sums):
    return np.mean([np.sum(total**2) for total in sums])


@pytest.mark.equation(r"$v/B$")
@pytest.mark.equation(r"$c/B$")
def test_variance_of_examples_drawn_with_replacement(equation):
    z, v = apart()
    drawn = [np.mean(examples, axis=0) for examples in product(z, repeat=2)]
    equation.gives(mean_square(drawn), {"v": v, "c": v, "B": 2})


@pytest.mark.equation(r"$\eta^2 v/B$")
@pytest.mark.equation(r"$\eta^2 c_i / B$")
@pytest.mark.equation(r"$\eta^2 c / B$")
def test_variance_of_a_step(equation):
    z, v = apart()
    steps = [0.3 * np.mean(examples, axis=0) for examples in product(z, repeat=2)]
    equation.gives(mean_square(steps), {"η": 0.3, "v": v, "c": v, "cᵢ": [v, 9.0], "i": 1, "B": 2})


@pytest.mark.equation(r"$(n-B)/(n-1)$")
@pytest.mark.parametrize("B", [2, 6])
def test_factor_of_drawing_without_replacement(equation, B):
    z, v = apart()
    drawn = [np.mean(examples, axis=0) for examples in combinations(z, B)]
    equation.gives(mean_square(drawn) / (v / B), {"n": 7, "B": B}, rtol=1e-9)


@pytest.mark.equation(r"$-v/(n-1)$")
def test_mean_product_of_two_examples(equation):
    z, v = apart()
    equation.gives(np.mean([a @ b for a, b in permutations(z, 2)]), {"v": v, "n": 7})


@pytest.mark.equation(r"$n(n-1)$")
@pytest.mark.equation(r"$B(B-1)$")
def test_number_of_ordered_pairs(equation):
    equation.gives(len(list(permutations(range(7), 2))), {"n": 7, "B": 7})


@pytest.mark.equation(
    r"$\frac{v}{B} {\bigl( 1 - \frac{B-1}{n-1} \bigr)} = \frac{v}{B} \cdot \frac{n-B}{n-1}$"
)
def test_end_of_the_proof_of_the_variance(equation):
    equation.holds({"B": 3, "n": 7, "v": 1.3})


@pytest.mark.equation(r"$t \eta^2 \frac{v}{B} \cdot \frac{n - tB}{n - 1}$")
def test_variance_of_some_steps_of_an_epoch(equation):
    z, v = apart()
    steps = [0.3 * np.sum(examples, axis=0) / 2 for examples in combinations(z, 6)]
    equation.gives(mean_square(steps), {"t": 3, "η": 0.3, "v": v, "B": 2, "n": 7})


@pytest.mark.equation(r"$t \eta^2 v/B$")
@pytest.mark.equation(r"$tB \cdot v \left(\frac{\eta}{B}\right)^2$")
def test_variance_of_some_steps_with_replacement(equation):
    z, v = apart(4)
    steps = [0.3 * np.sum(examples, axis=0) / 2 for examples in product(z, repeat=4)]
    equation.gives(mean_square(steps), {"t": 2, "η": 0.3, "v": v, "B": 2})


@pytest.mark.equation(r"$t \eta \|\nabla_\theta \mathcal{L}\|$")
def test_distance_of_some_steps(equation):
    dataset, theta, _, gradient = logistic_regression()
    slope = gradient(dataset, theta)
    far = next(islice(gradient_descent(lambda *_: slope, theta, dataset, 0.3), 4, None)) - theta
    equation.gives(np.linalg.norm(far), {"t": 5, "η": 0.3, "∇_θ ℒ": slope})


@pytest.mark.equation(r"$\sigma(wx + b)$")
def test_probability_of_class_1(equation):
    _, theta, loss, _ = logistic_regression()
    given = {"σ": sigmoid, "w": theta[0], "x": 0.7, "b": theta[1]}
    equation.gives(np.exp(-loss(one(0.7, 1.0), theta)), given)


@pytest.mark.equation(r"$\nabla_\theta \mathcal{L} \cdot s$")
def test_change_of_a_plane(equation):
    dataset, theta, loss, gradient = logistic_regression()
    step = np.array([0.3, -0.2])
    change = numerical_gradient(lambda k: loss(dataset, theta + k * step), np.zeros(1))[0]
    row, column = gradient(dataset, theta)[None], step[:, None]
    equation.gives(change, {"∇_θ ℒ": row, "s": column}, rtol=1e-7)


@pytest.mark.equation(r"$|\text{dataset}| / |\text{minibatch}|$")
def test_how_much_cheaper_a_step_gets(equation):
    dataset, *_ = logistic_regression(8)
    minibatch = next(minibatches(dataset, 2, rng(0)))
    equation.gives(4, {"dataset": dataset, "minibatch": minibatch})


@pytest.mark.equation(r"$\eta \|\nabla_\theta \mathcal{L}\|^2$")
def test_promise_of_the_plane(equation):
    dataset, theta, loss, gradient = logistic_regression()
    step = -0.3 * gradient(dataset, theta)
    promised = -numerical_gradient(lambda s: loss(dataset, theta + s * step), np.zeros(1))[0]
    equation.gives(promised, {"η": 0.3, "∇_θ ℒ": gradient(dataset, theta)}, rtol=1e-7)


@pytest.mark.equation(r"$\eta \|\nabla_\theta \mathcal{L}\|$")
def test_length_of_a_step(equation):
    dataset, theta, _, gradient = logistic_regression()
    after = next(gradient_descent(gradient, theta, dataset, 0.3))
    length = np.linalg.norm(after - theta)
    equation.gives(length, {"η": 0.3, "∇_θ ℒ": gradient(dataset, theta)})


@pytest.mark.equation(r"$\ell(x, y, \theta) = (wx + b - y)^2$")
def test_squared_error_of_a_line(equation):
    loss, _ = objective(MLP((1, 1)), squared_error)
    theta = np.array([1.5, -0.5])
    given = {"x": 0.7, "y": 0.2, "θ": theta, "w": theta[0], "b": theta[1]}
    equation.holds({"ℓ": single(loss), **given})


# Back-propagation


def jacobian(f, at):
    """By finite differences: an axis for the outputs of f, then those of `at`, one of a column."""
    outputs = range(np.size(f(at)))
    f_i = [lambda v, i=i: float(np.ravel(f(v.reshape(at.shape)))[i]) for i in outputs]
    rows = [numerical_gradient(f, at.ravel(), eps=1e-5) for f in f_i]
    return np.reshape(rows, (-1, *(at.shape if at.shape[1] > 1 else at.shape[:1])))


@pytest.fixture(params=[1, 2, 3], ids="l={}".format)
def network(request):
    """Every symbol of a network at one example and a layer l.

    The pre-activations, the activations and the gradient of w and b are the package's. Any other
    derivative is how one symbol changes when another is held at other values.
    """
    l, phi = request.param, [None, tanh, tanh, sigmoid]
    model = MLP((2, 3, 4, 2), tanh, sigmoid)
    theta, x = rng(0).normal(size=model.p), rng(1).normal(size=(1, 2))
    y = rng(2).uniform(size=(1, 2))
    o, a = model.forward(theta, x)
    dL_da = squared_error.grad(a[3], y)
    w, b = zip(*model.layers(theta))
    dL_dw, dL_db = zip(*model.layers(model.backward(theta, o, a, dL_da)))
    o, a, b = columns(o), columns(a), columns(b)

    def forward(**held):
        now = {"a0": x.T} | {f"w{l}": w[l] for l in range(3)} | held
        for l in (1, 2, 3):
            now[f"o{l}"] = held.get(f"o{l}", now[f"w{l - 1}"] @ now[f"a{l - 1}"] + b[l - 1])
            now[f"a{l}"] = held.get(f"a{l}", phi[l](now[f"o{l}"]))
        return now | {"ℒ": squared_error(now["a3"].T, y)}

    @cache
    def d(top, bottom):
        return jacobian(lambda v: forward(**{bottom: v})[top], forward()[bottom])

    return {
        "l": l,
        "x": x.T,
        "y": y.T,
        "o⁽ˡ⁾": o,
        "a⁽ˡ⁾": a,
        "w⁽ˡ⁾": w,
        "b⁽ˡ⁾": b,
        "φ": phi[l],
        "φ'": lambda o: np.diagflat(phi[l].prime(o, phi[l](o))),
        "ℒ": squared_error(a[3].T, y),
        "∂ℒ/∂w⁽ˡ⁾": dL_dw,
        "∂ℒ/∂b⁽ˡ⁾": [row[None] for row in dL_db],
        "∂ℒ/∂a⁽ˡ⁾": lambda l: d("ℒ", f"a{l}"),
        "∂ℒ/∂o⁽ˡ⁾": lambda l: d("ℒ", f"o{l}"),
        "∂a⁽ˡ⁾/∂o⁽ᵐ⁾": lambda l, m: d(f"a{l}", f"o{m}"),
        "∂o⁽ˡ⁾/∂a⁽ᵐ⁾": lambda l, m: d(f"o{l}", f"a{m}"),
        "∂o⁽ˡ⁾/∂w⁽ᵐ⁾": lambda l, m: d(f"o{l}", f"w{m}"),
    }


@pytest.mark.equation("eq-layer")
@pytest.mark.equation("eq-prime")
@pytest.mark.equation("eq-backward")
@pytest.mark.equation("$a^{(0)} = x$")
@pytest.mark.equation("o⁽ˡ⁾ = w⁽ˡ⁻¹⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁻¹⁾")
@pytest.mark.equation("a⁽ˡ⁾ = φ(o⁽ˡ⁾)")
@pytest.mark.equation("a⁽⁰⁾ = x")
@pytest.mark.equation("∂ℒ/∂o⁽ˡ⁾ = ∂ℒ/∂a⁽ˡ⁾ φ′(o⁽ˡ⁾)")
@pytest.mark.equation("∂ℒ/∂w⁽ˡ⁻¹⁾ = (∂ℒ/∂o⁽ˡ⁾)ᵀ (a⁽ˡ⁻¹⁾)ᵀ")
@pytest.mark.equation("∂ℒ/∂b⁽ˡ⁻¹⁾ = ∂ℒ/∂o⁽ˡ⁾")
@pytest.mark.equation("∂ℒ/∂a⁽ˡ⁻¹⁾ = ∂ℒ/∂o⁽ˡ⁾ w⁽ˡ⁻¹⁾")
def test_layer_forward_and_backward(equation, network):
    equation.holds(network, rtol=1e-8)


@pytest.mark.equation("eq-fork")
@pytest.mark.equation("eq-outer")
@pytest.mark.parametrize("network", [2, 3], indirect=True)
@pytest.mark.parametrize(("i", "j"), [(1, 2), (2, 3)])
def test_unit_by_unit(equation, network, i, j):
    units = range(1, len(network["o⁽ˡ⁾"][network["l"]]) + 1)
    equation.holds({"Σᵢ": units, "i": i, "j": j, **network}, rtol=1e-7)


@pytest.mark.equation(r"$o^{(l)}_i = \sum_j w^{(l-1)}_{ij} a^{(l-1)}_j + b^{(l-1)}_i$")
@pytest.mark.parametrize("network", [2, 3], indirect=True)
def test_layer_unit_by_unit(equation, network):
    units = range(1, len(network["a⁽ˡ⁾"][network["l"] - 1]) + 1)
    equation.holds({"Σⱼ": units, "i": 2, **network})


@pytest.mark.equation("eq-paths")
@pytest.mark.parametrize(("i", "j"), [(1, 2), (3, 1)])
def test_sum_over_paths(equation, i, j):
    model = MLP((2, 3, 3, 1), tanh, sigmoid)
    theta, x = rng(0).standard_normal(model.p), rng(1).standard_normal((1, 2))
    o, a = model.forward(theta, x)
    w, _ = zip(*model.layers(theta))
    dL_dw, dL_db = zip(*model.layers(model.backward(theta, o, a, np.array([[0.7]]))))
    given = {"φ'": lambda o: tanh.prime(o, tanh(o)), "w⁽ˡ⁾": w, "o⁽ˡ⁾": o, "a⁽ˡ⁾": a}
    derivatives = {"∂ℒ/∂w⁽ˡ⁾": dL_dw, "∂ℒ/∂o⁽³⁾": dL_db[2]}
    equation.holds({"i": i, "j": j, **given, **derivatives})


@pytest.mark.equation("eq-weights")
@pytest.mark.parametrize("network", [2, 3], indirect=True)
def test_weights(equation, network):
    equation.holds(network, rtol=1e-8)


@pytest.mark.equation("eq-chain-w2")
@pytest.mark.equation("eq-chain-w1")
@pytest.mark.equation("eq-chain-w0")
@pytest.mark.equation("eq-shared")
@pytest.mark.parametrize("network", [3], indirect=True)
def test_chain_rules(equation, network):
    equation.holds(network, rtol=1e-8)


@pytest.mark.equation(r"$\mathcal{L} = (a^{(3)} - y)^2$")
@pytest.mark.equation(r"$a = \sigma(o^{(L)})$")
def test_loss_and_output_of_the_network_of_the_chapter(equation):
    model = MLP((2, 3, 3, 1), tanh, sigmoid)
    theta, x, y = rng(0).normal(size=model.p), np.array([[0.8, -0.5]]), np.array([[0.3]])
    loss, _ = objective(model, squared_error)
    o, a = model.forward(theta, x)
    given = {"y": y, "σ": sigmoid, "L": 3, "o⁽ˡ⁾": o, "a⁽ˡ⁾": a, "a": a[3]}
    equation.holds({"ℒ": loss(Dataset(x, y), theta), **given})


@pytest.mark.equation("a = φ(o)")
@pytest.mark.equation("a⁽ᴸ⁾ = phi_out(o⁽ᴸ⁾)")
@pytest.mark.parametrize("phi", [sigmoid, tanh, relu], ids=lambda phi: phi.name)
def test_output(equation, phi):
    model = MLP((2, 3, 2), tanh, phi)
    theta, x = rng(0).normal(size=model.p), rng(1).normal(size=(1, 2))
    o, a = model.forward(theta, x)
    given = {"o⁽ᴸ⁾": o[2], "a⁽ᴸ⁾": model.predict(theta, x), "phi_out": phi}
    equation.holds({"a": a[2], "φ": phi, "o": o[2], **given})


@pytest.mark.equation(r"$g/\sqrt{2}$")
@pytest.mark.parametrize("g", [1.0, 3.0])
def test_factor_of_a_layer_of_relus(equation, g):
    model = MLP((2000, 2000), relu, relu)
    x = np.abs(rng(1).normal(size=(1, 2000)))
    _, (_, a) = model.forward(model.init(rng(0), g), x)
    equation.gives(np.linalg.norm(a) / np.linalg.norm(x), {"g": g}, rtol=0.02)


@pytest.mark.equation(r"$g^2/\text{fan-in}$")
@pytest.mark.equation("gain² / fan-in")
@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_variance_of_the_first_weights(equation, gain):
    model = MLP((50, 2000))
    w, _ = model.layers(model.init(rng(0), gain))[0]
    equation.gives(w.var(), {"g": gain, "gain": gain, "fan-in": 50}, rtol=0.01)


@pytest.mark.equation("‖a − b‖ / (‖a‖ + ‖b‖)")
def test_relative_error(equation):
    a, b = rng(0).normal(size=5), rng(1).normal(size=5)
    equation.gives(relative_error(a, b), {"a": a, "b": b})


def crooked(theta):
    """A function whose differences depend on the step."""
    return theta[0] ** 3 + np.exp(theta[0] * theta[1])


@pytest.mark.equation("eq-central-difference")
@pytest.mark.equation("∂f/∂θⱼ ≈ (f(θ + ε eⱼ) − f(θ − ε eⱼ)) / (2ε)")
@pytest.mark.parametrize("j", [1, 2])
def test_central_difference(equation, j):
    theta, eps = np.array([1.0, -2.0]), 0.5
    dL = numerical_gradient(crooked, theta, eps)
    given = {"∂ℒ/∂θⱼ": dL, "∂f/∂θⱼ": dL, "ℒ": crooked, "f": crooked}
    equation.holds({"j": j, "θ": theta, "ε": eps, "eⱼ": np.eye(2), **given})


@pytest.mark.equation("eq-vanishing")
@pytest.mark.parametrize("g", [1.0, 2.0])
@pytest.mark.parametrize("phi", [sigmoid, tanh, relu], ids=lambda phi: phi.name)
def test_vanishing(equation, phi, g):
    model = MLP((400, 400, 400, 400), phi)
    theta, n = model.init(rng(0), g), 20
    o, a = model.forward(theta, rng(1).standard_normal((n, 400)))
    # The gradient of a layer's biases, for one example, is ∂ℒ/∂o of that layer.
    rows = [[None if v is None else v[[i]] for v in (*o, *a)] for i in range(n)]
    dL_da = rng(2).standard_normal((n, 1, 400))
    gradients = [model.backward(theta, r[:4], r[4:], d) for r, d in zip(rows, dL_da)]
    dL_do = [None, *(np.array([model.layers(v)[l][1] for v in gradients]) for l in range(3))]
    symbols = {"∂ℒ/∂o⁽ˡ⁾": dL_do, "o⁽ˡ⁾": o, "l": 1, "g": g}
    equation.holds({"φ'": lambda o: phi.prime(o, phi(o)), **symbols}, rtol=0.02)


@pytest.mark.equation("eq-logit")
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_logit(equation, y):
    o = np.array([[0.7]])
    dL_do = logistic.grad(o, np.array([[y]]))
    equation.holds({"∂ℒ/∂o⁽ᴸ⁾": dL_do, "a": sigmoid(o), "y": y})


@pytest.mark.equation(r"$\varepsilon^2 / 6$")
def test_error_of_the_taylor_series(equation):
    cube = numerical_gradient(lambda t: t[0] ** 3, np.array([1.0]), 0.5)[0]
    equation.gives((cube - 3) / 6, {"ε": 0.5})  # the third derivative of t³ is 6


@pytest.mark.equation(r"$\varepsilon^\star = \sqrt[3]{3 u |\mathcal{L}| / |\mathcal{L}'''|}$")
def test_best_step_of_differences(equation):
    u, loss, third = 1e-3, -5.0, -7.0

    def slope(eps):  # of the sum of both errors; it grows with ε
        return eps * abs(third) / 3 - u * abs(loss) / eps**2

    low, high = 1e-3, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    equation.holds({r"ε^\star": middle, "u": u, "ℒ": loss, "ℒ'''": third})


@pytest.mark.equation(r"$(a - y) / (a(1 - a))$")
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_derivative_of_the_logistic_loss_by_the_probability(equation, y):
    def loss(a):
        return logistic(np.log(a / (1 - a))[None], np.array([[y]]))

    equation.gives(numerical_gradient(loss, np.array([0.3]))[0], {"a": 0.3, "y": y}, rtol=1e-7)


@pytest.mark.equation(r"$a(1-a)$")
def test_prime_of_the_sigmoid_in_short(equation):
    a = sigmoid(0.7)
    equation.gives(float(sigmoid.prime(0.7, a)), {"a": a})


@pytest.mark.equation("$1 - a^2$")
def test_prime_of_tanh(equation):
    equation.gives(float(tanh.prime(0.7, tanh(0.7))), {"a": tanh(0.7)})


@pytest.mark.equation("$g/4$")
def test_largest_factor_of_a_layer_of_sigmoids(equation):
    a = sigmoid(np.linspace(-5, 5, 1001))
    equation.gives(3 * sigmoid.prime(a, a).max(), {"g": 3})


@pytest.mark.equation("$a^{(L)} - y$")
def test_half_the_gradient_of_the_squared_error(equation):
    a, y = rng(0).normal(size=(1, 3)), rng(1).normal(size=(1, 3))
    equation.gives(squared_error.grad(a, y) / 2, {"a⁽ᴸ⁾": a, "y": y})


@pytest.mark.equation(r"$\|a^{(L)} - y\|^2$")
def test_squared_error_of_an_example(equation):
    a, y = rng(0).normal(size=(1, 3)), rng(1).normal(size=(1, 3))
    equation.gives(squared_error(a, y), {"a⁽ᴸ⁾": a, "y": y})


@pytest.mark.equation("$o = w a + b$")
def test_one_layer(equation):
    model = MLP((2, 3))
    theta, x = rng(0).normal(size=model.p), rng(1).normal(size=(1, 2))
    o, _ = model.forward(theta, x)
    ((w, b),) = model.layers(theta)
    equation.holds({"o": o[1].T, "w": w, "a": x.T, "b": b[:, None]})


@pytest.mark.equation(r"$\varphi' = a(1 - a)$")
def test_prime_of_the_sigmoid(equation):
    a = sigmoid(0.7)
    equation.holds({"φ'": float(sigmoid.prime(0.7, a)), "a": a})


@pytest.mark.equation(r"$\mathrm{ReLU}'(0) = 0$")
def test_prime_of_relu_at_its_kink(equation):
    equation.holds({r"\mathrm{ReLU}'": lambda o: float(relu.prime(np.array(o, float), relu(o)))})


@pytest.mark.equation(r"$\varphi'(0) = 1$")
def test_prime_of_tanh_at_zero(equation):
    equation.holds({"φ'": lambda o: tanh.prime(o, tanh(o))})


# End to end


def classifier(n=6):
    """A network of four layers of weights, θ, and a data set of two classes."""
    model = MLP((2, 5, 3, 2, 1), tanh)
    dataset = Dataset(rng(0).normal(size=(n, 2)), np.arange(n)[:, None] % 2.0)
    return model, rng(5).standard_normal(model.p), dataset


@pytest.mark.equation("eq-hidden-layers")
@pytest.mark.equation("$o^{(4)} = w^{(3)} a^{(3)} + b^{(3)}$")
def test_layers_of_the_classifier(equation):
    model, theta, dataset = classifier()
    o, a = map(columns, model.forward(theta, dataset.x[:1]))
    w, b = zip(*model.layers(theta))
    given = {"w⁽ˡ⁾": w, "b⁽ˡ⁾": columns(b), "φ": tanh}
    equation.holds({"o⁽ˡ⁾": o, "a⁽ˡ⁾": a, "x": dataset.x[:1].T, **given})


@pytest.mark.equation("eq-last-layer")
def test_last_layer(equation):
    model, theta, dataset = classifier()
    loss, _ = objective(model, logistic)
    w, b = model.layers(theta)[3]
    for x in dataset.x:
        a = model.forward(theta, x[None])[1][3].T
        p = np.exp(-loss(one(x, 1.0), theta))
        equation.holds({"P(y = 1 | x)": p, "σ": sigmoid, "w⁽³⁾": w, "a⁽³⁾": a, "b⁽³⁾": b})


@pytest.mark.equation("eq-last-layer-gradient")
def test_last_layer_gradient(equation):
    model, theta, dataset = classifier()
    _, gradient = objective(model, logistic)
    dL_dw, dL_db = model.layers(gradient(dataset, theta))[3]
    o, a = model.forward(theta, dataset.x)
    each = [{"o⁽⁴⁾": o[4][[i]].T, "a⁽³⁾": a[3][[i]].T, "y": dataset.y[[i]].T} for i in range(6)]
    equation.holds({"∂ℒ/∂w⁽³⁾": dL_dw, "∂ℒ/∂b⁽³⁾": dL_db, "n": 6, "Σ_{(x, y)}": each, "σ": sigmoid})


@pytest.mark.equation(r"$\ell = \log \sum_j e^{o^{(4)}_j} - \sum_k y_k o^{(4)}_k$")
def test_cross_entropy_of_logits(equation):
    o, y = rng(0).normal(size=(1, 3)), np.eye(3)[[1]]
    given = {"o⁽⁴⁾": o, "y": y, "Σⱼ": range(1, 4), "Σₖ": range(1, 4)}
    equation.holds({"ℓ": cross_entropy(o, y), **given})


@pytest.mark.equation("log Σⱼ exp(oⱼ) − Σₖ yₖ oₖ")
def test_cross_entropy_as_its_docstring_has_it(equation):
    o, y = rng(0).normal(size=(1, 3)), np.eye(3)[[1]]
    given = {"oⱼ": o[0], "yₖ": y[0], "Σⱼ": range(1, 4), "Σₖ": range(1, 4)}
    equation.gives(cross_entropy(o, y), given)


@pytest.mark.equation("log(1 + exp((1 − 2y) o))")
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_logistic_of_a_logit(equation, y):
    o = rng(0).normal()
    equation.gives(logistic(np.array([[o]]), np.array([[y]])), {"o": o, "y": y})


@pytest.mark.equation("‖a − y‖²")
def test_squared_error_of_a_row(equation):
    a, y = rng(0).normal(size=(2, 1, 3))
    equation.gives(squared_error(a, y), {"a": a[0], "y": y[0]})


@pytest.mark.equation("1 / (1 + exp(−o))")
def test_sigmoid_of_a_number(equation):
    equation.gives(sigmoid(-1.5), {"o": -1.5})


@pytest.mark.equation("a − a²")
def test_derivative_of_the_sigmoid_by_its_value(equation):
    o = np.array(0.7)
    equation.gives(sigmoid.prime(o, sigmoid(o)), {"a": sigmoid(o)})


@pytest.mark.equation("1 − a²")
def test_derivative_of_tanh_by_its_value(equation):
    o = np.array(0.7)
    equation.gives(tanh.prime(o, tanh(o)), {"a": tanh(o)})


@pytest.mark.equation(r"$o^{(4)}_k - \log \sum_j e^{o^{(4)}_j}$")
@pytest.mark.parametrize("k", [1, 3])
def test_log_of_a_probability(equation, k):
    o = rng(0).normal(size=(1, 3))
    equation.gives(np.log(softmax(o)[0, k - 1]), {"o⁽⁴⁾": o, "k": k, "Σⱼ": range(1, 4)})


@pytest.mark.equation(r"$e^{o^{(4)}_k} / \sum_j e^{o^{(4)}_j}$")
@pytest.mark.equation("exp(oₖ) / Σⱼ exp(oⱼ)")
@pytest.mark.parametrize("k", [1, 2, 3])
def test_softmax_of_a_row(equation, k):
    o = rng(0).normal(size=(1, 3))
    given = {"o⁽⁴⁾": o, "oₖ": o[0], "k": k, "Σⱼ": range(1, 4)}
    equation.gives(softmax(o)[0, k - 1], given)


@pytest.mark.equation("eq-softmax")
@pytest.mark.equation("eq-cross-entropy")
@pytest.mark.equation("eq-cross-entropy-gradient")
@pytest.mark.parametrize("k", [1, 2, 3])
def test_softmax(equation, k):
    model = MLP((2, 5, 4, 2, 3), tanh)
    theta, x, y = rng(5).standard_normal(model.p), rng(6).normal(size=(1, 2)), np.eye(3)[[1]]
    loss, _ = objective(model, cross_entropy)
    o = model.forward(theta, x)[0][4]
    p, dl_do = softmax(o).T, cross_entropy.grad(o, y)
    given = {"x": x, "y": y.T, "θ": theta, "k": k, "Σⱼ": range(1, 4), "Σₖ": range(1, 4)}
    equation.holds({"o⁽⁴⁾": o.T, "P(yₖ = 1 | x)": p, "∂ℓ/∂o⁽⁴⁾": dl_do, "ℓ": single(loss), **given})


# What is left unread, and why

UNREAD = dict.fromkeys(
    [r"$l - 1$", r"$l-1$", r"$l+1$"],
    "an index",
) | dict.fromkeys(
    [r"$1/B$", r"$1/n$", r"$\eta/B$", r"$\eta / B$", r"$\eta v/B$", r"$v/2$"],
    "a proportion: its sentence says of what",
) | dict.fromkeys(
    [r"$1/(\eta\lambda)$", r"$u\,|\mathcal{L}| / \varepsilon$"],
    "an order of magnitude",
) | dict.fromkeys(
    [
        r"$\theta = (w, b)$",
        r"$\delta = \theta - \theta^\star$",
        r"$\theta - \theta^\star$",
        r"$z_i \cdot z_j$",
        r"$1 - \beta$",
        r"$1 + t/\tau$",
        r"$\eta^{(t)} = \eta / (1 + t / \tau)$",
        r"$\sin(\theta_1 x + \theta_2)$",
        r"$y = \sin(\theta_1 x + \theta_2)$",
        r"$x \mapsto \tanh(w x + b)$",
    ],
    "the definition of what the text is about",
) | dict.fromkeys(
    [
        r"$B = n$",
        r"$\lambda < 0$",
        r"$o^{(3)} < 0$",
        r"$o^{(4)}_j = o^{(4)}_k$",
        r"$w^{(3)} a^{(3)} + b^{(3)} = 0$",
        r"$|a| \approx 1$",
    ],
    "a condition that the text supposes",
)  # fmt: skip

# Of a formula that says something: a relation or an operation, outside scripts and derivatives.
SCRIPT = re.compile(r"[\^_] (?:\([^()]*\)|\{[^{}]*\}|\S+)")
SAYS = {*"=≈<≤>←+-/⋅⌈", "frac", "sqrt"}
NUMBER = r"(?:[\d. /(){}^-]|frac|sqrt)+"
SETTING = re.compile(rf"(?:[^=+/⋅'(-]+ = )?{NUMBER}")  # as B = 1, and not as φ'(0) = 1


def says_something(formula):
    """Whether a formula of the text is more than a symbol, a number or a setting."""
    tokens = " ".join(equations.tokens_of(formula.strip("$")))
    plain = " ".join(SCRIPT.sub("", tokens).split())
    bare = re.sub(r"∂ \S+ *(?:\^ \([^()]*\) *)?(?:/ ∂ \S+)?", "∂", plain)
    return bool(SAYS & set(bare.split())) and not SETTING.fullmatch(plain)


def sides(formula):
    """The statements of an equation, and their sides, as tokens."""
    for statement in equations.statements(formula.strip("$")):
        tokens = " ".join(equations.tokens_of(statement))
        yield from (tokens, *re.split(r" [=←≈] ", tokens))


def test_every_formula_of_the_pages_is_evaluated_or_says_why_not():
    proofs, pages, labels = proofs_in(TESTS), equations.of_the_book(), notebooks.equations()
    assert len(labels) == len(set(labels)), "two equations share a label"
    # A display without a label has itself for a name, and no test can bear it.
    displays = {name for name in pages if not is_inline(name)}
    assert displays == set(filter(is_display, proofs))
    held = {side for name in proofs if name in pages for side in sides(pages[name].text)}
    said = {name for name in pages if is_inline(name) and says_something(name)}
    left = {name for name in said if next(sides(name)) not in held}
    assert sorted(left - UNREAD.keys()) == [], "formulas that no test evaluates"
    assert sorted(UNREAD.keys() - left) == [], "formulas that are evaluated, or gone"


def docstrings():
    """The docstrings of what is public in the package, with those of the methods of its classes."""
    for path in sorted(Path(previously.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                yield f"{path.stem}.{node.name}", ast.get_docstring(node) or ""
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                yield f"{path.stem}, line {node.lineno}", node.value.value  # of an instance


def test_every_formula_of_a_docstring_is_evaluated():
    evaluated = sorted(proofs_in(TESTS), key=len, reverse=True)
    for name, text in docstrings():
        rest = " ".join(re.sub(r">>>.*", "", text).split())
        for formula in evaluated:
            rest = rest.replace(formula, "")
        assert not re.search(r".{,20}(?:[←≈‖Σ∏⌈]| = [^\d(]).*", rest), f"{name}: {rest}"
