"""The pages that run: cells where they stand, in a browser, by the package of this commit."""

import ast
import contextlib
import io
import json
import pickle
import re
import time
from contextlib import contextmanager
from types import FunctionType, GeneratorType, ModuleType

import numpy as np
import pytest
from browsing import SETTLED, soup, violations
from live import SETTINGS, fetched
from needs import due, names, note, suppliers, without_magics
from notebooks import BOOK, checked, read, slides_of
from playwright.sync_api import expect
from sphinx.errors import ExtensionError

CHAPTERS = "sgd", "backprop", "end_to_end"
CELLS = "div.cell:has(.cell_input)"
# Three short trainings whose last bit no step amplifies; the page prints where they end.
TRAININGS = """
from itertools import islice
import numpy as np
from previously import MLP, cross_entropy, logistic, load_digits, make_moons, make_spirals
from previously import objective, relu, sgd, tanh
for data, sizes, phi, loss_of in (
    (make_moons(200, 0.1, np.random.default_rng(0)), (2, 8, 1), tanh, logistic),
    (make_spirals(200, 0.04, np.random.default_rng(1)), (2, 16, 16, 2, 1), relu, logistic),
    (load_digits()[0], (64, 16, 10), tanh, cross_entropy),
):
    model = MLP(sizes, phi)
    start = model.init(np.random.default_rng(2))
    _, gradient = objective(model, loss_of)
    steps = sgd(gradient, start, data, 0.05, 16, np.random.default_rng(3))
    print(next(islice(steps, 499, None)).tolist())
"""


# What live.toml must not leave out: readers try it.
OFTEN_TRIED = """
import matplotlib.pyplot as plt
import numpy as np
np.testing.assert_allclose(0.1 + 0.2, 0.3)
with plt.style.context("ggplot"):
    figure = plt.figure()
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(*np.meshgrid([0, 1], [0, 1]), np.eye(2))
plt.close()
bool(axes.has_data())
"""


class Page:
    """A page whose cells run, and what a reader does there."""

    def __init__(self, tab):
        self.tab, self.cells, self.bar = tab, tab.locator(CELLS), tab.locator("#live")

    @property
    def status(self):
        return self.bar.locator("[role=status]").inner_text()

    def state(self, number):
        """What is said of a cell beside its buttons."""
        return self.cells.nth(number - 1).locator(".live-bar").inner_text()

    def number(self, cell_id):
        """The number of a cell, counted from one."""
        codes = [cell for cell in read(BOOK / "sgd.ipynb").cells if cell.cell_type == "code"]
        return [cell.id for cell in codes].index(cell_id) + 1

    def wait(self, *states, seconds=240):
        wanted = ", ".join(f"[data-state={state}]" for state in states or ("ended", "failed"))
        self.tab.wait_for_selector(f"#live:is({wanted})", timeout=1000 * seconds)

    def press(self, name):
        """Press a button, in a folded cell too."""
        named = f"button:text-is('{name}'):not([aria-label]), button[aria-label='{name}']"
        self.tab.locator(named).last.evaluate("button => button.click()")

    def write(self, number, code):
        """Change the code of a cell, counted from one."""
        self.cells.nth(number - 1).locator("textarea").evaluate(
            """(area, code) => {
                area.value = code;
                area.dispatchEvent(new Event("input"));
            }""",
            code,
        )

    def run(self, number, code=None):
        """Run a cell to its end, and return the text that it shows."""
        if code is not None:
            self.write(number, code)
        self.bar.evaluate("bar => bar.dataset.state = 'asked'")
        self.press(f"Run cell {number}")
        self.wait()
        return self.shown(number)

    def shown(self, number, where=".live-output"):
        """The text of an output of a cell."""
        cell = self.cells.nth(number - 1)
        return "".join(cell.locator(f"{where} :is(pre, table)").all_text_contents()).strip()

    def size(self, number, where=".live-output"):
        """The size of the figure of a cell."""
        image = self.cells.nth(number - 1).locator(f"{where} img")
        if not image.count():
            return None
        if where != STORED:  # which is hidden, and perhaps never comes
            image.evaluate("image => image.decode()")
        return [int(image.get_attribute(side)) for side in ("width", "height")]


