"""Answers to a learner's code, in words; tests/book tries them on the exercises of the chapters."""

import numpy as np
import pytest

from previously import exercises
from previously.exercises import NotYet

TRUTH = np.array([1.0, 2.0])


@exercises.check
def check_square(square):
    """Compare with 9."""
    exercises.compare("the square of 3", square(3.0), np.array(9.0))
    return "3² is 9"


@pytest.mark.parametrize(
    ("attempt", "answer"),
    [
        (lambda x: x * x, "Right: 3² is 9."),
        (lambda x: 3 * x * x, "Not yet: the square of 3 is 3 times what it should be."),
        (lambda x: None, "Not yet: the square of 3: expected real numbers, got NoneType None."),
        (lambda x: [9.0], "Not yet: the square of 3: expected one number, got list [9.0]."),
        (len, "Not yet: your code raises TypeError: object of type 'float' has no len()."),
        (lambda: 9.0, "Not yet: your code raises TypeError: <lambda>() takes 0 positional"
         " arguments but 1 was given."),
        (9.0, "Not yet: expected a function, got float 9.0."),
        (exit, "Not yet: your code raises SystemExit: 3.0."),
    ],
)  # fmt: skip
def test_check_answers_in_words(attempt, answer):
    assert check_square(attempt) == answer


@pytest.mark.parametrize(
    ("within", "answer"),
    [
        (lambda x: x / 0, "Not yet: your code raises ZeroDivisionError: float division by zero"),
        (lambda x: sorted([x], key={}.__getitem__), "Not yet: your code raises KeyError: 3.0"),
    ],
)
def test_check_says_in_which_line_the_attempt_went_wrong(within, answer):
    def attempt(x):
        return within(x)

    line = within.__code__.co_firstlineno  # the innermost of the learner's own
    assert check_square(attempt) == f"{answer}, in line {line}."


def test_check_keeps_its_name_and_lets_an_interrupt_through():
    def interrupted(x):
        raise KeyboardInterrupt

    assert (check_square.__name__, check_square.__doc__) == ("check_square", "Compare with 9.")
    with pytest.raises(KeyboardInterrupt):
        check_square(interrupted)


def test_check_overflows_in_silence():
    assert check_square(lambda x: np.float64(1e300) * 1e300).startswith("Not yet: the square of 3:")


@pytest.mark.parametrize("value", [(1, 2), [1, 2], [None, ()]])
def test_parts_are_a_list_or_a_tuple(value):
    assert exercises.parts("it", value, 2) is value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1], "it: expected 2 parts, got 1"),
        ([1, 2, 3], "it: expected 2 parts, got 3"),
        (None, "it: expected 2 parts, got NoneType None"),
        ("ab", "it: expected 2 parts, got str 'ab'"),
        (TRUTH, "it: expected 2 parts, got an array (2,) of float64"),
    ],
)
def test_parts_are_counted(value, reason):
    with pytest.raises(NotYet) as refusal:
        exercises.parts("it", value, 2)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-TRUTH, "it is -1 times what it should be"),
        (TRUTH * 1.0001, "it is 1.0001 times what it should be"),
        (0 * TRUTH, "it is 0 times what it should be"),
        ([1.0, 2.25], "it is off by up to 0.25"),
        (TRUTH * (1 + 4e-7), "it is off by up to 8e-07"),
        (TRUTH * 1e300, "it is 1e+300 times what it should be"),
        (TRUTH[:, None], "it: expected shape (2,), got (2, 1)"),
        ([1.0, np.nan], "it: expected finite numbers, got NaN or infinity"),
        ([-np.inf, 2.0], "it: expected finite numbers, got NaN or infinity"),
        ([[1.0], 2.0], "it: expected rows of one length, got list [[1.0], 2.0]"),
        (TRUTH + 0j, "it: expected real numbers, got an array (2,) of complex128"),
    ],
)
def test_compare_says_how_far_off(value, reason):
    with pytest.raises(NotYet) as refusal, np.errstate(over="ignore", invalid="ignore"):
        exercises.compare("it", value, TRUTH)
    assert str(refusal.value) == reason


def test_compare_forgives_the_last_digits():
    exercises.compare("it", TRUTH * (1 + 1e-8), TRUTH)
    exercises.compare("it", [1, 2], TRUTH)


def versions():
    def bad(x):
        return x

    def good(x):
        return x * x

    return bad, good


def by_assert(f):
    assert f(3) == 9
    return True


def by_none(f):
    assert f(3) == 9


@pytest.mark.parametrize(
    ("accepts", "reason"),
    [
        (lambda f: True, "your test lets pass bad, good"),
        (lambda f: False, "your test lets pass none"),
        (lambda f: f(3) != 9, "your test lets pass bad"),
        (lambda f: int(f(3) == 9), "on bad your test returns int 0, not True or False"),
        (by_none, "on good your test returns NoneType None, not True or False"),
        (lambda f: f(3)[0], "on bad your test raises TypeError: 'int' object is not subscriptable"),
    ],
)
def test_a_test_lets_pass_only_the_right_version(accepts, reason):
    bad, good = versions()
    with pytest.raises(NotYet) as refusal:
        exercises.only(good, accepts, among=(bad, good))
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    "accepts", [lambda f: f(3) == 9, lambda f: np.True_ & (f(3) == 9), by_assert]
)
def test_right_test_answers_by_a_truth_value_or_an_assert(accepts):
    bad, good = versions()
    answer = exercises.only(good, accepts, among=(bad, good))
    assert answer == "your test lets only the correct version pass"
