"""The pages on speed and on PyTorch: tables, figures and words agree with what is stored."""

import re
import subprocess
import sys
from itertools import islice
from math import inf

import notebooks
import numpy as np
import pytest
from bench import report, same_in_pytorch

from previously import MLP, logistic, make_spirals, objective, sgd

PAGE = (notebooks.BOOK / "speed.md").read_text(encoding="utf-8")
PYTORCH = (notebooks.BOOK / "pytorch.md").read_text(encoding="utf-8")
RACES = {(row["threads"], row["network"], row["contestant"]): row for row in report.read("races")}
SMALL, DIGITS, WIDE, LARGE, FLOAT32 = report.NETWORKS
RIVALS = {contestant for _, _, contestant in RACES} - {
    "previously",
    "products alone",
    "NumPy by hand",
}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("speed")
    report.build(folder, figures=notebooks.reproducible())
    return folder


TABLES = report.TABLES | report.OTHER_TABLES


@pytest.mark.parametrize("name", [f"{name}.csv" for name in TABLES])
def test_table_is_what_the_measurements_say(rebuilt, name):
    assert (report.PAGE / name).read_bytes() == (rebuilt / name).read_bytes(), "run `make bench`"


def test_number_and_its_spread_stay_in_one_line():
    cells = [
        cell for path in report.PAGE.glob("*.csv") for cell in path.read_text("utf-8").split(",")
    ]
    spreads = [cell for cell in cells if "±" in cell]
    assert len(spreads) > 50
    assert all("\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}" in cell for cell in spreads)


@pytest.mark.skipif(not notebooks.reproducible(), reason="this processor rounds differently")
@pytest.mark.parametrize("name", [f"{name}.svg" for name in report.FIGURES])
def test_figure_is_what_the_measurements_say(rebuilt, name):
    assert (report.PAGE / name).read_bytes() == (rebuilt / name).read_bytes(), "run `make bench`"


def test_pages_show_every_table_and_figure_and_no_other():
    shown, others = (set(re.findall(r"speed/([\w-]+\.\w+)", page)) for page in (PAGE, PYTORCH))
    assert shown | others == {path.name for path in report.PAGE.iterdir() if path.is_file()}
    assert shown == {f"{n}.csv" for n in report.TABLES} | {f"{n}.svg" for n in report.FIGURES}
    assert others == {f"{n}.csv" for n in report.OTHER_TABLES}


def test_figures_of_the_page_have_an_alternative_text():
    alts = re.findall(r"^:alt: (.+)$", PAGE, re.MULTILINE)
    assert len(alts) == PAGE.count("```{figure}")
    assert all(len(alt) > 40 for alt in alts)


def test_package_is_measured_with_the_versions_that_it_is_tested_with():
    def pins(path):
        return dict(re.findall(r"^(\w[\w-]*)==(\S+)", path.read_text(), re.MULTILINE))

    root = notebooks.BOOK.parent
    peers = root / "tests/tools/bench/requirements.txt"
    ours, theirs = pins(root / "requirements.txt"), pins(peers)
    shared = ours.keys() & theirs.keys()
    assert {"numpy", "autograd"} <= shared
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


# What the page says in words; after `make bench` on another machine it should still be true.


def test_all_contestants_end_at_the_same_weights():
    checks = report.read("checks")
    assert {row["contestant"] for row in checks} == RIVALS | {"NumPy by hand"}
    assert all(row["off"] <= 1e-12 for row in checks if row["network"] != FLOAT32)


def test_only_jax_is_faster_on_the_small_network():
    ratios = {rival: RACES[1, SMALL, rival]["ratio"] for rival in RIVALS}
    assert min(ratios, key=ratios.get) == "JAX, a call an epoch"
    assert all(ratio > 2 for rival, ratio in ratios.items() if not rival.startswith("JAX"))


