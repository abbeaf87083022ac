"""Answers to a learner's code: «Right: …», or «Not yet: …» and the reason."""

from collections.abc import Callable, Iterable
from functools import wraps
from traceback import format_exception_only, walk_tb
from typing import Any

import numpy as np

from ._check import describe, returned
from .gradcheck import relative_error


class NotYet(Exception):
    """The reason why an answer is not right yet."""


def check(judge: Callable[..., str]) -> Callable[[Any], str]:
    """A decorator: make `judge` answer in words, whatever the learner's function does.

    `judge` takes that function and returns what is right about it, or raises NotYet. An error
    of the learner's code is a reason as well, so nobody meets a traceback of the check.
    """

    @wraps(judge)
    def answer(attempt):
        try:
            if not callable(attempt):
                raise NotYet(f"expected a function, got {describe(attempt)}")
            with np.errstate(all="ignore"):  # the answer says it better than a warning
                return f"Right: {judge(attempt)}."
        except NotYet as reason:
            return f"Not yet: {reason}."
        except (Exception, SystemExit) as error:
            return f"Not yet: your code raises {_in_a_line(error)}{_place(error, attempt)}."

    return answer


def _in_a_line(error):
    """The kind of an exception and what it says."""
    return " ".join("".join(format_exception_only(error)).split()).rstrip(".")


def _place(error, attempt):
    """The line of the learner's own cell or file, if it was the function that went wrong."""
    code, last = getattr(attempt, "__code__", None), None
    for frame, line in walk_tb(error.__traceback__):
        if frame.f_code is code or (last and frame.f_code.co_filename == code.co_filename):
            last = line
    return f", in line {last}" if last else ""


def parts(name: str, value: Any, n: int) -> Any:
    """The value, once it is known to be a list or tuple of n parts."""
    if not isinstance(value, (list, tuple)):
        raise NotYet(f"{name}: expected {n} parts, got {describe(value)}")
    if len(value) != n:
        raise NotYet(f"{name}: expected {n} parts, got {len(value)}")
    return value


def numbers(name: str, value: Any, shape: tuple[int, ...] = ()) -> np.ndarray:
    """The value as a float array, once it is known to be finite numbers of this shape."""
    try:
        array = returned(name, value, shape)
    except (TypeError, ValueError) as error:
        raise NotYet(error) from None
    if not np.isfinite(array).all():
        raise NotYet(f"{name}: expected finite numbers, got NaN or infinity")
    return array


def compare(name: str, value: Any, truth: np.ndarray) -> None:
    """Refuse what is not the truth, an array, and say how far off it is."""
    value = numbers(name, value, truth.shape)
    factor = np.vdot(value, truth) / np.vdot(truth, truth)
    if relative_error(value, truth) < 1e-7:
        return
    if relative_error(value, factor * truth) < 1e-7 and abs(factor - 1) > 1e-5:
        raise NotYet(f"{name} is {factor:.6g} times what it should be")
    raise NotYet(f"{name} is off by up to {np.abs(value - truth).max():.2g}")


def only(right: Callable, accepts: Callable, among: Iterable[Callable]) -> str:
    """Refuse a learner's test that lets pass another version than the right one.

    `accepts` takes a version and returns True or False; a failed `assert` in it is a False.
    """
    passed = []
    for version in among:
        try:
            answer = accepts(version)
        except AssertionError:
            answer = False
        except Exception as error:
            raise NotYet(f"on {version.__name__} your test raises {_in_a_line(error)}") from None
        if not isinstance(answer, (bool, np.bool_)):
            came = describe(answer)
            raise NotYet(f"on {version.__name__} your test returns {came}, not True or False")
        passed += [version.__name__] * bool(answer)
    if passed != [right.__name__]:
        raise NotYet(f"your test lets pass {', '.join(passed) or 'none'}")
    return "your test lets only the correct version pass"
