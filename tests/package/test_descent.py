"""Descents: steps worked out by hand, epochs, randomness, and the limit of stability."""

from collections import Counter
from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from previously import MLP, Dataset, gradient_descent, minibatches, objective, sgd, squared_error

rng = np.random.default_rng


def numbered(n):
    """n pairs (i, −i), so that every pair can be told from every other."""
    x = np.arange(float(n)).reshape(n, 1)
    return Dataset(x, -x)


def line(xs, ys):
    """ℓ = (w x + b − y)² over a few pairs: a loss whose steps can be followed on paper."""
    dataset = Dataset(np.array(xs, float).reshape(-1, 1), np.array(ys, float).reshape(-1, 1))
    return dataset, objective(MLP((1, 1)), squared_error)[1]


class Spy:
    """A gradient that notes the first x of every pair of every minibatch it is asked for."""

    def __init__(self, gradient=lambda minibatch, theta: np.zeros_like(theta)):
        self.gradient, self.seen = gradient, []

    def __call__(self, minibatch, theta):
        self.seen.append(minibatch.x[:, 0].tolist())
        return self.gradient(minibatch, theta)


# Steps


@pytest.mark.parametrize(
    ("eta", "second"),
    [
        # Pairs (1, 2) and (2, 3). At (0, 0) the residuals are −2 and −3, so the mean gradient is
        # (−2·1 − 3·2, −2 − 3) = (−8, −5). At (0.8, 0.5) they are −0.7 and −0.9, so it is
        # (−0.7·1 − 0.9·2, −0.7 − 0.9) = (−2.5, −1.6).
        pytest.param(0.1, (0.8 + 0.25, 0.5 + 0.16), id="constant"),
        pytest.param(lambda t: 0.1 / (t + 1), (0.8 + 0.125, 0.5 + 0.08), id="function of t"),
    ],
)
def test_gradient_descent_steps_worked_out_by_hand(eta, second):
    dataset, gradient = line([1, 2], [2, 3])
    steps = gradient_descent(gradient, np.zeros(2), dataset, eta)
    np.testing.assert_allclose(next(steps), [0.8, 0.5], rtol=1e-14)
    np.testing.assert_allclose(next(steps), second, rtol=1e-14)


@pytest.mark.parametrize(
    ("eta", "steps_by_order"),
    [
        # The same pairs one at a time, from (0, 0). First (1, 2): residual −2, gradient (−4, −4);
        # then (2, 3) at (0.4, 0.4): residual −1.8, gradient (−7.2, −3.6). Or first (2, 3):
        # residual −3, gradient (−12, −6); then (1, 2) at (1.2, 0.6): −0.2 and (−0.4, −0.4).
        pytest.param(
            0.1,
            {(1, 2): [(0.4, 0.4), (1.12, 0.76)], (2, 1): [(1.2, 0.6), (1.24, 0.64)]},
            id="constant",
        ),
        pytest.param(
            lambda t: 0.1 / (t + 1),
            {(1, 2): [(0.4, 0.4), (0.76, 0.58)], (2, 1): [(1.2, 0.6), (1.22, 0.62)]},
            id="function of t",
        ),
    ],
)
def test_sgd_steps_worked_out_by_hand(eta, steps_by_order):
    orders = set()
    for seed in range(8):
        dataset, gradient = line([1, 2], [2, 3])
        spy = Spy(gradient)
        steps = list(islice(sgd(spy, np.zeros(2), dataset, eta, 1, rng(seed)), 2))
        order = (spy.seen[0][0], spy.seen[1][0])
        np.testing.assert_allclose(steps, steps_by_order[order], rtol=1e-14)
        orders.add(order)
    assert orders == {(1, 2), (2, 1)}


def test_sgd_with_one_minibatch_of_all_pairs_is_gradient_descent():
    dataset, gradient = line([1, 2, 4], [2, 3, -1])
    whole = islice(gradient_descent(gradient, np.ones(2), dataset, 0.02), 20)
    minibatch = islice(sgd(gradient, np.ones(2), dataset, 0.02, 3, rng(0)), 20)
    np.testing.assert_allclose(list(minibatch), list(whole), rtol=1e-12)


both_descents = pytest.mark.parametrize(
    "descend",
    [
        gradient_descent,
        lambda gradient, theta, dataset, eta: sgd(gradient, theta, dataset, eta, 2, rng(0)),
    ],
    ids=["gradient_descent", "sgd"],
)


@both_descents
def test_t_counts_updates_from_0_across_epochs(descend):
    times = []
    steps = descend(Spy(), np.zeros(1), numbered(3), lambda t: times.append(t) or 1.0)
    list(islice(steps, 7))
    assert times == [0, 1, 2, 3, 4, 5, 6]


