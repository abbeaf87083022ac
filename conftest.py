"""What pytest needs to hold book and package together: nbval made strict, and a summary of both."""

import os
import time
from queue import Empty
from textwrap import shorten

import hypothesis
import nbval.kernel
import nbval.plugin
import notebooks
import pytest

os.environ |= notebooks.CPU  # for the kernels

hypothesis.settings.register_profile("same everywhere", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same everywhere")

EQUATION_TESTS = pytest.StashKey[dict[str, set[str]]]()


def pytest_configure(config):
    """Compare outputs to the bit where they are reproducible; elsewhere only run the cells."""
    if not notebooks.reproducible():
        config.option.nbval, config.option.nbval_lax = False, config.option.nbval


def pytest_collection_modifyitems(config, items):
    """Remember which test proves which equations of the book."""
    config.stash[EQUATION_TESTS] = {
        item.nodeid: {mark.args[0] for mark in item.iter_markers("equation")} for item in items
    }


def pytest_terminal_summary(terminalreporter, config):
    """Count what the promise «what you read is what the tests verified» rests on."""
    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    failed = {report.nodeid for report in terminalreporter.getreports("failed")}
    proofs = config.stash.get(EQUATION_TESTS, {})
    tested = set().union(*(proofs.get(test, ()) for test in passed))
    tested -= set().union(*(proofs.get(test, ()) for test in failed))
    cells = sum(".ipynb::Cell" in test for test in passed)
    numbers = sum(".ipynb::number" in test for test in passed)
    compared = "" if notebooks.reproducible() else " (run only: this processor rounds differently)"

    terminalreporter.section("the book")
    terminalreporter.line(f"unit tests: {len(passed) - cells - numbers} passed")
    terminalreporter.line(f"notebook cells: {cells} passed{compared}")
    terminalreporter.line(f"prose numbers: {numbers} checked")
    terminalreporter.line(f"equations: {len(tested)} of {len(notebooks.equations())} tested")


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