STORED = ".cell_output:not(.live-output)"


@pytest.fixture
def live(visit, live_site):
    """Open a page and press the button that makes it run."""

    @contextmanager
    def open_page(page, at=live_site, before=None, **options):
        with visit(f"book/{page}.html", at=at, **options) as tab:
            if before:
                before(tab)
            tab.locator("#live .run-page").click()
            tab.wait_for_selector("#live[data-state]")
            yield Page(tab)

    return open_page


def test_reader_changes_stops_and_keeps_cells(live):
    with live("sgd") as page:
        # A cell with what it needs, text and figure, in the frame of the stored one
        assert page.run(2) == page.shown(2, STORED) != ""
        page.run(4)
        assert np.allclose(page.size(4), page.size(4, STORED), atol=1)  # a picture has whole pixels
        assert not page.cells.nth(3).locator(STORED).is_visible()
        assert page.cells.nth(3).locator(".live-output figcaption").count() == 1
        assert page.cells.nth(4).locator(STORED).is_visible(), "a cell that did not run"
        said = page.bar.locator("[role=status]")
        said.evaluate("e => { e.textContent = 'A cell brings what it names. '.repeat(5) }")
        for width, height in ((1280, 900), (390, 844), (844, 390)):
            page.tab.set_viewport_size({"width": width, "height": height})
            page.tab.evaluate(SETTLED)
            title = page.tab.locator("#momentum-and-adam > h2")
            title.evaluate("e => e.scrollIntoView()")
            bar = page.bar.bounding_box()
            shown = bar["y"] + bar["height"] > 0
            assert shown == (height > 480), "on a phone on its side it has gone"
            room = title.bounding_box()["y"] - (bar["y"] + bar["height"] if shown else 56)
            assert 0 < room < 40, "a link does not lead right below the bar"
        page.tab.set_viewport_size({"width": 1280, "height": 900})
        bars = page.tab.locator(".live-bar:visible")
        assert bars.count() > 9
        page.tab.emulate_media(media="print")
        assert not bars.count()
        page.tab.emulate_media(media="screen")
        assert page.cells.nth(1).locator(".live-output pre").get_attribute("translate") == "no"

        # A click on its text leads into it
        page.cells.nth(1).locator("textarea").click(position={"x": 40, "y": 30})
        assert page.tab.evaluate("document.activeElement.ariaLabel") == "Code of cell 2"

        # What is changed runs, and so does what needs it
        page.write(2, page.cells.nth(1).locator("textarea").input_value().replace("200", "20"))
        page.run(3)
        assert page.shown(2) == "Dataset(n=20, x (20, 1), y (20, 1) binary)"
        assert page.shown(3) != page.shown(3, STORED)

        # Errors say where; no memory is one
        error = page.run(2, "def f(x):\n    return 1 / x\n\n\nf(0)")
        assert error.startswith("ZeroDivisionError: division by zero\ncell 2, line 5:\n    f(0)")
        assert page.status == "An error in cell 2 stopped it."
        drawn = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\n1 / 0"
        assert "ZeroDivisionError" in page.run(2, drawn)
        page.run(2, "pass")
        assert not page.cells.nth(1).locator(".live-output *").count(), "what was half drawn"
        assert not page.cells.nth(1).locator(STORED).is_visible(), "what nothing has shown"
        assert "a page cannot ask" in page.run(2, "input()")
        assert page.run(2, "help(len)").startswith("Help on built-in function len")
        flood = page.run(2, "for i in range(10**5):\n    display(i)")
        assert flood.endswith("199… the rest is cut")
        assert "fewer or smaller arrays" in page.run(2, "np.zeros((10**5, 10**5))")
        assert page.run(2, "1 +").startswith("File")
        assert page.run(2, "for i in range(3):\n    print(i)\nlen('abc')") == "0\n1\n2\n3"
        assert (
            page.run(2, "for i in range(9):\n    print(i, end='\\r')\nprint(9)\n'x';  # y") == "9"
        )
        assert page.run(2, "'x'  # y;") == "'x'"
        assert page.run(2, "get_ipython().any('thing')").startswith("<live.cells.Shell")
        assert page.run(2, "text = '''a\n   \nb'''\nlen(text)") == "7"
        warned = page.run(2, "import sys\nprint('first', file=sys.stderr)\n1 / 0")
        assert warned.startswith("first\nZeroDivisionError")
        assert page.cells.nth(1).locator(".live-output pre").count() == 2
        assert "only the libraries" in page.run(2, "import pandas")
        assert page.run(2, OFTEN_TRIED) == "True"
        assert page.run(2, "import sys\nsys.stdout = None") == ""

        # Streams come in order, progress lines and long ones leave the page alive
        mixed = "print('a', 'b')\nprint('c', file=sys.stderr)\nprint('d')"
        assert page.run(2, f"import sys\n{mixed}") == "a b\nc\nd"
        for _ in range(2):
            assert page.run(2, "import warnings\nwarnings.warn('x')") == "UserWarning: x"
        progress = "for t in range(5000):\n    print(f'\\rstep {t:40}', end='')\nprint('\\ndone')"
        assert page.run(2, progress).endswith("4999\ndone")
        dots = "for i in range(20_000):\n    print('.', end='', flush=True)"
        assert page.run(2, dots) == 20_000 * "."
        page.write(2, "list(range(100_000))")
        page.bar.evaluate("bar => bar.dataset.state = 'asked'")
        page.press("Run cell 2")
        page.wait(seconds=8)
        assert page.shown(2).endswith("the rest is cut")

        page.write(2, "  dataset = 1")
        page.run(3)
        assert page.shown(2).endswith("IndentationError: unexpected indent")
        assert page.status == "An error in cell 2 stopped it."
        assert "ImportError" in page.run(2, "from . import *")
        pickled = (
            "import pickle\n\n\ndef f(o):\n    return o\n\n\npickle.loads(pickle.dumps(f)) is f"
        )
        assert page.run(2, pickled) == "True"

        # What is deleted comes again; what is reset can be had again
        assert "not defined" in page.run(2, "del rng\nrng")
        page.press("Reset cell 2")
        assert page.run(2) == page.shown(2, STORED)
        page.cells.nth(1).locator("textarea").press("Control+z")
        assert page.cells.nth(1).locator("textarea").input_value() == "del rng\nrng"

        # A cell runs by the keyboard, which leads on to the next that can be seen
        page.write(8, "8")
        page.bar.evaluate("bar => bar.dataset.state = 'asked'")
        page.cells.nth(7).locator("textarea").press("Shift+Enter")
        page.wait()
        assert page.shown(8) == "8"
        assert page.tab.evaluate("document.activeElement.ariaLabel") not in (None, "Code of cell 8")
        page.press("Reset cell 8")

        # The Enter of an input method is its own
        area = page.cells.nth(7).locator("textarea")
        for shift in (False, True):
            enter = {"key": "Enter", "isComposing": True, "shiftKey": shift, "cancelable": True}
            area.evaluate(
                """(area, keys) => {
                    area.focus();
                    area.dispatchEvent(new KeyboardEvent("keydown", keys));
                }""",
                enter,
            )
            assert page.tab.evaluate("document.activeElement.ariaLabel") == "Code of cell 8"
            assert page.cells.nth(7).locator("button:text-is('Reset')").is_hidden()

        # An endless loop ends when it is stopped, and what was there comes again
        page.write(2, "while True:\n    pass")
        page.press("Run cell 2")
        page.wait("running")
        page.tab.wait_for_timeout(300)
        page.press("Stop")
        page.tab.wait_for_selector("#live[data-state=ended]", timeout=1000)
        assert "Stopped" in page.status
        assert "stopped after" in page.state(2)
        page.write(2, "import time\ntime.sleep(30)")
        page.press("Run cell 2")
        page.wait("running")
        page.tab.wait_for_timeout(1500)
        page.press("Stop")
        page.tab.wait_for_timeout(3000)  # what ended then may still complain
        assert "Stopped" in page.status
        trained = page.run(2, TRAININGS)

        # All of it survives a reload, is handed out, and can be thrown away
        with page.tab.expect_download() as download:
            page.press("Download")
        notebook = json.loads(download.value.path().read_text("utf-8"))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert download.value.suggested_filename == "sgd.ipynb"
        (mine,) = [cell for cell in code if "".join(cell["source"]).endswith(TRAININGS)]
        assert mine["outputs"] == []
        assert sum(map(bool, (cell["outputs"] for cell in code))) > 10, "those of the others"
        page.tab.reload()
        assert "You changed code of this page: run it" in page.status
        page.tab.locator("#live .run-page").click()
        page = Page(page.tab)
        assert page.cells.nth(1).locator("textarea").input_value() == TRAININGS
        assert "kept on this device" in page.state(2)

        # A solution is in the edition that has it, and what that has no place for is beside it
        page.write(solution := page.number("solution-limit"), "mine = 1")
        page.write(stub := page.number("exercise-limit"), "mine = 2")
        with page.tab.expect_download() as download:
            page.press("Download")
        notebook = json.loads(download.value.path().read_text("utf-8"))
        sources = ["".join(cell["source"]) for cell in notebook["cells"]]
        sources = {source.split("solution\n")[-1] for source in sources}
        assert {TRAININGS, "mine = 1", "mine = 2"} <= sources
        for number in (solution, stub):
            page.press(f"Reset cell {number}")
        unchanged = page.cells.nth(2).locator("textarea").input_value()
        page.run(3, "'seen'")
        page.write(3, unchanged)
        page.tab.on("dialog", lambda dialog: dialog.accept())
        page.press("Reset all")
        assert page.cells.nth(1).locator("textarea").input_value().startswith("rng = ")
        assert page.tab.evaluate("localStorage.length") == 0
        assert not page.tab.locator(".live-output *").count(), "what came of what is thrown away"

    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(TRAININGS, {})
    for mine, theirs in zip(here.getvalue().splitlines(), trained.splitlines(), strict=True):
        apart = np.subtract(ast.literal_eval(mine), ast.literal_eval(theirs))
        assert np.abs(apart).max() <= 1e-12


