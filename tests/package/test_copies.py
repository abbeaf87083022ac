"""What is copied or pickled, to disk or to another process, works as it did."""

import copy
import pickle
from itertools import islice

import numpy as np
import pytest

from previously import (
    MLP,
    Activation,
    cross_entropy,
    gradient_descent,
    identity,
    load_digits,
    logistic,
    make_moons,
    minibatches,
    objective,
    relu,
    sgd,
    sigmoid,
    squared_error,
    tanh,
)

rng = np.random.default_rng


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


every_copy = pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, pickled],
    ids=["copy", "deepcopy", "pickle"],
)


@every_copy
@pytest.mark.parametrize(
    "thing",
    [identity, sigmoid, tanh, relu, squared_error, logistic, cross_entropy, MLP((2, 3, 1), relu)],
    ids=lambda thing: getattr(thing, "name", "MLP"),
)
def test_a_copy_equals_what_was_copied(thing, copied):
    assert copied(thing) == thing
    assert hash(copied(thing)) == hash(thing)


@every_copy
def test_a_copied_model_and_loss_are_taken_for_what_they_are(copied):
    model = MLP((2, 3, 1))
    theta = model.init(rng(0))  # which also fills what the model remembers
    moons = make_moons(40, 0.1, rng(1))
    value, gradient = objective(model, logistic)
    its_value, its_gradient = objective(copied(model), copied(logistic))
    assert its_value(moons, theta) == value(moons, theta)
    np.testing.assert_array_equal(its_gradient(moons, theta), gradient(moons, theta))


@every_copy
def test_an_activation_of_your_own_is_another_for_all_its_name(copied):
    own = Activation("identity", np.sign, np.sign)
    assert copied(own) == own != identity
    with pytest.raises(ValueError, match="expects logits"):
        objective(MLP((2, 1), phi_out=own), logistic)


@every_copy
def test_copied_data_are_the_same_pairs(copied):
    digits, _ = load_digits()
    other = copied(digits)
    np.testing.assert_array_equal(other.x, digits.x)
    np.testing.assert_array_equal(other[[5, 3]].y, digits[[5, 3]].y)
    assert other.targets == "one-hot"


@every_copy
def test_a_copied_objective_gives_the_same_bits(copied):
    moons = make_moons(40, 0.1, rng(1))
    model = MLP((2, 3, 1))
    theta = model.init(rng(0))
    for function in objective(model, logistic):
        np.testing.assert_array_equal(copied(function)(moons, theta), function(moons, theta))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize(
    "descend",
    [
        lambda *arguments: gradient_descent(*arguments, eta=0.1),
        lambda *arguments: sgd(*arguments, eta=0.1, batch_size=16, rng=rng(2)),
    ],
    ids=["gradient_descent", "sgd"],
)
def test_a_copied_descent_goes_its_own_way_from_where_it_was(descend, copied):
    model, moons = MLP((2, 3, 1)), make_moons(40, 0.1, rng(1))
    _, gradient = objective(model, logistic)
    steps = descend(gradient, model.init(rng(0)), moons)
    next(steps)
    other = copied(steps)
    np.testing.assert_array_equal(list(islice(steps, 7)), list(islice(other, 7)))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def test_a_copied_epoch_has_the_same_minibatches_to_come(copied):
    epoch = minibatches(make_moons(40, 0.1, rng(1)), 16, rng(2))
    next(epoch)
    for ours, theirs in zip(copied(epoch), epoch, strict=True):
        np.testing.assert_array_equal(ours.x, theirs.x)