def test_on_the_large_network_all_are_of_the_same_order():
    for rival in RIVALS:
        assert 1 / 4 < RACES[1, LARGE, rival]["ratio"] < 4, rival


def test_products_are_little_of_a_small_step_and_most_of_a_large_one():
    small, large = (RACES[1, network, "previously"]["floor_ratio"] for network in (SMALL, LARGE))
    assert RACES[1, SMALL, "PyTorch"]["floor_ratio"] > small > 3
    assert 1 < large < 2


@pytest.mark.parametrize("network", report.NETWORKS)
@pytest.mark.parametrize("threads", [1, 2])
def test_nobody_who_uses_numpy_is_faster_than_its_products(threads, network):
    floor = RACES[threads, network, "products alone"]["us"]
    assert all(
        RACES[threads, network, name]["us"] > floor
        for name in ("previously", "NumPy by hand", "autograd", "scikit-learn")
    )


def test_a_second_thread_does_not_help_a_small_network():
    one, two = (RACES[threads, SMALL, "previously"]["us"] for threads in (1, 2))
    assert two > 0.9 * one


def test_whole_job_is_done_before_a_tenth_of_the_others_and_jax_overtakes_only_later():
    seconds = report.jobs(report.chapter_steps())
    tenth = report.jobs(report.chapter_steps() / 10)
    assert all(min(tenth[rival]) > max(seconds["previously"]) for rival in RIVALS)
    after = {row[0]: row[-1].replace(",", "") for row in report.overtaking()}
    assert int(after["JAX, a call an epoch"]) > report.chapter_steps()


@pytest.mark.parametrize(
    ("axis", "low", "high"),
    [("B", 0.8, 1.2), ("depth", 0.8, 1.1), ("width", 1.4, 2.1), ("n", -0.1, 0.1)],
)
def test_time_grows_as_the_page_says(axis, low, high):
    sizes, ours, _ = report.growth(axis)[:, -3:]
    assert low < report.exponent(sizes, ours) < high


def test_sixty_steps_let_the_last_bit_grow_as_far_as_the_page_says():
    """«From some seeds, into the second digit»: two weights are then apart by a hundredth."""
    assert "to let the last bit grow into the second digit." in PAGE
    dataset, model = make_spirals(400, 0.04, np.random.default_rng(0)), MLP((2, 16, 16, 2, 1))
    _, gradient = objective(model, logistic)

    def after_sixty(seed, last, toward):
        rng = np.random.default_rng(seed)
        theta = model.init(rng, gain=2.0)
        model.layers(theta)[-1][0][:] *= last
        theta = np.nextafter(theta, toward)
        return next(islice(sgd(gradient, theta, dataset, 0.03, 20, rng), 59, None))

    for last, least, most in ((10.0, 0.01, 1.0), (1.0, 0.0, 1e-13)):
        apart = [
            np.abs(after_sixty(seed, last, inf) - after_sixty(seed, last, -inf)).max()
            for seed in range(40)
        ]
        assert least <= max(apart) < most


def test_memory_does_not_grow_with_the_data_set():
    rows = [row for row in report.read("growth") if row["axis"] == "n"]
    assert len({(row["allocated"], row["alive"]) for row in rows}) == 1


def test_more_examples_a_step_take_as_much_longer_as_the_chapter_on_sgd_says():
    """«A step on 64 examples takes less than twice as long as one on 8.»"""
    sizes, ours, _ = report.growth("B")
    seconds = dict(zip(sizes, ours))
    assert seconds[64] < 2 * seconds[8]


# When a GPU helps


def gpu(batch_size):
    """For each width, the times a step of all contestants."""
    times = report.gpu(batch_size)
    return {width: {name: times[name][width] for name in times} for width in times["previously"]}


def ahead(width, batch_size):
    """How many times as fast as we PyTorch is on the GPU."""
    times = gpu(batch_size)[width]
    return times["previously"] / times["PyTorch on the GPU"]


