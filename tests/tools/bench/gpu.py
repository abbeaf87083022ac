"""Measure where a GPU overtakes the package: run by `make bench-gpu`, on a machine that has one.

It needs NumPy, PyTorch and JAX, and nothing else of the benchmark. All contestants take turns in
one process; medians and quartiles are over the turns.
"""

import datetime
import os
import sys
from statistics import quantiles

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # before NumPy is loaded
os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # JAX would leave PyTorch no memory

import numpy as np  # noqa: E402

from .peers import JaxScan, Previously, Torch  # noqa: E402
from .records import processor, store  # noqa: E402
from .work import Work  # noqa: E402

SIZES = [  # width and B of the networks 2-width-width-2-1, and the epochs of 16 steps in a turn
    (16, 32, 12),
    (64, 32, 12),
    (256, 32, 12),
    (256, 256, 12),
    (1024, 32, 4),
    (1024, 256, 4),
    (2048, 256, 1),
    (4096, 256, 1),
]
STEPS, TURNS = 16, 7
AGREE = 1e-6  # of the length of θ, in float32
LEAST_WAY = 1000  # times the difference is the way that the steps have gone


class TorchGpu(Torch):
    """PyTorch as on the CPU, with data, network and indices on the GPU."""

    device = "cuda"

    def __init__(self, work, threads):
        super().__init__(work, threads)
        self.x, self.y = self.x.to(self.device), self.y.to(self.device)

    def start(self, theta):
        super().start(theta)
        self.model.to(self.device)  # the optimiser holds the same parameters

    def minibatches(self, order):
        for rows in self.torch.from_numpy(order).to(self.device):
            yield self.x[rows], self.y[rows]
        self.torch.cuda.synchronize()  # a call returns before its work is done


class JaxGpu(JaxScan):
    """JAX, on the GPU by itself, with all steps of a turn compiled into one call."""

    def calls(self, order):
        return [self.jax.numpy.array(order.reshape(-1, self.work.batch_size))]


FIELD = {
    "previously": Previously,
    "PyTorch": Torch,
    "PyTorch on the GPU": TorchGpu,
    "JAX on the GPU": JaxGpu,
}


def found():
    """PyTorch and JAX, if both have a GPU; otherwise say what is missing and stop."""
    needs = "This measures a GPU, and needs one, with PyTorch and JAX that can use it: "
    try:
        import jax
        import torch
    except ImportError as error:
        sys.exit(f"{needs}{error}.")
    if not torch.cuda.is_available():
        sys.exit(f"{needs}PyTorch {torch.__version__} sees none.")
    if jax.default_backend() != "gpu":
        sys.exit(f"{needs}JAX {jax.__version__} sees none, only {jax.devices()}.")
    return torch, jax


def machine(torch, jax):
    """Where and when this was measured, and with what."""
    yield "date", datetime.date.today().isoformat()
    yield "GPU", torch.cuda.get_device_name()
    yield "processor", f"{processor()}, one thread"
    yield "NumPy", np.__version__
    yield "PyTorch", torch.__version__.split("+")[0]
    yield "JAX", jax.__version__


def race(width, batch_size, epochs):
    """Median and quartiles of each contestant's time a step, once all have done the same."""
    work = Work((2, width, width, 2, 1), batch_size, STEPS * batch_size, dtype="float32")
    contestants = {name: kind(work, threads=1) for name, kind in FIELD.items()}
    ends = {}
    for name, contestant in contestants.items():
        contestant.start(work.theta)
        contestant.run(0, epochs)
        ends[name] = contestant.theta()
    ours = ends["previously"]
    way = np.linalg.norm(ours - work.theta)
    off = {name: np.linalg.norm(theta - ours) for name, theta in ends.items()}
    for name, distance in off.items():
        if not (distance <= AGREE * np.linalg.norm(ours) and LEAST_WAY * distance <= way):
            sys.exit(f"width {width}, B {batch_size}: {name} ends {distance:.1e} from our weights")
    seconds = {name: [] for name in contestants}
    for turn in range(TURNS):
        for name, contestant in contestants.items():
            seconds[name].append(contestant.run(turn, epochs))
    for name, times in seconds.items():
        microseconds = [1e6 * t / (epochs * STEPS) for t in times]
        low, middle, high = quantiles(microseconds, n=4, method="inclusive")
        yield {
            "width": width,
            "B": batch_size,
            "contestant": name,
            "us": f"{middle:.6g}",
            "us_low": f"{low:.6g}",
            "us_high": f"{high:.6g}",
            "off": f"{off[name] / np.linalg.norm(ours):.1e}",
        }


def main():
    torch, jax = found()
    torch.backends.cuda.matmul.allow_tf32 = False  # whole float32 products, as the package's
    jax.config.update("jax_default_matmul_precision", "highest")
    facts = [{"what": what, "value": value} for what, value in machine(torch, jax)]
    print("\n".join(f"{fact['what']}: {fact['value']}" for fact in facts), flush=True)
    store("gpu-machine", facts)
    rows = []
    for count, size in enumerate(SIZES, 1):
        print(f"{count} of {len(SIZES)} …", flush=True)
        rows += race(*size)
        for row in rows[-len(FIELD) :]:
            print("width {width}, B {B}, {contestant}: {us} µs a step".format(**row), flush=True)
        store("gpu", rows)


if __name__ == "__main__":
    main()