def test_exercise_and_markdown_and_a_worker_that_dies(live):
    with live("backprop", width=390, mode="dark", has_touch=True) as page:
        page.run(8)
        table = page.cells.nth(7).locator(".live-output table")
        typeset = """table => [...table.querySelectorAll(".katex-mathml annotation")].map(
            formula => formula.textContent)"""
        stored = page.cells.nth(7).locator(f"{STORED} table")
        page.tab.wait_for_selector(".live-output .katex", state="attached")
        assert table.evaluate(typeset) == stored.evaluate(typeset) != []
        assert page.run(23) == page.shown(23, STORED), "autograd is fetched when it is asked for"
        assert page.run(27).startswith("'Not yet")
        said = page.cells.nth(26).locator(".live-output pre")
        assert said.evaluate("pre => pre.scrollWidth <= pre.clientWidth"), "a sentence is cut"
        assert page.run(31) == page.shown(31, STORED), "names that come after the function"
        assert page.cells.nth(30).locator("details").get_attribute("open") is None
        # What is in the formulas of the page was judged without Python.
        page.tab.evaluate(
            "document.querySelectorAll('.katex:not(.live-output *) > *').forEach(e => e.remove())"
        )
        assert violations(page.tab) == []
        page.write(4, "from js import self\nself.close()")
        page.press("Run cell 4")
        page.wait("died")
        assert "broke down" in page.status


