"""How much memory a step of ours allocates, and how much of it is alive at once."""

import sys
import tracemalloc
from contextlib import contextmanager
from itertools import islice

import numpy as np

from previously import sgd

NOISE = 200  # bytes: what the interpreter makes on its way, and the tracing itself


@contextmanager
def counted():
    """Add up what each instruction allocates: the peak above what was there before it."""
    total, before = 0, 0

    def trace(frame, event, arg):
        nonlocal total, before
        frame.f_trace_opcodes = True
        current, peak = tracemalloc.get_traced_memory()
        if peak - before > NOISE:
            total += peak - before
        tracemalloc.reset_peak()
        before = current
        return trace

    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    sys.settrace(trace)
    try:
        yield lambda: total
    finally:
        sys.settrace(None)


def of_a_step(work):
    """Bytes that one step allocates in all, and the most that is alive at once."""
    rng, gradient = np.random.default_rng(0), work.objective[1]
    tracemalloc.start()
    steps = sgd(gradient, work.theta, work.dataset, work.eta, work.batch_size, rng)
    theta = next(islice(steps, 1, None))  # the order of an epoch is there before its second step
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    theta = next(steps)
    alive = tracemalloc.get_traced_memory()[1] - before
    allocated = []
    for _ in range(3):  # the first adds what NumPy makes once
        with counted() as total:
            theta = next(steps)
        allocated.append(total())
    tracemalloc.stop()
    assert np.isfinite(theta).all()
    return min(allocated), alive
