"""What pytest needs to hold book and package together: nbval made strict, and a summary of both."""

import os
import re
import time
from collections import Counter
from queue import Empty
from textwrap import shorten

import equations
import hypothesis
import nbval.kernel
import nbval.plugin
import notebooks
import pytest
from proofs import is_display, is_inline
from xdist.scheduler import LoadScopeScheduling

os.environ |= notebooks.CPU  # for the kernels

hypothesis.settings.register_profile("same everywhere", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same everywhere")


def pytest_configure(config):
    """Compare outputs to the bit where they are reproducible; elsewhere only run the cells."""
    if not notebooks.reproducible():
        config.option.nbval, config.option.nbval_lax = False, config.option.nbval


def marks_of(item):
    """The equations that a test evaluates, the first mark first."""
    return [mark.args[0] for mark in item.iter_markers("equation")][::-1]


class Named(list):
    """The equations that a test names, as the book writes them; it must assert that they hold."""

    asserted = False

    def holds(self, symbols, **options):
        """Assert each of them: see `equations.Equation.holds`."""
        self.asserted = True
        for equation in self:
            equation.holds(symbols, **options)

    def gives(self, value, symbols, **options):
        """Assert the value of each: see `equations.Equation.gives`."""
        self.asserted = True
        for equation in self:
            equation.gives(value, symbols, **options)


@pytest.fixture(scope="session")
def book_formulas():
    """Every formula of the chapters."""
    return equations.of_the_book()


@pytest.fixture
def equation(request, book_formulas):
    """The equations that the marks of a test name."""
    names = marks_of(request.node)
    named = Named(book_formulas.get(name) or equations.of_a_docstring(name) for name in names)
    yield named
    assert named.asserted, "the test names equations and asserts none"


class Sharing(LoadScopeScheduling):
    """Give a notebook to one process, since its cells share a kernel, and each test to the next."""

    def _split_scope(self, nodeid):
        return nodeid.split("::")[0] if ".ipynb::" in nodeid else nodeid


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers():
    """One process more than there are cores, since some wait for a browser; four are enough."""
    return min((yield) + 1, 4)


def pytest_xdist_make_scheduler(config, log):
    """Share the tests out to the processes of pytest-xdist, in their order."""
    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_collection_modifyitems(items):
    """Let every test that names equations answer for them, and note which they are.

    What others would wait for comes first: a test of each site that is built, then what takes long.
    """
    for item in items:
        if marks := marks_of(item):
            item.fixturenames.append("equation")
            item.user_properties.append(("equations", marks))

    needing = {}
    for item in items:
        for fixture in {"book", "elsewhere"}.intersection(getattr(item, "fixturenames", ())):
            needing.setdefault(fixture, item)

    def long(item):
        return item.path.suffix == ".ipynb" or item.get_closest_marker("live")

    items.sort(key=lambda item: (item not in needing.values(), not long(item)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item):
    """A test of an equation must pass: it may neither be skipped nor expected to fail."""
    report = yield
    if report.skipped and marks_of(item):
        report.outcome, report.longrepr = "failed", "a test of an equation may not be skipped"
    return report


def pytest_terminal_summary(terminalreporter, config):
    """Count what the promise «what you read is what the tests verified» rests on."""

    def formulas(outcome):
        reports = terminalreporter.getreports(outcome)
        noted = (getattr(report, "user_properties", ()) for report in reports)  # a file has none
        named = (dict(properties).get("equations", ()) for properties in noted)
        return {name for names in named for name in names}

    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    kinds = Counter(re.search(r"\.ipynb::(\w+)|$", test)[1] for test in passed)
    held = formulas("passed") - formulas("failed") - formulas("error")
    displays, inline = set(filter(is_display, held)), set(filter(is_inline, held))
    why = "" if notebooks.reproducible() else ": this processor rounds differently"
    compared = f" (run only{why})" if config.option.nbval_lax else ""

    terminalreporter.section("the book")
    for line in (
        f"unit tests: {kinds[None]} passed",
        f"notebook cells: {kinds['Cell']} passed{compared}",
        f"numbers: {kinds['number']} checked",
        f"claims: {kinds['claim']} checked",
        f"equations: {len(displays)} of {len(notebooks.equations())} evaluated",
        f"formulas of the text: {len(inline)} evaluated",
        f"formulas of docstrings: {len(held - displays - inline)} evaluated",
    ):
        terminalreporter.line(line)


class Said(pytest.Item):
    """A number or a claim of prose or slides, held to its marker in the kernel of the cells."""

    def __init__(self, *, marker, **kwargs):
        super().__init__(**kwargs)
        self.marker = marker

    def runtest(self):
        _, said, _, code, expected = self.marker
        kernel = self.parent.kernel
        assert kernel.is_alive(), "the kernel died"
        reply = kernel.kc.execute(
            "", silent=True, user_expressions={"it": code}, reply=True, timeout=60
        )
        result = reply["content"]["user_expressions"]["it"]
        assert result["status"] == "ok", f"{code}: {result['ename']}: {result['evalue']}"
        value = result["data"]["text/plain"]
        assert value in expected, f"{self.path.name} says: {said}\nbut {code} is {value}"

    def repr_failure(self, excinfo):
        return str(excinfo.value)

    def reportinfo(self):
        return self.path, None, self.name


# nbval 0.11 is strict about text but blind to pictures, runs cells unlike Jupyter (a trailing `;`
# hides nothing) and waits for a dead kernel until the time is up. These four pieces mend that.


def _collect(self, collect=nbval.plugin.IPyNbFile.collect):
    yield from collect(self)
    if self.compare_outputs:
        for index, marker in enumerate(notebooks.checked(self.nb, notebooks.slides_of(self.path))):
            name = f"{marker.kind} {index}: {shorten(marker.said, 60)}"
            yield Said.from_parent(self, name=name, marker=marker)


def _setup(self, setup=nbval.plugin.IPyNbFile.setup):
    self.skip_compare = [key for key in self.skip_compare if not key.startswith("image/")]
    setup(self)


def _execute_cell_input(self, cell_input, allow_stdin=None):
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def _get_message(self, stream, timeout=None, get_message=nbval.kernel.RunningKernel.get_message):
    """Wait in short turns, to notice when the kernel died."""
    end = time.monotonic() + (timeout or float("inf"))
    while True:
        left = end - time.monotonic()
        try:
            return get_message(self, stream, timeout=max(0.0, min(left, 2.0)))
        except Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died") from None
            if left <= 2.0:
                raise


nbval.plugin.IPyNbFile.collect = _collect
nbval.plugin.IPyNbFile.setup = _setup
nbval.kernel.RunningKernel.execute_cell_input = _execute_cell_input
nbval.kernel.RunningKernel.get_message = _get_message
# The unit tests alone must cover the package, and a traced kernel would train slowly.
nbval.plugin.setup_coverage = nbval.plugin.teardown_coverage = lambda *args: None
