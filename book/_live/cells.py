"""The cells of a page, run as Jupyter runs them: streams, last values, figures, short errors.

It is also what matplotlib draws with there, Agg and a `show`, and what stands for IPython.
"""

import ast
import io
import re
import sys
import time
import traceback
import warnings
from base64 import b64encode
from types import ModuleType, SimpleNamespace

import matplotlib.pyplot as plt
import previously.plot  # noqa: F401 (which the first cell of every chapter asks for)
from js import send
from live.needs import due, note, without_magics
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas  # noqa: F401
from pyodide.code import CodeRunner
from pyodide_js import loadPackagesFromImports

MOST = 100_000  # characters that a cell shows
VALUE = 500  # as how many of these a value or a figure counts
STREAMS = "stdout", "stderr"
OVERWRITTEN = re.compile(r"\r[^\r\n]*(?=\r[^\r\n])")
KINDS = "png", "svg", "html", "markdown"  # the richest first
MISSING = "A page has only the libraries of this book. If this is one, run again with a network."
SMALL = "Python in a page has less memory than elsewhere: try fewer or smaller arrays."


class Output:
    """What a cell shows, in order and not for ever: the page would have no time to be stopped."""

    def __init__(self):
        self.waiting, self.last, self.room = [], 0.0, MOST

    def add(self, kind, data):
        """Take a value, or a piece of a stream, of which ten go in a second."""
        if kind in STREAMS and self.waiting and self.waiting[-1][0] == kind:
            # What a progress line overwrites nobody would see.
            data = OVERWRITTEN.sub("", self.waiting.pop()[1] + data)
        self.waiting.append((kind, data))
        self.send(0.1)

    def send(self, pause=0):
        """Send what waits, unless some was sent so few seconds ago."""
        if time.monotonic() - self.last < pause:
            return
        for kind, data in self.waiting:
            cost = VALUE * (kind not in STREAMS) + len(data) * (kind not in KINDS)
            if self.room > 0:
                send(kind, data if kind in KINDS else data[: self.room])
                if cost >= self.room:
                    send("stderr", "… the rest is cut\n")
            self.room -= cost
        self.waiting, self.last = [], time.monotonic()


class Stream(io.TextIOBase):
    """A stream of Python, which the cell shows."""

    def __init__(self, kind):
        self.kind = kind

    def write(self, text):
        output.add(self.kind, text)
        return len(text)

    def flush(self):
        output.send(0.02)


def display(*values):
    """Show each value in the richest form that it has."""
    for value in values:
        output.add(*richest(value))
        output.send()


def richest(value):
    """The kind of the richest form of a value, and that form as the page takes it."""
    for kind in KINDS:
        method = getattr(type(value), f"_repr_{kind}_", None)
        if method and (data := method(value)) is not None:
            if kind == "markdown":
                return markdown(data)
            return kind, data if isinstance(data, str) else b64encode(data).decode()
    return "text", repr(value)


def markdown(text):
    """Markdown as the book reads it; its formulas stay TeX, which the page typesets."""
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError:  # they come when a cell imports IPython
        return "text", text
    html = MarkdownIt().enable("table").use(dollarmath_plugin).render(text)
    scroller = '<div class="pst-scrollable-table-container" tabindex="0"><table class="table">'
    return "markdown", html.replace("<table>", scroller).replace("</table>", "</table></div>")


def png(figure):
    """A figure as matplotlib-inline shows it: twice the dots, cut to what is drawn."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
    return file.getvalue()


def show(*args, **kwargs):
    """Show every open figure: this is what `plt.show()` does."""
    display(*map(plt.figure, plt.get_fignums()))
    plt.close("all")


class HTML:
    """As in IPython, whose four megabytes the chapters can do without."""

    def __init__(self, data):
        self.data = data

    def _repr_html_(self):
        return self.data


class Markdown(HTML):
    """As in IPython, too."""

    _repr_html_, _repr_markdown_ = None, HTML._repr_html_


class Shell:
    """What `get_ipython()` gives: a cell may ask for its formatters, which change nothing here."""

    def __getattr__(self, *args):
        return self

    __getitem__ = __call__ = __getattr__


def readable(error):
    """The message, and below it the lines of cells and of the package that led there."""
    text = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, MemoryError) or re.search("too big|allowed size|index-sized", text):
        text += f"\n{SMALL}"
    if isinstance(error, ModuleNotFoundError):
        text += f"\n{MISSING}"
    places = [
        f"{frame.filename.split('/')[-1]}, line {frame.lineno}:\n    {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith("cell ") or "/previously/" in frame.filename
    ]
    if len(places) > 8:  # a function that calls itself
        places[4:-4] = [f"… {len(places) - 8} more …"]
    return "\n".join([text, *places])


async def run(index):
    """Run a cell of the last plan, and say whether it went well."""
    name, source = f"cell {index + 1}", without_magics(sources[index])
    sys.stdout, sys.stderr = map(Stream, STREAMS)
    output.room, well = MOST, False
    space.pop("__warningregistry__", None)  # each run may warn
    try:
        await loadPackagesFromImports(source)
        runner = CodeRunner(source, filename=name)
        runner.ast = ast.parse(source, name)  # as it stands; theirs has lost spaces within texts
        if (value := runner.compile().run(space)) is not None:
            display(value)
        show()
        well = True
    except BaseException as error:  # whatever a reader's code raises is shown
        output.send()
        send("error", readable(error))
        plt.close("all")  # or the next cell would show what is half drawn
    output.send()
    note(marks, sources, index, well)
    return well


def plan(codes, index):
    """The cells to run for one of these; or all, from nothing."""
    sources[:] = codes
    if index is not None:
        return due(marks, sources, index)
    begin()
    return [*range(len(sources))]


def answer(task, options):
    """What the page gets."""
    return {"plan": plan, "run": run}[task](**options)


def no_input(*prompt):
    """What `input()` does."""
    raise RuntimeError("a page cannot ask: write the value into the code")


def begin():
    """Forget all that the cells have made, and how figures are to look."""
    plt.rcdefaults()
    marks.clear()
    space.clear()
    space.update(__name__="__main__", display=display, get_ipython=Shell(), input=no_input)


main = ModuleType("__main__")
space, marks, sources, output = vars(main), {}, [], Output()
begin()
here = sys.modules[__name__]
sys.modules["__main__"] = main  # there pickle finds what a cell defined
sys.modules["IPython.display"] = here
sys.modules["IPython"] = SimpleNamespace(display=here, get_ipython=lambda: None)  # matplotlib asks
plt.Figure._repr_png_ = png
warnings.showwarning = lambda message, kind, *_: sys.stderr.write(f"{kind.__name__}: {message}\n")