def test_html_of_a_cell_lives(live):
    with live("end_to_end") as page:
        page.run(16)
        box = page.cells.nth(15).locator(".live-output .scrubber")
        box.locator("input").evaluate(
            "slider => { slider.value = 0; slider.dispatchEvent(new Event('input')); }"
        )
        assert box.locator("span").inner_text().startswith("epoch 0:")
        caption = page.cells.nth(15).locator(".live-output figcaption")
        assert caption.inner_text().startswith("Fig."), "the new picture has lost its frame"
        assert violations(page.tab) == []


def test_download_that_breaks_off_goes_on(live, python):
    (lock,) = python.glob("*/pyodide-lock.json")
    files = json.loads(lock.read_text("utf-8"))["starts"]["cells"]["files"]
    lost = {f"{name}.gzipped" for name in files if name.startswith(("numpy", "pyparsing"))}
    kept = {f"{name}.gzipped" for name in files} - lost
    held, come = [], []

    def hold(tab):
        tab.route(re.compile("numpy|pyparsing"), lambda route: held.append(route))
        tab.on("requestfinished", lambda request: come.append(request))

    def names():
        """The files of Python that have come, other than from what the browser keeps."""
        files = [one for one in come if one.url.endswith(".gzipped")]
        return {one.url.split("/")[-1] for one in files if one.sizes()["responseBodySize"]}

    with live("questions", before=hold, missing=True) as page:
        end = time.monotonic() + 60
        while names() != kept and time.monotonic() < end:
            page.tab.wait_for_timeout(100)
        assert names() == kept
        numpy, pyparsing = sorted(held, key=lambda route: route.request.url)
        pyparsing.fulfill(body="")
        numpy.abort()
        page.wait("failed")
        assert "download broke off" in page.status
        page.tab.unroute_all()
        come.clear()
        page.press("Run all")
        page.wait("loading")
        page.wait("ended")
        assert page.status == "Done."
        assert names() & (kept | lost) == lost
        size = "import matplotlib\nmatplotlib.rcParams['lines.markersize']"
        original = page.cells.first.locator("textarea").input_value()
        page.run(1, f"{size} = 33")
        page.write(1, original)
        page.bar.evaluate("bar => bar.dataset.state = 'asked'")
        page.press("Run all")
        page.wait(seconds=60)
        assert page.run(1, size) == "6.0", "Run all begins anew"
        page.tab.context.set_offline(True)
        page.write(1, "while True:\n    pass")
        page.press("Run cell 1")
        page.wait("running")
        page.press("Stop")
        assert page.run(1, "1 + 1") == "2", "Python begins anew without a network"
        rich = "class Rich:\n    def _repr_markdown_(self):\n        return '**rich**'\n\n\nRich()"
        assert page.run(1, rich) == "**rich**", "what shows Markdown comes with IPython"
        page.press("Download")
        expect(page.bar.locator("[role=status]")).to_contain_text("could not be fetched")


