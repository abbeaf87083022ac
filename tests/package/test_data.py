"""Data sets: their geometry, their randomness, and the digits whole and split."""

from importlib.resources import files

import numpy as np
import pytest
from laws import follows, normal, uncorrelated, uniform

from previously import Dataset, load_digits, make_circles, make_moons, make_spirals

every_maker = pytest.mark.parametrize(
    "make", [make_moons, make_circles, make_spirals], ids=lambda make: make.__name__
)


def radii(x):
    return np.hypot(*x.T)


# Dataset


@pytest.mark.parametrize(
    ("y", "targets"),
    [
        ([[0.0], [1.0]], "binary"),
        ([[1.0], [1.0]], "binary"),
        ([[0.0], [2.0]], "real"),
        ([[0.0, 1.0], [1.0, 0.0]], "one-hot"),
        ([[0.0, 1.0], [1.0, 1.0]], "real"),
        ([[0.0, 1.0], [0.0, 0.0]], "real"),
        ([[0.5, 0.5], [1.0, 0.0]], "real"),
    ],
    ids=["0 and 1", "one class", "0 and 2", "one-hot", "two ones", "no one", "halves"],
)
def test_targets_are_read_from_y(y, targets):
    assert Dataset(np.zeros((2, 3)), np.array(y)).targets == targets


def test_rows_lie_one_after_the_other_whatever_comes():
    table = np.arange(8.0).reshape(4, 2)
    for x, y in [(table[:, :1], table[:, 1:]), (np.asfortranarray(table), table)]:
        dataset = Dataset(x, y)
        np.testing.assert_array_equal(dataset.x, x)
        assert dataset.x.flags.c_contiguous
        assert dataset.y.flags.c_contiguous


class Counting(np.ndarray):
    """An array that does something besides its arithmetic."""


def test_numbers_are_in_the_order_of_bytes_of_the_machine():
    swapped = np.dtype(float).newbyteorder()
    dataset = Dataset(*(array.astype(swapped) for array in (table(4).x, table(4).y)))
    assert dataset.x.dtype.isnative
    assert dataset.y.dtype.isnative
    np.testing.assert_array_equal(dataset.x, table(4).x)


def test_an_array_that_only_adds_to_numpy_s_stays_what_it_is():
    x = np.zeros((4, 2)).view(Counting)
    dataset = Dataset(x, np.zeros((4, 1)))
    for part in (dataset, dataset[1:], dataset[np.array([2, 0])]):
        assert type(part.x) is Counting


def table(n):
    """A data set of n pairs, each of which can be told from every other."""
    return Dataset(np.arange(2.0 * n).reshape(n, 2), -np.arange(float(n)).reshape(n, 1))


every_way_of_picking = pytest.mark.parametrize(
    ("indices", "rows"),
    [
        (slice(1, 3), [1, 2]),
        (slice(None, None, -2), [3, 1]),
        (np.array([3, 0]), [3, 0]),
        ([2, 2], [2, 2]),
        ([-1, 0], [3, 0]),
        (np.array([-1, -4]), [3, 0]),
        (np.array([True, False, False, True]), [0, 3]),
        ([True, False, False, True], [0, 3]),
        (slice(2, 2), []),
        (np.array([], dtype=int), []),
        ([], []),
    ],
    ids=[
        "slice",
        "slice backwards",
        "array",
        "list",
        "from the end",
        "array from the end",
        "mask",
        "mask as a list",
        "empty slice",
        "empty array",
        "empty list",
    ],
)


@every_way_of_picking
def test_indexing_picks_pairs(indices, rows):
    dataset = table(4)
    minibatch = dataset[indices]
    assert isinstance(minibatch, Dataset)
    assert len(minibatch) == len(rows)
    np.testing.assert_array_equal(
        minibatch.x, [[2 * i, 2 * i + 1] for i in rows] or np.empty((0, 2))
    )
    np.testing.assert_array_equal(minibatch.y, [[-i] for i in rows] or np.empty((0, 1)))


@every_way_of_picking
def test_a_minibatch_lies_row_after_row_in_memory_of_its_own(indices, rows):
    dataset = table(4)
    minibatch = dataset[indices]
    for part, whole in ((minibatch.x, dataset.x), (minibatch.y, dataset.y)):
        assert part.flags.c_contiguous
        assert not np.shares_memory(part, whole)


