"""The multilayer perceptron: where its parameters lie, how it starts, what it computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import follows, normal, uncorrelated

from previously import (
    MLP,
    Activation,
    Dataset,
    identity,
    numerical_gradient,
    objective,
    relu,
    sigmoid,
    squared_error,
    tanh,
)

rng = np.random.default_rng


# Layers


def test_layers_of_a_theta_written_out():
    (w0, b0), (w1, b1) = MLP((2, 3, 1)).layers(np.arange(13.0))
    assert w0.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert b0.tolist() == [6, 7, 8]
    assert w1.tolist() == [[9, 10, 11]]
    assert b1.tolist() == [12]


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5), stride=st.sampled_from([1, 2, -1])
)
def test_layers_partition_theta_and_alias_it(sizes, stride):
    model = MLP(sizes)
    theta = np.zeros(model.p * abs(stride))[::stride]
    written = 0
    for l, (w, b) in enumerate(model.layers(theta)):
        assert w.shape == (sizes[l + 1], sizes[l])
        assert b.shape == (sizes[l + 1],)
        for view in (w, b):
            view += np.arange(written + 1, written + 1 + view.size).reshape(view.shape)
            written += view.size
    assert theta.tolist() == list(range(1, model.p + 1))


def test_sizes_may_be_a_list_and_models_compare_by_value():
    assert MLP([2, 3, 1]) == MLP((2, 3, 1))
    assert MLP([2, 3, 1]).sizes == (2, 3, 1)
    assert MLP((2, 3, 1)) != MLP((2, 3, 1), phi=relu)
    assert len({MLP([2, 3, 1]), MLP((2, 3, 1))}) == 1


def test_repr_is_the_same_in_every_run():
    assert repr(MLP((2, 1))) == (
        "MLP(sizes=(2, 1), phi=Activation(name='tanh'), phi_out=Activation(name='identity'))"
    )


# Start


@pytest.mark.parametrize("gain", [None, 2.0], ids=["default gain", "gain 2"])
def test_weights_start_normal_with_variance_gain_squared_over_fan_in_and_biases_with_zero(gain):
    model = MLP((300, 100, 400))
    theta = model.init(rng(0)) if gain is None else model.init(rng(0), gain)
    for w, b in model.layers(theta):
        assert follows(w.ravel(), normal((gain or 1.0) / np.sqrt(w.shape[1])))
        assert uncorrelated(w[0], w[1])
        assert uncorrelated(w[:, 0], w[:, 1])
        assert not b.any()
    assert theta.dtype == np.float64


def test_the_same_rng_gives_the_same_start_whatever_the_global_seed():
    model = MLP((3, 4, 2))
    np.random.seed(0)  # noqa: NPY002
    first = model.init(rng(3))
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(first, model.init(rng(3)))
    assert not np.array_equal(first, model.init(rng(4)))


# Forward and backward, the seed's formulas with numbers that can be followed on paper


def test_a_forward_pass_worked_out_by_hand():
    model = MLP((2, 2, 1), phi=relu, phi_out=sigmoid)
    theta = np.array([1.0, 2.0, 3.0, -4.0, 0.5, -0.5, 2.0, -1.0, -3.0])
    x = np.array([[1.0, 0.0], [0.0, 0.5]])
    o, a = model.forward(theta, x)
    assert o[0] is None
    assert a[0] is x
    # o⁽¹⁾: (1 + 0.5, 3 − 0.5) and (1 + 0.5, −2 − 0.5); o⁽²⁾: 3 − 2.5 − 3 and 3 − 0 − 3.
    assert o[1].tolist() == [[1.5, 2.5], [1.5, -2.5]]
    assert a[1].tolist() == [[1.5, 2.5], [1.5, 0.0]]
    assert o[2].tolist() == [[-2.5], [0.0]]
    np.testing.assert_allclose(a[2], [[1 / (1 + np.exp(2.5))], [0.5]], rtol=1e-14)
    np.testing.assert_array_equal(model.predict(theta, x), a[2])


def test_a_backward_pass_worked_out_by_hand():
    model = MLP((1, 2, 1), phi=relu, phi_out=identity)
    theta = np.array([1.0, -1.0, 0.5, 0.5, 3.0, 4.0, -2.0])
    o, a = model.forward(theta, np.array([[2.0]]))
    # a⁽¹⁾ = (2.5, 0): the second unit is off. With ∂ℒ/∂a⁽²⁾ = 10, ∂ℒ/∂o⁽¹⁾ = (30, 0).
    gradient = model.backward(theta, o, a, np.array([[10.0]]))
    assert gradient.tolist() == [60.0, 0.0, 30.0, 0.0, 25.0, 0.0, 10.0]


def test_an_activation_of_your_own_may_have_its_derivative_from_o():
    square = Activation("square", lambda o: o * o, lambda o, a: 2.0 * o)
    model = MLP((1, 1), phi_out=square)
    theta = np.array([2.0, 1.0])
    o, a = model.forward(theta, np.array([[3.0]]))
    assert a[1].tolist() == [[49.0]]
    assert model.backward(theta, o, a, np.array([[1.0]])).tolist() == [42.0, 14.0]


def test_no_gradient_passes_a_relu_exactly_at_its_kink():
    model = MLP((1, 1, 1), phi=relu)
    theta = np.array([1.0, -2.0, 3.0, 5.0])  # o⁽¹⁾ = 2 − 2 = 0
    o, a = model.forward(theta, np.array([[2.0]]))
    assert model.backward(theta, o, a, np.array([[1.0]])).tolist() == [0.0, 0.0, 0.0, 1.0]


def test_a_gradient_is_a_new_array_and_nothing_else_changes():
    model = MLP((2, 3, 2))
    theta, x, dL_da = rng(0).normal(size=model.p), rng(1).normal(size=(4, 2)), np.ones((4, 2))
    o, a = model.forward(theta, x)
    before = [array.copy() for array in (theta, dL_da, *o[1:], *a)]
    first = model.backward(theta, o, a, dL_da)
    again = model.backward(theta, o, a, dL_da)
    np.testing.assert_array_equal(first, again)
    assert not np.shares_memory(first, again)
    for array, copy in zip((theta, dL_da, *o[1:], *a), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_float32_in_float32_out():
    model = MLP((2, 3, 1), phi_out=sigmoid)
    theta = model.init(rng(0)).astype(np.float32)
    o, a = model.forward(theta, np.ones((4, 2), dtype=np.float32))
    gradient = model.backward(theta, o, a, np.ones((4, 1), dtype=np.float32))
    assert {array.dtype for array in (*o[1:], *a, gradient)} == {np.dtype(np.float32)}


# The chain rule of the book, one example, with every Jacobian written out


@pytest.fixture
def seed_net():
    """The net with weights w⁽⁰⁾, w⁽¹⁾, w⁽²⁾ at one example, and the factors of its chain rules."""
    model = MLP((2, 3, 4, 2), phi=tanh, phi_out=sigmoid)
    theta = rng(0).standard_normal(model.p)
    x, y = rng(1).standard_normal((1, 2)), rng(2).uniform(size=(1, 2))
    o, a = model.forward(theta, x)
    dL_da = squared_error.grad(a[3], y)
    gradients = model.layers(model.backward(theta, o, a, dL_da))
    w = [w for w, _ in model.layers(theta)]
    phi = [None, tanh, tanh, sigmoid]
    da_do = [None, *(np.diag(phi[l].prime(o[l], a[l])[0]) for l in (1, 2, 3))]
    do_da = [None, None, w[1], w[2]]
    # ∂oᵢ/∂wⱼₖ is aₖ where i = j: a Jacobian with three axes.
    do_dw = [np.einsum("ij,k->ijk", np.eye(len(w[l])), a[l][0]) for l in (0, 1, 2)]
    return model, theta, x, y, dL_da, da_do, do_da, do_dw, gradients


def test_the_three_chain_rules_are_what_backward_computes(seed_net):
    _, _, _, _, dL_da3, da_do, do_da, do_dw, gradients = seed_net
    dL_dw2 = dL_da3 @ da_do[3] @ do_dw[2].swapaxes(0, 1)
    dL_dw1 = dL_da3 @ da_do[3] @ do_da[3] @ da_do[2] @ do_dw[1].swapaxes(0, 1)
    dL_dw0 = dL_da3 @ da_do[3] @ do_da[3] @ da_do[2] @ do_da[2] @ da_do[1] @ do_dw[0].swapaxes(0, 1)
    for l, product in enumerate((dL_dw0, dL_dw1, dL_dw2)):
        np.testing.assert_allclose(gradients[l][0], product[:, 0], rtol=1e-13, atol=1e-17)


def test_the_two_jacobians_of_a_layer_are_its_prime_and_its_weights(seed_net):
    model, theta, x, _, _, da_do, do_da, _, _ = seed_net
    layers = model.layers(theta)
    o, a = model.forward(theta, x)
    for l, phi in ((1, tanh), (2, tanh), (3, sigmoid)):
        for i in range(len(o[l][0])):
            row = numerical_gradient(lambda v, phi=phi, i=i: float(phi(v)[i]), o[l][0])
            np.testing.assert_allclose(da_do[l][i], row, atol=1e-9)
    for l in (2, 3):
        w, b = layers[l - 1]
        layer, theta_l = MLP(w.shape[::-1]), np.concatenate([w.ravel(), b])
        for i in range(len(w)):

            def o_i(v, layer=layer, theta_l=theta_l, i=i):
                return layer.forward(theta_l, v[None])[0][1][0, i]

            row = numerical_gradient(o_i, a[l - 1][0])
            np.testing.assert_allclose(do_da[l][i], row, atol=1e-8)


def test_the_recursion_the_package_and_finite_differences_agree_layer_by_layer(seed_net):
    model, theta, x, y, dL_da, da_do, do_da, _, gradients = seed_net
    loss, _ = objective(model, squared_error)
    pair = Dataset(x, y)
    expected = model.layers(numerical_gradient(lambda t: loss(pair, t), theta))
    _, a = model.forward(theta, x)
    for l in (3, 2, 1):
        dL_do = dL_da @ da_do[l]
        for ours, package, differences in zip(
            (dL_do.T @ a[l - 1], dL_do[0]), gradients[l - 1], expected[l - 1]
        ):
            np.testing.assert_allclose(ours, package, rtol=1e-13, atol=1e-17)
            np.testing.assert_allclose(ours, differences, atol=1e-8)
        dL_da = dL_do @ do_da[l] if l > 1 else None


def test_a_layer_forks_on_the_way_forward_and_adds_on_the_way_back(seed_net):
    model, theta, x, _, dL_da, da_do, _, _, gradients = seed_net
    o, a = model.forward(theta, x)
    phi = [None, tanh, tanh, sigmoid]
    for l in (3, 2, 1):
        (w, b), dL_dw = model.layers(theta)[l - 1], gradients[l - 1][0]
        np.testing.assert_allclose(o[l][0], w @ a[l - 1][0] + b, rtol=1e-13)
        np.testing.assert_array_equal(a[l], phi[l](o[l]))
        dL_do = (dL_da @ da_do[l])[0]
        for i, j in np.ndindex(w.shape):
            assert dL_dw[i, j] == pytest.approx(dL_do[i] * a[l - 1][0, j], rel=1e-12)
        terms = [[dL_do[i] * w[i, j] for i in range(len(w))] for j in range(w.shape[1])]
        dL_da = np.array([[sum(of_j) for of_j in terms]])


def test_a_weight_of_the_first_layer_has_a_path_through_each_unit_of_the_second():
    model = MLP((2, 3, 3, 1), tanh, sigmoid)
    theta, x = rng(0).standard_normal(model.p), rng(1).standard_normal((1, 2))
    o, a = model.forward(theta, x)
    w = [w for w, _ in model.layers(theta)]
    gradient = model.layers(model.backward(theta, o, a, np.array([[0.7]])))
    dL_do3 = gradient[2][1][0]  # of the last bias, so of o⁽³⁾
    d1, d2 = (tanh.prime(o[l], a[l])[0] for l in (1, 2))
    for i, j in np.ndindex(3, 2):
        paths = [dL_do3 * w[2][0, k] * d2[k] * w[1][k, i] * d1[i] * x[0, j] for k in range(3)]
        assert gradient[0][0][i, j] == pytest.approx(sum(paths), rel=1e-12)


@pytest.mark.parametrize("gain", [1.0, 2.0])
@pytest.mark.parametrize("phi", [sigmoid, tanh, relu], ids=lambda phi: phi.name)
def test_a_wide_layer_scales_gradients_by_the_gain_and_the_root_mean_square_of_prime(phi, gain):
    model = MLP((400, 400, 400, 400), phi)
    theta = model.init(rng(0), gain)
    o, a = model.forward(theta, rng(1).standard_normal((20, 400)))
    # The gradient of a layer's biases, for one example, is ∂ℒ/∂o of that layer.
    ratios = []
    for i in range(20):
        one = [None if v is None else v[[i]] for v in o], [v[[i]] for v in a]
        dL_da = rng(i).standard_normal((1, 400))
        (_, d1), (_, d2), _ = model.layers(model.backward(theta, *one, dL_da))
        predicted = gain * np.sqrt(np.mean(phi.prime(o[1][i], a[1][i]) ** 2))
        ratios.append(np.linalg.norm(d1) / np.linalg.norm(d2) / predicted)
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("phi", [np.tanh, np.arctan], ids=["tanh", "arctan"])
def test_the_last_of_three_hidden_layers_is_the_composition(phi):
    model = MLP((2, 5, 4, 2, 1), Activation(phi.__name__, phi, lambda o, a: o))
    theta = rng(3).standard_normal(model.p)
    (w0, b0), (w1, b1), (w2, b2), _ = model.layers(theta)
    x = rng(4).standard_normal((7, 2))
    _, a = model.forward(theta, x)
    for column, row in zip(x, a[3], strict=True):
        expected = phi(w2 @ phi(w1 @ phi(w0 @ column + b0) + b1) + b2)
        np.testing.assert_allclose(row, expected, rtol=1e-13)
