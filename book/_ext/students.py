"""What students take away: every notebook in plain form, the package as a wheel, and an archive.

A chapter gives two notebooks, one with its exercises open and one with the solutions. They are
written beside the pages, and run from wherever one stands.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import nbformat

from plain import Plain, has_exercises, site, source
from pulls import source_of

FOLDER = "notebooks"
ARCHIVE = "previously-on.zip"
NEEDS = ["numpy", "matplotlib", "autograd"]  # what a chapter may import beside the package
APPLICATION = "jupyterlab"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that an archive can name
GUIDE = """# {title}: the notebooks

`solutions/` holds the same notebooks with the exercises solved, and questions for an exam and for a
room with their answers. With Python 3.11 or newer, in this folder:

    python -m pip install -r requirements.txt
    python -m jupyterlab

Whoever has a Jupyter already, with NumPy and matplotlib, needs no more than these files: the first
cell of a notebook finds the package in its wheel, `{wheel}`, and says what else is missing.
"""


def make_importable(wheel, address, needs):
    """Let Python find the package in its wheel, where it is not installed. Nothing is installed."""
    import sys
    from importlib.util import find_spec
    from pathlib import Path
    from urllib.request import urlopen

    if missing := " ".join(name for name in needs if not find_spec(name)):
        raise ModuleNotFoundError(f"run this in a cell, then start again: %pip install {missing}")
    try:
        found = find_spec("previously.mlp")  # another project has the name before the dot
    except ModuleNotFoundError:
        found = None
    if not found:
        file = next(filter(Path.exists, [Path(wheel), Path("..", wheel)]), Path(wheel))
        if not file.exists():
            if not address:
                place = Path.cwd()
                raise ModuleNotFoundError(f"put {wheel}, from the archive, into {place}")
            with urlopen(address + wheel) as wheel_of_the_site:
                file.write_bytes(wheel_of_the_site.read())
            print(f"Fetched {address + wheel}")
        sys.modules.pop("previously", None)
        sys.path.insert(0, str(file.resolve()))


def files(env, docname):
    """The notebooks of a page, each with whether it holds the solutions."""
    name = f"{Path(docname).name}.ipynb"
    if has_exercises(env, docname):
        yield name, False
    if source(env, docname):
        yield f"solutions/{name}", True


def imported(notebook):
    """The modules that the cells of a notebook import."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for node in ast.walk(ast.parse(re.sub("^%.*", "", code, flags=re.MULTILINE))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def build_wheel(root, folder):
    """The package as a wheel, the same bytes each time; its name."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}
    command = [sys.executable, "-m", "flit_core.wheel", root, "--outdir", folder]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    wheel.chmod(0o644)  # for whoever serves it
    return wheel.name


def archive(folder, target):
    """Everything in a folder as one file, the same bytes each time."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != target)
    with ZipFile(target, "w") as file:
        for path in paths:
            entry = ZipInfo((Path(target.stem) / path.relative_to(folder)).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, path.read_bytes(), ZIP_DEFLATED)


def write(app, exception):
    """Write the notebooks and what they need, when the numbers of all pages are known."""
    if exception or app.builder.format != "html":
        return
    root, out = Path(app.srcdir), Path(app.outdir, FOLDER)
    shutil.rmtree(out, ignore_errors=True)
    (out / "solutions").mkdir(parents=True)
    wheel, address = build_wheel(root, out), site(app) and f"{site(app)}{FOLDER}/"
    for docname in app.env.found_docs:
        for name, solved in files(app.env, docname):
            notebook = source(app.env, docname)
            needs = [name for name in NEEDS if name in set(imported(notebook))]
            call = f"make_importable({wheel!r}, {address!r}, {json.dumps(needs)})"
            first = f"{source_of(make_importable)}\n\n\n{call}"
            plain = Plain(app, docname, solved).notebook(notebook, first)
            (out / name).write_text(nbformat.writes(plain) + "\n", "utf-8")
    pins = (root / "requirements.txt").read_text("utf-8").splitlines()
    wanted = {*NEEDS, APPLICATION}
    pins = [pin for pin in pins if pin.partition("==")[0] in wanted]
    (out / "requirements.txt").write_text("\n".join(pins) + "\n", "utf-8")
    shutil.copy(root / "LICENSE", out)
    guide = GUIDE.format(title=app.config.html_title, wheel=wheel)
    (out / "README.md").write_text(guide, "utf-8")
    archive(out, out / ARCHIVE)


def offer(app, pagename, templatename, context, doctree):
    """The files that a page offers to take away, with what its menu calls them."""
    names = {False: "Download this notebook", True: "Download it with solutions"}
    found = list(files(app.env, pagename)) if doctree else []
    if len(found) == 1:
        names[True] = names[False]
    context["downloads"] = {f"{FOLDER}/{name}": names[solved] for name, solved in found}
    if found:
        context["downloads"][f"{FOLDER}/{ARCHIVE}"] = "Download all notebooks"


def setup(app):
    """Write when the pages are written; students may be given the outputs or not."""
    app.add_config_value("student_outputs", True, "env", bool)
    app.connect("html-page-context", offer)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