@both_descents
def test_every_theta_is_a_new_array_and_the_start_is_kept(descend):
    dataset, gradient = line([1, 2, 4], [2, 3, -1])
    start = np.ones(2)
    thetas = list(islice(descend(gradient, start, dataset, 0.1), 4))
    assert start.tolist() == [1.0, 1.0]
    assert len({theta.ctypes.data for theta in [start, *thetas]}) == 5
    assert len({tuple(theta) for theta in thetas}) == 4


@both_descents
@pytest.mark.parametrize("p", [2, 50_000], ids=["small", "large enough for NumPy to save memory"])
def test_a_step_is_the_formula_to_the_bit_and_leaves_a_recorded_gradient_alone(descend, p):
    drawn = rng(0).standard_normal((4, p))
    recorded = []

    def gradient(minibatch, theta):
        recorded.append(drawn[len(recorded)].copy())
        return recorded[-1]

    theta = start = np.ones(p)
    for new in islice(descend(gradient, start, numbered(4), 0.1), 4):
        np.testing.assert_array_equal(new, theta - 0.1 * recorded[-1])
        theta = new
    np.testing.assert_array_equal(recorded, drawn)
    np.testing.assert_array_equal(start, 1.0)


@both_descents
@pytest.mark.parametrize(
    "eta", [np.float64(0.1), lambda t: np.float64(0.1)], ids=["constant", "function of t"]
)
def test_float32_stays_float32_even_when_eta_is_a_numpy_float64(descend, eta):
    dataset, gradient = line([1, 2], [2, 3])
    dataset = Dataset(dataset.x.astype(np.float32), dataset.y.astype(np.float32))
    thetas = islice(descend(gradient, np.zeros(2, np.float32), dataset, eta), 3)
    assert {theta.dtype for theta in thetas} == {np.dtype(np.float32)}


@both_descents
def test_what_is_done_to_a_theta_does_not_change_the_next_one(descend):
    dataset, gradient = line([1, 2, 4], [2, 3, -1])
    untouched = list(islice(descend(gradient, np.ones(2), dataset, 0.1), 4))
    start = np.ones(2)
    steps = descend(gradient, start, dataset, 0.1)
    start *= 0.0
    for expected in untouched:
        theta = next(steps)
        np.testing.assert_array_equal(theta, expected)
        theta *= 0.0


@both_descents
def test_a_gradient_that_diverges_is_followed(descend):
    gradients = iter([np.full(2, np.inf), np.full(2, np.nan)])
    steps = descend(lambda minibatch, theta: next(gradients), np.ones(2), numbered(3), 0.1)
    assert np.isneginf(next(steps)).all()
    assert np.isnan(next(steps)).all()


@both_descents
def test_a_schedule_may_start_from_zero(descend):
    steps = descend(lambda _, theta: 0 * theta + 1, np.ones(1), numbered(3), lambda t: t / 2)
    assert [theta.item() for theta in islice(steps, 3)] == [1.0, 0.5, -0.5]


# Interruptions


class Breaking:
    """A function that raises at its fifth call, and works before and after."""

    def __init__(self, function, error):
        self.function, self.error, self.calls = function, error, 0

    def __call__(self, *arguments):
        self.calls += 1
        if self.calls == 5:
            raise self.error
        return self.function(*arguments)


class Lazy:
    """Pairs that are fetched from elsewhere, which may fail."""

    def __init__(self, dataset, fetch):
        self.dataset, self.fetch = dataset, fetch

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, indices):
        return self.fetch(indices)


@both_descents
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("broken", ["gradient", "eta"])
def test_an_interrupted_descent_goes_on_from_where_it_was(descend, error, broken):
    dataset, gradient = line(range(7), range(7, 14))
    functions = {"gradient": gradient, "eta": lambda t: 0.01 / (t + 1)}

    def descent(gradient, eta):
        return descend(gradient, np.ones(2), dataset, eta)

    whole = list(islice(descent(**functions), 12))
    functions[broken] = Breaking(functions[broken], error)
    steps = descent(**functions)
    before = list(islice(steps, 4))
    with pytest.raises(error):
        next(steps)
    np.testing.assert_array_equal([*before, *islice(steps, 8)], whole)


def test_a_theta_that_could_not_be_copied_is_given_next():
    left = [MemoryError]

    class Full(np.ndarray):
        def copy(self):
            if left:
                raise left.pop()
            return np.array(self)

    dataset, _ = line([0.0], [0.0])
    steps = gradient_descent(lambda d, t: np.ones(2).view(Full), np.zeros(2), dataset, 1.0)
    with pytest.raises(MemoryError):
        next(steps)
    assert next(steps).tolist() == [-1.0, -1.0]


def test_theta_of_another_order_of_bytes_descends_as_well():
    dataset, gradient = line([1.0, 2.0], [2.0, 3.0])
    swapped = np.ones(2).astype(np.dtype(float).newbyteorder())
    one, other = (gradient_descent(gradient, t, dataset, 0.1) for t in (np.ones(2), swapped))
    np.testing.assert_array_equal([*islice(one, 3)], [*islice(other, 3)])


