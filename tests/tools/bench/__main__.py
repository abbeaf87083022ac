"""Measure the package beside its peers and store what came: run by `make bench`.

A race has every contestant in a process of its own, on the same cores, and lets them run in turn,
A B C A B C …, so that whatever else the machine does hits all of them. Ratios are taken within a
turn; medians and quartiles are over the turns.
"""

import datetime
import multiprocessing
import os
import platform
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from itertools import count
from statistics import median, quantiles

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES"):
    os.environ.pop(name, None)  # the fastest instructions, not the reproducible ones


def use(threads):
    """Give this process, and all that it starts, one core a thread."""
    if CORES:
        os.sched_setaffinity(0, CORES[-threads:])
    for name in (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ):
        os.environ[name] = str(threads)
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false" if threads == 1 else ""


use(threads=1)  # before NumPy is loaded

import numpy as np  # noqa: E402

import previously  # noqa: E402

from . import memory  # noqa: E402
from .peers import BOUNDS, PEERS, Products, serve  # noqa: E402
from .records import processor, store  # noqa: E402
from .work import CHAPTER, CHAPTER_EPOCHS, WORKS, Work  # noqa: E402

ENOUGH = 0.02  # seconds that our turn takes, about
QUIET = 0.2  # seconds until the threads of the one before have stopped waiting in a loop
CHECKED_STEPS = 60
AGREE = {"float64": 1e-12, "float32": 1e-6}


class Contestant:
    """A process that does as it is told, and waits without a sound for its turn."""

    def __init__(self, name, work, threads):
        spawn = multiprocessing.get_context("spawn")
        self.pipe, other = spawn.Pipe()
        fields = (other, name, replace(work), threads)  # without what work has made of itself here
        self.process = spawn.Process(target=serve, args=fields, daemon=True)
        self.process.start()
        other.close()

    def __call__(self, *call):
        self.pipe.send(call)
        return self.pipe.recv()

    def stop(self):
        self.pipe.send(None)
        self.process.join()


@contextmanager
def field(work, threads, names):
    """All the contestants of a race, ready at the start."""
    contestants = {name: Contestant(name, work, threads) for name in names}
    for contestant in contestants.values():
        contestant("start", work.theta)
    yield contestants
    for contestant in contestants.values():
        contestant.stop()


def turns(contestants, threads, repetitions, epochs):
    """Seconds of each contestant in each turn, after an epoch that fills the caches again."""
    seconds = {name: [] for name in contestants}
    for turn in range(repetitions):
        for name, contestant in contestants.items():
            time.sleep(QUIET if threads > 1 else 0.0)
            contestant("run", turn, 1)
            seconds[name].append(contestant("run", turn, epochs))
    return seconds


def quartiles(values):
    return quantiles(values, n=4, method="inclusive")