def test_page_says_why_python_cannot_run(live, site, live_site):
    with live("sgd", at=site, missing=True) as page:  # whose policy is without wasm-unsafe-eval
        page.wait("failed")
        assert "does not let Python run" in page.status
        page.write(2, "kept")  # the page is usable, and what is typed stays
        assert "kept on this device" in page.state(2)


def test_page_says_when_nothing_is_kept(live):
    forbid = """Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("forbidden", "SecurityError"); },
    })"""
    with live("sgd", before=lambda tab: (tab.add_init_script(forbid), tab.reload())) as page:
        page.write(2, "1")
        assert "keeps nothing" in page.state(2)


def test_site_without_python_has_no_button(elsewhere):
    for name in CHAPTERS:
        page = soup(elsewhere / f"html/book/{name}.html")
        assert not page.select("#live, .run-page")
    assert not (elsewhere / "html/live").exists()


def test_only_pages_with_cells_have_the_button_and_it_weighs_nothing(built, python):
    for path in (built / "html/book").glob("*.html"):
        page = soup(path)
        cells, button, entry = (
            bool(page.select(css)) for css in (CELLS, "#live button", "#actions .run-page")
        )
        assert (cells or path.stem == "playground") == button == entry
        scripts = [script.get("src", "") for script in page.find_all("script")]
        assert not any("live" in src for src in scripts)


