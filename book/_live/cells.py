"""The cells of a page, run as Jupyter runs them: streams, last values, figures, short errors."""

import ast
import io
import linecache
import logging
import re
import sys
import time
import traceback
import warnings
from base64 import b64encode
from types import ModuleType

from js import send
from live.needs import due, note, without_magics
from pyodide_js import loadPackagesFromImports

MOST = 100_000  # characters of one cell's stream
VALUES = 200  # and how many values and figures it shows
CUT = "… the rest is cut\n"
OVERWRITTEN = re.compile(r"\r[^\r\n]*(?=\r[^\r\n])")
KINDS = "png", "svg", "html", "markdown"  # the richest first
MISSING = "A page has only the libraries of this book. If this is one, run again with a network."
SMALL = "Python in a page has less memory than elsewhere: try fewer or smaller arrays."


class Stream(io.TextIOBase):
    """A stream that the page sees ten times a second, after what others wrote, not for ever."""

    def __init__(self, kind):
        self.kind, self.text, self.sent, self.last = kind, "", 0, 0.0

    def write(self, text):
        if Stream.latest is not self:
            Stream.latest.send()
            Stream.latest = self
        self.text += text
        if "\r" in text:  # what a progress line overwrites nobody would see
            self.text = OVERWRITTEN.sub("", self.text)
        self.flush(0.1)
        return len(text)

    def flush(self, pause=0.02):
        if time.monotonic() - self.last > pause:
            self.send()

    def close(self):
        self.send()
        super().close()

    def send(self):
        text, self.text, self.last = self.text[: MOST - self.sent], "", time.monotonic()
        if text:
            self.sent += len(text)
            send(self.kind, text + f"\n{CUT}" * (self.sent == MOST))


Stream.latest = Stream("stdout")


def send_value(kind, data):
    """Show a value, but not for ever: the page would have no time to be stopped."""
    Stream.latest.send()
    run.shown += 1
    if run.shown <= VALUES:
        send(kind, data if isinstance(data, str) else b64encode(data).decode())
    elif run.shown == VALUES + 1:
        send("stderr", CUT)


def display(*values):
    """Show each value in the richest form that it has."""
    for value in values:
        if hasattr(type(value), "savefig"):
            show_figure(value)
        else:
            send_value(*richest(value))


def richest(value):
    """The kind of the richest form of a value, and that form as the page takes it."""
    for kind in KINDS:
        method = getattr(type(value), f"_repr_{kind}_", None)
        if method and (data := method(value)) is not None:
            return markdown(data) if kind == "markdown" else (kind, data)
    text = repr(value)
    return "text", text[:MOST] + f"\n{CUT}" * (len(text) > MOST)


def markdown(text):
    """Markdown as the book reads it; its formulas stay TeX, which the page typesets."""
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError:
        return "text", text
    html = MarkdownIt().enable("table").use(dollarmath_plugin).render(text)
    scroller = '<div class="pst-scrollable-table-container" tabindex="0"><table class="table">'
    return "markdown", html.replace("<table>", scroller).replace("</table>", "</table></div>")


def show_figure(figure):
    """Send a figure as matplotlib-inline does: twice the dots, cut to what is drawn."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
    send_value("png", file.getvalue())


def show(*args, **kwargs):
    """Send every open figure: this is what `plt.show()` does."""
    plt = sys.modules["matplotlib.pyplot"]
    for number in plt.get_fignums():
        show_figure(plt.figure(number))
    plt.close("all")


def warm():
    """Import what the first cell of every chapter will, while the reader reads."""
    import matplotlib.pyplot  # noqa: F401
    import previously.plot  # noqa: F401

    return True


class Shell:
    """What `get_ipython()` gives: a cell may ask for its formatters, which change nothing here."""

    def __getattr__(self, *args):
        return self

    __getitem__ = __call__ = __getattr__


def ipython():
    """The little of IPython that the chapters use, without its four megabytes."""

    class Rich:
        def __init__(self, data):
            self.data = data

    def rich(name):
        return type(name, (Rich,), {f"_repr_{name.lower()}_": lambda self: self.data})

    package, module = ModuleType("IPython"), ModuleType("IPython.display")
    module.display, module.HTML, module.Markdown = display, rich("HTML"), rich("Markdown")
    package.display, package.get_ipython = module, lambda: None  # matplotlib asks
    return {"IPython": package, "IPython.display": module}


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


def evaluate(source, name):
    """Run the code of a cell, and show its last value unless a semicolon hides it."""
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), space)
    if last:
        value = eval(compile(ast.Expression(last.value), name, "eval"), space)
        rest = source.encode().split(b"\n")[last.end_lineno - 1][last.end_col_offset :]
        if value is not None and not rest.lstrip().startswith(b";"):
            display(value)


async def run(index):
    """Run a cell of the last plan, and say whether it went well."""
    name, source = f"cell {index + 1}", without_magics(sources[index])
    well, run.shown = False, 0
    space.pop("__warningregistry__", None)  # each run may warn
    try:
        await loadPackagesFromImports(source)
        with Stream("stderr") as sys.stderr, Stream("stdout") as sys.stdout:  # send their last text
            evaluate(source, name)
            if "matplotlib.pyplot" in sys.modules:
                show()
        well = True
    except BaseException as error:  # whatever a reader's code raises is shown
        send("error", readable(error))
        if plt := sys.modules.get("matplotlib.pyplot"):
            plt.close("all")  # or the next cell would show what is half drawn
    note(marks, sources, index, well)
    return well


def plan(codes, index):
    """The cells to run for one of these; or all, from nothing."""
    global sources
    sources = codes
    if index is None:
        begin()
        return list(range(len(codes)))
    return due(marks, codes, index)


def answer(task, options):
    """What the page gets."""
    return {"warm": warm, "plan": plan, "run": run}[task](**options)


def no_input(*prompt):
    """What `input()` does."""
    raise RuntimeError("a page cannot ask: write the value into the code")


def begin():
    """Forget all that the cells have made, and how figures are to look."""
    if matplotlib := sys.modules.get("matplotlib"):
        matplotlib.rcdefaults()
    marks.clear()
    space.clear()
    space.update(__name__="__main__", display=display, get_ipython=Shell(), input=no_input)


main = ModuleType("__main__")
space, marks, sources = vars(main), {}, []
begin()
sys.modules.update(ipython(), __main__=main)  # there pickle finds what a cell defined
warnings.showwarning = lambda message, kind, *_: sys.stderr.write(f"{kind.__name__}: {message}\n")
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it misses fonts cut away
warnings.filterwarnings("ignore", "Unable to import Axes3D")  # which is cut away, too