def same_weights(name, work):
    """How far each contestant ends from our weights, after the same steps from the same start."""
    epochs = -(-CHECKED_STEPS // work.steps)
    with field(work, 1, [*PEERS, "NumPy by hand"]) as contestants:
        for rival, contestant in contestants.items():
            contestant("follow" if rival == "scikit-learn" else "run", 1, epochs)
        ends = {rival: contestant("theta") for rival, contestant in contestants.items()}
    ours = ends.pop("previously")
    assert np.abs(ours - work.theta).max() > 1e-3, "nobody has learnt anything"
    for rival, theta in ends.items():
        off = float(np.abs(theta - ours).max())
        if not off <= AGREE[work.dtype]:
            sys.exit(f"{name}: {rival} ends {off:.1e} from our weights, so it does not do the same")
        yield {"network": name, "contestant": rival, "steps": epochs * work.steps, "off": off}


def race(name, work, threads, repetitions):
    """Median and quartiles of the time a step, and of its ratio to ours in the same turn."""
    with field(work, threads, PEERS | BOUNDS) as contestants:
        first = {rival: contestant("run", 0, 1) for rival, contestant in contestants.items()}
        warm = {rival: contestant("run", 0, 1) for rival, contestant in contestants.items()}
        epochs = max(1, round(ENOUGH / warm["previously"]))
        turns(contestants, threads, 2, epochs)
        seconds = turns(contestants, threads, repetitions, epochs)
    for rival, times in seconds.items():
        low, middle, high = quartiles([1e6 * t / (epochs * work.steps) for t in times])
        low_ratio, ratio, high_ratio = quartiles(
            [theirs / ours for theirs, ours in zip(times, seconds["previously"])]
        )
        floor = [theirs / least for theirs, least in zip(times, seconds["products alone"])]
        yield {
            "network": name,
            "threads": threads,
            "contestant": rival,
            "us": middle,
            "us_low": low,
            "us_high": high,
            "ratio": ratio,
            "ratio_low": low_ratio,
            "ratio_high": high_ratio,
            "floor_ratio": median(floor),
            "first_ms": 1e3 * max(0.0, first[rival] - warm[rival]),
        }


def jobs(epochs, repetitions, names):
    """The whole job from a fresh interpreter: seconds, peak memory, and what was printed."""
    for repetition in range(repetitions):
        for name in names:
            command = [sys.executable, "-m", "bench.job", name, str(epochs)]
            begin = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            printed = process.stdout.read().split()
            if process.wait():
                sys.exit(f"the job of {name} failed")
            seconds = time.perf_counter() - begin
            yield {
                "contestant": name,
                "steps": epochs * CHAPTER.steps,
                "repetition": repetition,
                "seconds": seconds,
                "accuracy": float(printed[1].rstrip(",")),
                "peak_mb": float(printed[3]),
            }


GROWTH = {
    "B": [(2**k, Work((2, 16, 16, 2, 1), 2**k, max(2**k, 512))) for k in range(3, 14)],
    "depth": [(2**k, Work((2, *[16] * 2**k, 2, 1), 32, 512)) for k in range(7)],
    "width": [(2**k, Work((2, 2**k, 2**k, 2, 1), 128, 1024)) for k in range(2, 12)],
    "n": [(2**k, Work((2, 16, 16, 2, 1), 32, 2**k)) for k in range(9, 20)],
}


def growth(axis, repetitions=9):
    """Time a step and memory a step while one number of the work grows."""
    for size, work in GROWTH[axis]:
        ours, floor = (kind(work, threads=1) for kind in (PEERS["previously"], Products))
        seconds = {"ours": [], "products": []}
        for contestant in (ours, floor):
            contestant.start(work.theta)
            contestant.run(0, 1)
        epochs = max(1, round(ENOUGH / ours.run(0, 1)))
        for turn in range(repetitions if work.steps < 10_000 else 3):
            for name, contestant in (("ours", ours), ("products", floor)):
                seconds[name].append(1e6 * contestant.run(turn, epochs) / (epochs * work.steps))
        allocated, alive = memory.of_a_step(work)
        yield {
            "axis": axis,
            "size": size,
            "us": median(seconds["ours"]),
            "products_us": median(seconds["products"]),
            "allocated": allocated,
            "alive": alive,
        }


def memory_of_works():
    """What a step of each network allocates, beside θ itself."""
    for name, work in WORKS.items():
        allocated, alive = memory.of_a_step(work)
        theta = work.theta.nbytes
        yield {"network": name, "theta": theta, "allocated": allocated, "alive": alive}


def machine():
    """Where and when this was measured, and with what."""
    from threadpoolctl import threadpool_info

    products = [info for info in threadpool_info() if info["user_api"] == "blas"]
    yield "date", datetime.date.today().isoformat()
    yield "processor", processor()
    yield "cores", len(CORES) or os.cpu_count()
    yield "system", f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}"
    yield "Python", platform.python_version()
    yield "previously", previously.__version__
    library = np.show_config("dicts")["Build Dependencies"]["blas"]["name"]
    for blas in products:  # there is none where the system's own library is used
        library = f"{blas['internal_api']} {blas['version']}, {blas['architecture']} kernels"
    yield "NumPy", f"{version('numpy')} with {library}"
    for name, package in (
        ("PyTorch", "torch"),
        ("JAX", "jax"),
        ("scikit-learn", "scikit-learn"),
        ("autograd", "autograd"),
    ):
        yield name, version(package)


THREADS = (1, 2)[: len(CORES) or 2]
LASTING = ["previously", "JAX, a call a step", "JAX, a call an epoch"]
JOBS = [  # epochs, repetitions and contestants of the job of the chapter
    (CHAPTER_EPOCHS // 10, 3, PEERS),
    (CHAPTER_EPOCHS, 5, PEERS),
    (CHAPTER_EPOCHS * 10, 5, LASTING),  # where the others are far behind
]
PARTS = len(WORKS) * (1 + len(THREADS)) + len(JOBS) + 1 + len(GROWTH)
number = count(1)


def part(title, rows):
    """Say what is going on and how far, do it, and say how long it took."""
    print(f"{next(number)} of {PARTS}: {title} …", end=" ", flush=True)
    begin = time.perf_counter()
    rows = list(rows)
    print(f"{time.perf_counter() - begin:.0f} s", flush=True)
    return rows


def main():
    facts = [{"what": what, "value": value} for what, value in machine()]
    store("machine", facts)
    print("\n".join(f"{fact['what']}: {fact['value']}" for fact in facts), flush=True)

    checks = []
    for name, work in WORKS.items():
        checks += part(f"the same weights, {name}", same_weights(name, work))
    store("checks", checks)
    worst = max(check["off"] for check in checks if "float32" not in check["network"])
    print(f"All contestants compute the same: in float64 to {worst:.0e}.")

    races = []
    for threads in THREADS:
        use(threads)
        for name, work in WORKS.items():
            repetitions = 21 if threads == 1 else 11
            title = f"a step, {name}, {threads} thread{'s' * (threads > 1)}"
            races += part(title, race(name, work, threads, repetitions))
    store("races", races)

    use(1)
    runs = []
    for epochs, repetitions, names in JOBS:
        title = f"the chapter's job, {epochs * CHAPTER.steps} steps"
        runs += part(title, jobs(epochs, repetitions, names))
    store("jobs", runs)

    store("memory", part("memory", memory_of_works()))
    store("growth", [row for axis in GROWTH for row in part(f"growing {axis}", growth(axis))])


if __name__ == "__main__":
    main()