def test_python_of_a_page_weighs_twelve_megabytes_at_most(python):
    (lock,) = python.glob("*/pyodide-lock.json")
    for start in json.loads(lock.read_text("utf-8"))["starts"].values():
        assert 5e6 < start["size"] <= 12e6


def test_file_of_pyodide_is_the_one_that_is_pinned(tmp_path):
    with pytest.raises(ExtensionError, match=r"the folder of Pyodide 1\.0, no numpy\.whl"):
        fetched(tmp_path, "1.0", "numpy.whl", "a" * 64)
    (tmp_path / "numpy.whl").write_bytes(b"other")
    with pytest.raises(ExtensionError, match=r"numpy.whl: expected sha256 a{64}, got d9298a10"):
        fetched(tmp_path, "1.0", "numpy.whl", "a" * 64)


# What a cell needs


@pytest.mark.parametrize(
    ("source", "used", "bound"),
    [
        ("x = y + 1", {"y"}, {"x"}),
        ("y = 1\nx = y", set(), {"x", "y"}),
        ("x += 1", {"x"}, {"x"}),
        ("y = 1\ndel x, y", {"x"}, {"x", "y"}),
        ("d['a'] = 1", {"d"}, {"d"}),
        ("ax.title.x = 1", {"ax"}, {"ax"}),
        ("found.append(x)", {"found", "x"}, {"found"}),
        ("last = found.pop()", {"found"}, {"found", "last"}),
        ("y = np.sort(x)", {"np", "x"}, {"y"}),
        ("[i * k for i in r]", {"k", "r"}, set()),
        ("def f(a, b=c):\n    e = a\n    return e + g", {"c", "g"}, {"f"}),
        (
            "class A(B):\n    c = 1\n    d = c\n    def f(self):\n        return h",
            {"B", "__name__", "h"},
            {"A"},
        ),
        ("x = rng.normal()", {"rng"}, {"rng", "x"}),
        ("import a.b\nfrom c import d as e", set(), {"a", "e"}),
        ("%config InlineBackend.x = 1\nprint(x)", {"print", "x"}, set()),
        ("lambda: k", {"k"}, set()),
        ("x.reverse()", {"x"}, {"x"}),
        ("np.multiply(x, y, out=z)", {"np", "x", "y", "z"}, {"z"}),
        ("a + b = 1", set(), {"a", "b", "1"}),
        ("for i in r:\n    t = i", {"r"}, {"i", "t"}),
    ],
)
def test_names_of_a_cell(source, used, bound):
    assert names(source) == (used, bound)


def test_plan_runs_no_more_than_is_due():
    cells = ["a = 1", "b = a", "rng = []", "c = rng, b", "b = 2"]
    cells += ["def f():\n    return z", "z = 1", "f()"]
    marks = {}

    def runs(index, sources=cells):
        plan = due(marks, sources, index)
        for cell in plan:
            note(marks, sources, cell, True)
        return plan

    assert runs(1) == [0, 1]
    assert runs(1) == [1]
    assert runs(3) == [2, 3]
    assert runs(3) == [2, 3], "what the cell itself changes comes anew"
    assert runs(4) == [4]
    assert runs(3) == [1, 2, 3], "another cell has given b anew"
    assert runs(7) == [5, 6, 7], "a function takes what is given after it"
    changed = ["a = 5", *cells[1:]]
    assert runs(1, changed) == [0, 1], "what it comes from was changed"
    note(marks, changed, 0, False)
    assert runs(1, changed) == [0, 1], "a cell that failed gave nothing"
    broken = ["a = 1", "b = = 2", "a", "b"]
    assert runs(2, broken) == [0, 2], "what cannot be read does not stop others"
    assert runs(3, broken) == [1, 3]