class Narrow(np.ndarray):
    """An array whose `take` refuses all integers but np.intp, as on a platform of 32 bits.

    There np.intp is int32, and int64, of which `Generator.integers` draws, is refused. Here it
    is int64, so that the other integers stand for what int64 is there.
    """

    def take(self, indices, axis):
        if indices.dtype != np.intp:
            raise TypeError(f"Cannot cast array data from {indices.dtype!r} to np.intp safely")
        return super().take(indices, axis)


@pytest.mark.parametrize("dtype", np.typecodes["AllInteger"])
def test_take_is_given_integers_of_the_platform_only_whatever_the_indices_are(dtype):
    dataset = table(4)
    narrow = Dataset(dataset.x.view(Narrow), dataset.y.view(Narrow))
    minibatch = narrow[np.array([3, 1], dtype=dtype)]
    np.testing.assert_array_equal(minibatch.x, [[6.0, 7.0], [2.0, 3.0]])
    np.testing.assert_array_equal(minibatch.y, [[-3.0], [-1.0]])


@pytest.mark.parametrize("indices", [[4], [-5], np.array([4]), np.array([-5])], ids=str)
def test_a_pair_that_is_not_there_is_an_index_error(indices):
    with pytest.raises(IndexError, match=r"^indices: .* out of bounds"):
        table(4)[indices]


@pytest.mark.parametrize(
    "indices", [["a"], [0.5], 0.5, "a", (1, 2), [True] * 3, [[0], [1, 2]]], ids=str
)
def test_what_is_no_index_is_an_index_error_that_names_it(indices):
    with pytest.raises(IndexError, match=r"^indices: "):
        table(4)[indices]


@pytest.mark.parametrize(
    "indices", [slice(0, 2), np.array([0, 1]), [0, 1]], ids=["slice", "array", "list"]
)
@pytest.mark.parametrize(
    ("y", "targets"),
    [
        ([[0.0], [1.0], [0.5]], "real"),  # though its first two alone would be binary
        ([[0.0], [1.0], [1.0]], "binary"),
        ([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], "one-hot"),
    ],
    ids=["real", "binary", "one-hot"],
)
def test_a_minibatch_has_the_targets_of_its_dataset(y, targets, indices):
    assert Dataset(np.zeros((3, 1)), np.array(y))[indices].targets == targets


def test_length_and_repr():
    dataset = Dataset(np.zeros((5, 3)), np.zeros((5, 1)))
    assert len(dataset) == 5
    assert repr(dataset) == "Dataset(n=5, x (5, 3), y (5, 1) binary)"


# Two classes in the plane


