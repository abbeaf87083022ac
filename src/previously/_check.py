"""Checks of arguments: every error names the argument, what came and what was expected."""

from collections.abc import Mapping, Sequence, Set, Sized
from math import isfinite
from numbers import Integral, Real
from reprlib import Repr

import numpy as np

# Of a list of a million numbers a few are enough, and soon written.
_SHORT = Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 20
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 1000


def describe(value):
    """What came, in a few words: an array by shape and dtype, anything else by its value."""
    if isinstance(value, np.ndarray):
        kind = f"a {type(value).__name__}" if foreign(value) else "an array"
        return f"{kind} {value.shape} of {value.dtype}"
    text = " ".join(_SHORT.repr(value).split())  # arrays in a list break lines
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def foreign(value):
    """Whether it is an array whose arithmetic is not NumPy's own, and would change a formula.

    A masked array leaves numbers out, a matrix multiplies in its own way. A subclass that only
    adds to an array, say one that counts its products, is none of these.
    """
    return isinstance(value, np.ndarray) and type(value).__mul__ is not np.ndarray.__mul__


def require(kind, name, value, expected):
    """Refuse what is not an instance of `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected {expected}, got {describe(value)}")
    return value


def callable_(name, value):
    """Refuse what cannot be called."""
    if not callable(value):
        raise TypeError(f"{name}: expected a function, got {describe(value)}")
    return value


def generator(name, value):
    """Refuse what is not a NumPy random generator: randomness is always an argument."""
    return require(np.random.Generator, name, value, "a numpy.random.Generator")


def pairs(name, value):
    """Refuse what has no length, or none to speak of: a descent needs pairs (x, y).

    A tuple (x, y), a list or a dict has a length, but no array of indices picks a minibatch of it.
    """
    if isinstance(value, Sequence | Mapping | Set) or not isinstance(value, Sized):
        raise TypeError(f"{name}: expected a Dataset, got {describe(value)}")
    not_empty(name, len(value))
    return value


def not_empty(name, n):
    """Refuse a dataset of n = 0 pairs: it has no mean loss."""
    if not n:
        raise ValueError(f"{name}: expected at least one pair, got none")


def number(name, value, *, zero=False):
    """A finite number above zero (or zero itself, where `zero` is true), as a Python float.

    A NumPy float64 scalar would turn float32 arrays into float64, a Python float does not.
    """
    expected = "a finite number " + ("≥ 0" if zero else "> 0")
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name}: expected {expected}, got {describe(value)}")
    try:
        as_float = float(value)
    except OverflowError:  # of an integer or a fraction
        raise ValueError(f"{name}: expected {expected}, got one too large for a float") from None
    if not isfinite(as_float) or as_float < 0 or (as_float == 0 and not zero):
        raise ValueError(f"{name}: expected {expected}, got {value}")
    return as_float


def count(name, value, least=1):
    """A whole number of at least `least`, as a Python int."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name}: expected an integer ≥ {least}, got {describe(value)}")
    if value < least:
        raise ValueError(f"{name}: expected an integer ≥ {least}, got {value}")
    return int(value)


def real(name, value) -> np.ndarray:
    """Any real number or array of them, as floats of the precision that came."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: expected rows of one length, got {describe(value)}") from None
    if array.dtype.kind in "iu":
        array = array.astype(float)
    if array.dtype.kind != "f" or foreign(value):
        raise TypeError(f"{name}: expected real numbers, got {describe(value)}")
    return array


def floats(name, value, *shape):
    """Refuse what is not a float array of this shape; a letter in `shape` fits any length."""
    # A plain array is let through at once: every step of a descent comes here.
    is_array = type(value) is np.ndarray or (isinstance(value, np.ndarray) and not foreign(value))
    if not is_array or value.dtype.kind != "f":
        raise TypeError(f"{name}: expected a float array, got {describe(value)}")
    fits = value.ndim == len(shape)
    if value.shape != shape:
        for want, came in zip(shape, value.shape):
            fits = fits and (isinstance(want, str) or want == came)
    if not fits:
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name}: expected shape ({wanted}), got {value.shape}")
    return value


def returned(name, value, shape=()):
    """What a function of the caller returned, as floats, if it is real numbers of this shape.

    A copy, since the function may write its next answer where this one is.
    """
    array = real(name, value)
    if array.shape != shape:
        wanted, got = (f"shape {shape}", array.shape) if shape else ("one number", describe(value))
        raise ValueError(f"{name}: expected {wanted}, got {got}")
    return array.copy()[()]  # without axes a number


def double(name, array):
    """Refuse an array of fewer digits than float64, which small steps need."""
    if np.finfo(array.dtype).eps > np.finfo(float).eps:
        raise TypeError(f"{name}: expected at least float64, got {describe(array)}")
    return array


def some(name, array):
    """Refuse an array without a single number: it has no mean."""
    if not array.size:
        raise ValueError(f"{name}: expected at least one number, got {describe(array)}")
    return array


def not_nan(name, array):
    """Refuse NaN where it would be taken for an answer: every comparison with it is false."""
    if np.isnan(array).any():
        raise ValueError(f"{name}: expected numbers, got NaN")
    return array


def same_dtype(name, value, other_name, other):
    """Refuse an array of another precision than its companion's: NumPy would mix them silently."""
    if value.dtype != other.dtype:
        raise TypeError(
            f"{name}: expected the dtype of {other_name}, {other.dtype}, got {value.dtype}"
        )
    return value


def like(name, value, other_name, other):
    """Refuse what is not a float array of the shape and precision of its companion."""
    # Every step of a descent comes here, so what is right is let through at once.
    if type(value) is np.ndarray and value.shape == other.shape and value.dtype == other.dtype:
        return value
    return same_dtype(name, floats(name, value, *other.shape), other_name, other)