class Watched(dict):
    """The names of a notebook, and which of them a cell takes and binds."""

    def __getitem__(self, name):
        value = super().__getitem__(name)
        self.taken.add(name)
        return value

    def __setitem__(self, name, value):
        self.bound.add(name)
        super().__setitem__(name, value)


class Anything:
    """What a cell may ask of Jupyter."""

    def __getattr__(self, *args):
        return self

    __call__ = __getitem__ = __getattr__


def contents(space):
    """The values as bytes, to see which a cell changed in place."""
    found = {}
    for name, value in space.items():
        if not isinstance(value, ModuleType | FunctionType | GeneratorType | type):
            with contextlib.suppress(Exception):  # not all can be pickled
                found[name] = pickle.dumps(value)
    # Pictures are drawn anew, and the objects of the package remember what they computed.
    return {k: v for k, v in found.items() if not re.search(b"matplotlib|previously", v)}


@pytest.mark.live
@pytest.mark.parametrize("page", CHAPTERS)
@pytest.mark.filterwarnings("ignore")
def test_cells_take_what_the_analysis_says(page, monkeypatch):
    """Run a chapter once and watch which cell takes, binds and changes which name."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    import matplotlib.pyplot as plt

    cells = read(BOOK / f"{page}.ipynb").cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    space = Watched(get_ipython=Anything(), display=print)
    givers, before = {}, {}
    for index, source in enumerate(sources):
        space.taken, space.bound = set(), set()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(without_magics(source), f"cell {index + 1}", "exec"), space)
        plt.close("all")
        after = contents(space)
        changed = {name for name in after.keys() & before.keys() if after[name] != before[name]}
        bound = names(source)[1]
        needed = suppliers(sources, index)
        taken = {name: givers[name] for name in space.taken & givers.keys() - bound}
        missed = {name: cell + 1 for name, cell in taken.items() if cell not in needed}
        assert not missed, f"cell {index + 1} takes what these give: {missed}"
        unseen = (changed | space.bound) - bound - {"__builtins__"}
        assert not unseen, f"cell {index + 1} changes {unseen}"
        givers.update(dict.fromkeys(bound, index))
        before = after


@pytest.mark.live
@pytest.mark.parametrize("name", CHAPTERS)
def test_whole_chapter_in_the_page(live, name):
    """Texts, sizes of figures and numbers of the prose are the book's, but for those named."""
    markers = checked(read(BOOK / f"{name}.ipynb"), slides_of(BOOK / f"{name}.ipynb"))
    with live(name) as page:
        page.press("Run all")
        page.wait("running")
        page.wait(seconds=1500)
        assert page.status == "Done."
        cells = range(1, page.cells.count() + 1)
        for cell in cells:
            # Another renderer of Markdown puts other spaces between the parts of a table.
            assert page.shown(cell).split() == page.shown(cell, STORED).split()
            sizes = page.size(cell), page.size(cell, STORED)
            if sizes[1]:  # another matplotlib measures letters by a pixel or two
                assert np.allclose(*sizes, atol=3), f"the figure of cell {cell}"
        codes = [marker[3] for marker in markers]
        values = page.run(cells[-1], f"for code in {codes!r}:\n    print(repr(eval(code)))")
    pairs = zip(values.splitlines(), markers, strict=True)
    different = {said: value for value, (_, said, _, _, right) in pairs if value not in right}
    different = {said: value.strip("'") for said, value in different.items()}
    assert different == SETTINGS["different"].get(name, {})
