"""Whether a sample was drawn from a law."""

from math import erf, sqrt

import numpy as np


def follows(sample, cdf):
    """Whether Kolmogorov and Smirnov let the sample pass: one of a thousand honest ones fails."""
    n = len(sample)
    at = cdf(np.sort(sample))
    steps = np.arange(n + 1) / n
    return np.sqrt(n) * max((steps[1:] - at).max(), (at - steps[:-1]).max()) < 1.95


def uniform(low, high):
    return lambda x: np.clip((x - low) / (high - low), 0.0, 1.0)


def normal(deviation):
    return np.vectorize(lambda x: (1.0 + erf(x / (deviation * sqrt(2.0)))) / 2.0)


def uncorrelated(a, b):
    """Whether two samples are no more alike than chance makes them, once in a thousand times."""
    return abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(len(a)) < 3.3
