"""The pages that run: cells where they stand, in a browser, by the package of this commit."""

import os
import re
from contextlib import contextmanager

import pytest
from browsing import serve, violations

CELLS = "div.cell:has(.cell_input)"
ENDED = "#live:is([data-state=ended], [data-state=failed], [data-state=died])"


@pytest.fixture(scope="session")
def python(built):
    """The folder of Python in the site, if the site was built with it."""
    if not (built / "html/live").is_dir():
        reason = "the site has no Python: set PYODIDE as CONTRIBUTING.md says"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return built / "html/live"


@pytest.fixture(scope="session")
def live_site(built, python, policy):
    """The address of the site under its policy and the one word more that Python needs."""
    with serve(built / "html", policy(" 'wasm-unsafe-eval'")) as address:
        yield address


class Page:
    """A page whose cells run, and what a reader does there."""

    def __init__(self, tab):
        self.tab, self.cells = tab, tab.locator(CELLS)

    @property
    def state(self):
        return self.tab.locator("#live").get_attribute("data-state")

    @property
    def status(self):
        return self.tab.locator("#live [role=status]").inner_text()

    def wait(self, states=ENDED, seconds=120):
        self.tab.wait_for_selector(states, timeout=1000 * seconds)

    def press(self, name):
        """Press a button, in a folded cell too."""
        self.tab.locator(f"button:text-is('{name}'), button[aria-label='{name}']").last.evaluate(
            "button => button.click()"
        )

    def run(self, number, code=None, wait=True):
        """Run a cell, counted from one, and wait for its end."""
        if code is not None:
            self.cells.nth(number - 1).locator("textarea").evaluate(
                "(area, code) => { area.value = code; area.dispatchEvent(new Event('input')); }",
                code,
            )
        self.tab.locator("#live").evaluate("bar => bar.dataset.state = 'asked'")
        self.press(f"Run cell {number}")
        if wait:
            self.wait()
        return self.shown(number)

    def shown(self, number):
        """The text that a cell shows since it ran."""
        pieces = self.cells.nth(number - 1).locator(".live-output pre").all_text_contents()
        return "".join(pieces).strip()


@pytest.fixture
def live(visit, live_site):
    """Open a page and press the button that makes it run."""

    @contextmanager
    def open_page(page, **options):
        with visit(f"book/{page}.html", at=live_site, **options) as tab:
            tab.locator("#live .run-page").click()
            tab.wait_for_selector("#live[data-state]")
            yield Page(tab)

    return open_page


def test_reader_changes_runs_and_resets_a_cell(live):
    with live("sgd") as page:
        assert page.run(2) == "Dataset(n=200, x (200, 1), y (200, 1) binary)"
        assert re.fullmatch("Done.", page.status)
        assert page.run(2, "len(range(7))") == "7"
        assert violations(page.tab) == []
