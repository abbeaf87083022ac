"""The page on speed: its tables, figures and words agree with the measurements that are stored."""

import re

import notebooks
import pytest
from bench import report

PAGE = (notebooks.BOOK / "speed.md").read_text(encoding="utf-8")
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


@pytest.mark.parametrize("name", [f"{name}.csv" for name in report.TABLES])
def test_table_is_what_the_measurements_say(rebuilt, name):
    assert (report.PAGE / name).read_bytes() == (rebuilt / name).read_bytes(), "run `make bench`"


@pytest.mark.skipif(not notebooks.reproducible(), reason="this processor rounds differently")
@pytest.mark.parametrize("name", [f"{name}.png" for name in report.FIGURES])
def test_figure_is_what_the_measurements_say(rebuilt, name):
    assert (report.PAGE / name).read_bytes() == (rebuilt / name).read_bytes(), "run `make bench`"


def test_page_shows_every_table_and_figure_and_no_other():
    shown = set(re.findall(r"speed/([\w-]+\.\w+)", PAGE))
    assert shown == {path.name for path in report.PAGE.iterdir() if path.is_file()}
    assert shown == {f"{n}.csv" for n in report.TABLES} | {f"{n}.png" for n in report.FIGURES}


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


def test_memory_does_not_grow_with_the_data_set():
    rows = [row for row in report.read("growth") if row["axis"] == "n"]
    assert len({(row["allocated"], row["alive"]) for row in rows}) == 1


def test_more_examples_a_step_take_as_much_longer_as_the_chapter_on_sgd_says():
    """«Thirty-two times as many examples make a step about three times as long.»"""
    sizes, ours, _ = report.growth("B")
    seconds = dict(zip(sizes, ours))
    assert 2.5 < seconds[8 * 32] / seconds[8] < 3.5