@every_maker
@pytest.mark.parametrize("n", [2, 7, 100])
def test_shapes_and_balance(make, n):
    dataset = make(n, 0.1, np.random.default_rng(0))
    assert dataset.x.shape == (n, 2)
    assert dataset.y.ravel().tolist() == [0.0] * (n // 2) + [1.0] * (n - n // 2)
    assert dataset.x.dtype == dataset.y.dtype == np.float64
    assert dataset.targets == "binary"


@every_maker
def test_the_same_rng_gives_the_same_bits_whatever_the_global_seed(make):
    np.random.seed(0)  # noqa: NPY002
    first = make(50, 0.2, np.random.default_rng(3))
    np.random.seed(1)  # noqa: NPY002
    again = make(50, 0.2, np.random.default_rng(3))
    other = make(50, 0.2, np.random.default_rng(4))
    np.testing.assert_array_equal(first.x, again.x)
    assert not np.isclose(first.x, other.x).any()


@every_maker
def test_noise_that_is_refused_has_drawn_nothing(make):
    one, other = np.random.default_rng(0), np.random.default_rng(0)
    with pytest.raises(ValueError, match="noise"):
        make(4, -0.1, one)
    assert one.random() == other.random()


@every_maker
def test_noise_is_normal_and_drawn_for_each_coordinate_of_each_pair(make):
    noise = make(5000, 0.3, np.random.default_rng(0)).x - make(5000, 0, np.random.default_rng(0)).x
    assert follows(noise[:, 0], normal(0.3))
    assert follows(noise[:, 1], normal(0.3))
    assert uncorrelated(*noise.T)
    assert follows(np.arctan2(*noise.T), uniform(-np.pi, np.pi))
    assert uncorrelated(noise[:2500, 0], noise[2500:, 0])
    assert uncorrelated(noise[1:, 0], noise[:-1, 0])


@every_maker
def test_the_classes_are_drawn_apart(make):
    x = make(2000, 0, np.random.default_rng(0)).x
    assert uncorrelated(x[:1000, 0], x[1000:, 0])
    assert uncorrelated(x[:1000, 1], x[1000:, 1])


def test_moons_are_half_circles_each_reaching_into_the_other():
    x = make_moons(4000, 0, np.random.default_rng(0), radius=2.0).x
    upper, lower = x[:2000], x[2000:]
    centre_of_upper, centre_of_lower = np.array([-1.0, -0.5]), np.array([1.0, 0.5])
    np.testing.assert_allclose(radii(upper - centre_of_upper), 2.0, rtol=1e-14)
    np.testing.assert_allclose(radii(lower - centre_of_lower), 2.0, rtol=1e-14)
    assert (upper[:, 1] >= -0.5).all()
    assert (lower[:, 1] <= 0.5).all()
    # Points lie evenly along both, so that no tip is crowded.
    for half_circle in (upper - centre_of_upper, centre_of_lower - lower):
        angles = np.arctan2(half_circle[:, 1], half_circle[:, 0])
        assert follows(angles, uniform(0.0, np.pi))
        assert (angles.min(), np.pi - angles.max()) == pytest.approx((0.0, 0.0), abs=0.01)
    assert (radii(upper - centre_of_lower) < 2.0).any()
    assert (radii(lower - centre_of_upper) < 2.0).any()


def test_circles_have_their_radii_and_go_evenly_all_the_way_round():
    x = make_circles(4000, 0, np.random.default_rng(0), radii=(3.0, 0.5)).x
    for circle, radius in ((x[:2000], 3.0), (x[2000:], 0.5)):
        np.testing.assert_allclose(radii(circle), radius, rtol=1e-14)
        assert follows(np.arctan2(*circle.T), uniform(-np.pi, np.pi))


def test_spirals_wind_as_often_as_told_and_oppose_each_other():
    x = make_spirals(2000, 0, np.random.default_rng(0), turns=2.0, radius=3.0).x
    for arm in (x[:1000], -x[1000:]):
        r = radii(arm)
        angle = 2 * np.pi * 2.0 * r / 3.0
        np.testing.assert_allclose(arm, np.stack([r * np.cos(angle), r * np.sin(angle)], 1))
        assert 0.3 <= r.min() < 0.35
        assert 2.98 < r.max() <= 3.0
        # Squared radii spread evenly from (R/10)² to R²: far from the origin an arm is longer.
        assert follows((r / 3.0) ** 2, uniform(0.01, 1.0))


def test_default_sizes():
    rng = np.random.default_rng
    np.testing.assert_array_equal(make_moons(9, 0, rng(0)).x, make_moons(9, 0, rng(0), 1.3).x)
    np.testing.assert_array_equal(
        make_circles(9, 0, rng(0)).x, make_circles(9, 0, rng(0), (2, 1)).x
    )
    np.testing.assert_array_equal(
        make_spirals(9, 0, rng(0)).x, make_spirals(9, 0, rng(0), 1.5, 2).x
    )


# Digits


def test_digits_are_split_into_every_fourth_and_the_rest():
    with np.load(files("previously") / "digits.npz") as digits:
        pixels, labels = digits["pixels"], digits["labels"]
    train, test = load_digits()
    assert (len(train), len(test), len(pixels)) == (1348, 449, 1797)
    in_test = np.zeros(1797, dtype=bool)
    in_test[3::4] = True
    for part, chosen in ((train, ~in_test), (test, in_test)):
        np.testing.assert_array_equal(8.0 * (part.x + 1.0), pixels[chosen])
        np.testing.assert_array_equal(part.y.argmax(axis=1), labels[chosen])


def test_digits_are_images_in_minus_1_to_1_and_one_hot_labels():
    for part in load_digits():
        assert part.x.shape == (len(part), 64)
        assert part.y.shape == (len(part), 10)
        assert (part.x.min(), part.x.max()) == (-1.0, 1.0)
        assert part.targets == "one-hot"


def test_digits_are_the_published_ones():
    train, test = load_digits()
    per_class = train.y.sum(axis=0) + test.y.sum(axis=0)
    assert per_class.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # The first of them is a zero, and this is its upper row of pixels, 0 to 16.
    assert train.y[0].argmax() == 0
    assert (8.0 * (train.x[0, :8] + 1.0)).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_docstring_of_the_digits_counts_them():
    train, test = load_digits()
    counted = f"{len(train):,} pairs to train on, {len(test)} (every fourth) to test on"
    assert counted in load_digits.__doc__