def test_minibatches_that_could_not_be_fetched_are_fetched_again():
    dataset, gradient = line(range(7), range(7, 14))
    whole = list(islice(sgd(gradient, np.ones(2), dataset, 0.01, 2, rng(0)), 12))
    lazy = Lazy(dataset, Breaking(dataset.__getitem__, ConnectionError))
    steps = sgd(gradient, np.ones(2), lazy, 0.01, 2, rng(0))
    before = list(islice(steps, 4))
    with pytest.raises(ConnectionError):
        next(steps)
    np.testing.assert_array_equal([*before, *islice(steps, 8)], whole)


def test_an_interrupted_epoch_goes_on_with_its_next_minibatch():
    dataset = numbered(12)
    epoch = minibatches(Lazy(dataset, Breaking(dataset.__getitem__, ConnectionError)), 2, rng(0))
    before = list(islice(epoch, 4))
    with pytest.raises(ConnectionError):
        next(epoch)
    assert (len(before), len(list(epoch)), list(epoch)) == (4, 1, [])


@both_descents
@pytest.mark.parametrize("broken", ["gradient", "eta"])
def test_a_function_that_runs_out_does_not_end_a_descent_in_silence(descend, broken):
    functions = {"gradient": Spy(), "eta": lambda t: 0.1}
    rates = iter([])
    functions[broken] = lambda *arguments: next(rates)
    steps = descend(theta=np.ones(1), dataset=numbered(3), **functions)
    with pytest.raises(RuntimeError, match="gradient or eta raised StopIteration"):
        next(steps)


def test_gradient_descent_sees_the_whole_dataset_in_its_order_at_every_step():
    spy = Spy()
    list(islice(gradient_descent(spy, np.zeros(1), numbered(3), 0.1), 2))
    assert spy.seen == [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]


# Epochs


@given(n=st.integers(1, 40), B=st.integers(1, 50), seed=st.integers(0, 2**32))
def test_an_epoch_is_a_partition_of_the_pairs(n, B, seed):
    epoch = list(minibatches(numbered(n), B, rng(seed)))
    assert [len(minibatch) for minibatch in epoch[:-1]] == [B] * ((n - 1) // B)
    assert len(epoch[-1]) == (n % B or min(n, B))
    x = np.concatenate([minibatch.x for minibatch in epoch])
    y = np.concatenate([minibatch.y for minibatch in epoch])
    assert sorted(x.ravel()) == list(range(n))
    np.testing.assert_array_equal(y, -x)


def test_sgd_goes_through_every_pair_in_a_new_order_each_epoch_last_short_minibatch_included():
    spy = Spy()
    list(islice(sgd(spy, np.zeros(1), numbered(20), 0.1, 8, rng(0)), 9))
    assert [len(x) for x in spy.seen] == [8, 8, 4] * 3
    epochs = [tuple(chain(*spy.seen[start : start + 3])) for start in (0, 3, 6)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(20))
    assert len({*epochs, tuple(range(20))}) == 4


def test_every_order_is_equally_likely():
    generator = rng(0)
    epochs = [minibatches(numbered(3), 1, generator) for _ in range(3000)]
    orders = Counter(tuple(pair.x.item() for pair in epoch) for epoch in epochs)
    assert len(orders) == 6
    assert list(orders.values()) == pytest.approx([500] * 6, rel=0.15)


def test_the_same_rng_gives_the_same_bits_whatever_the_global_seed():
    dataset, gradient = line(range(10), range(10, 20))

    def descent(seed):
        return np.array(list(islice(sgd(gradient, np.zeros(2), dataset, 1e-3, 3, rng(seed)), 9)))

    np.random.seed(0)  # noqa: NPY002
    first = descent(3)
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(first, descent(3))
    assert not np.array_equal(first, descent(4))


# Stability


@pytest.mark.parametrize(
    ("share", "converges"),
    [(0.99, True), (1.01, False)],
    ids=["below the limit", "above the limit"],
)
def test_least_squares_converges_if_and_only_if_eta_is_below_2_over_lambda_max(share, converges):
    xs, ys = [-1.0, 0.5, 1.5, 2.0], [1.0, -0.5, 2.0, 0.3]
    dataset, gradient = line(xs, ys)
    X = np.column_stack([xs, np.ones(4)])
    solution = np.linalg.lstsq(X, ys)[0]
    lambda_max = np.linalg.eigvalsh(2 / 4 * X.T @ X).max()
    steps = gradient_descent(gradient, np.zeros(2), dataset, share * 2 / lambda_max)
    distances = [np.linalg.norm(theta - solution) for theta in islice(steps, 2000)]
    # Along the top eigenvector each step multiplies the distance by 1 − η λ_max: −0.98 or −1.02.
    if converges:
        assert distances[-1] < 1e-14
    else:
        assert distances[-1] / distances[-2] == pytest.approx(1.02, rel=1e-12)
        assert distances[-1] > 1e15