def test_all_ended_at_the_same_weights_on_the_gpu():
    assert all(row["off"] < 1e-6 for row in report.read("gpu"))
    assert {row["contestant"] for row in report.read("gpu")} == set(report.GPU_LOOKS)


def test_pytorch_on_the_gpu_is_the_slowest_on_the_network_of_the_course():
    assert "slowest of all: a step takes more than ten times as long as ours" in PAGE
    times = gpu(32)[16]
    assert max(times, key=times.get) == "PyTorch on the GPU"
    assert ahead(16, 32) < 1 / 10


def test_pytorch_on_the_gpu_overtakes_where_the_page_says():
    assert "at a width of about 256 with $B = 256$, and at a larger one with $B = 32$" in PAGE
    assert 2 / 3 < ahead(256, 256) < 3 / 2
    assert ahead(256, 32) < 2 / 3
    assert ahead(1024, 32) > 1


def test_pytorch_on_the_gpu_is_ahead_by_as_much_as_the_page_says():
    assert "With $B = 256$ and a thousand units it is about ten times as fast as we are" in PAGE
    assert "with four thousand more than a hundred times" in PAGE
    assert 7 < ahead(1024, 256) < 15
    assert ahead(4096, 256) > 100


def test_a_step_of_pytorch_on_the_gpu_takes_the_same_time_for_all_widths():
    times = [row["us"] for row in report.read("gpu") if row["contestant"] == "PyTorch on the GPU"]
    assert max(times) < 1.25 * min(times)


def test_jax_on_the_gpu_is_the_fastest_at_every_width_and_its_time_grows_slowly():
    for batch_size in (32, 256):
        for times in gpu(batch_size).values():
            assert min(times, key=times.get) == "JAX on the GPU"
    sizes, ours, jax = zip(
        *((w, t["previously"], t["JAX on the GPU"]) for w, t in gpu(256).items() if w <= 2048)
    )
    assert report.exponent(sizes, jax) < 1 < report.exponent(sizes, ours)


def test_without_a_gpu_its_benchmark_says_so():
    run = subprocess.run(
        [sys.executable, "-m", "bench.gpu"],
        cwd=notebooks.BOOK.parent / "tests/tools",
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("This measures a GPU, and needs one, with PyTorch and JAX")


# The page on PyTorch, whose right sides only the benchmark's environment can run


START, PAIRS = same_in_pytorch.page()
STORED = {row["what"]: row for row in report.read("pytorch")}


def test_pairs_were_compared_as_they_stand_on_the_page():
    codes = {pair.name: same_in_pytorch.code_of(START, pair) for pair in PAIRS}
    assert codes == {name: row["code"] for name, row in STORED.items()}, "run `make pairs`"
    assert all(row["off"] <= 1e-14 for row in STORED.values())  # «to the last bits of float64»


def test_left_sides_still_compute_what_was_compared():
    sides = same_in_pytorch.run(START, [pair.ours for pair in PAIRS])
    for pair, names in zip(PAIRS, sides):
        row = STORED[pair.name]
        values = [same_in_pytorch.numbers(names[name]) for name in row["names"].split()]
        assert same_in_pytorch.size(values) == pytest.approx(row["size"], rel=1e-9), pair.name


def test_every_block_of_the_page_on_pytorch_is_run():
    run = [START, *(side for pair in PAIRS for side in (pair.ours, pair.theirs))]
    assert same_in_pytorch.blocks(PYTORCH) == run
    assert PYTORCH.count("```") == 2 * (len(run) + 1)  # and a table
    assert all(pair.ours.startswith("# previously\n") for pair in PAIRS)
    assert all(pair.theirs.startswith("# PyTorch\n") for pair in PAIRS)


def test_pairs_stand_side_by_side():
    lines = "\n".join(same_in_pytorch.blocks(PYTORCH)[1:]).splitlines()
    assert [line for line in lines if len(line) > 39] == []  # it would have to scroll
