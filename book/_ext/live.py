"""Python for the pages: what a browser needs to run the cells where they stand, in `live/`.

The runtime and the libraries are Pyodide's, pinned in `book/_live/pyodide-lock.json`. They come
from the folder that PYODIDE names, or from the release where PYODIDE is `download`. Without either
the pages get no button. What is loaded and what is left out stands in `book/_live/live.toml`.
"""

import io
import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from gzip import compress
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from sphinx.errors import ExtensionError
from sphinx.util import logging

RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{name}"
LIVE = Path(__file__).parents[1] / "_live"
SETTINGS = tomllib.loads((LIVE / "live.toml").read_text("utf-8"))
UNUSED = re.compile("|".join(SETTINGS["unused"]))
logger = logging.getLogger(__name__)


def fetched(folder, version, name, expected):
    """A file of Pyodide, from the folder or from its release, if it is the one that is pinned."""
    if folder == "download":
        with urlopen(RELEASE.format(version=version, name=name), timeout=60) as response:
            data = response.read()
    elif not Path(folder, name).is_file():
        raise ExtensionError(
            f"PYODIDE={folder}: expected the folder of Pyodide {version}, no {name}"
        )
    else:
        data = Path(folder, name).read_bytes()
    if (got := sha256(data).hexdigest()) != expected:
        raise ExtensionError(f"PYODIDE={folder}: {name}: expected sha256 {expected}, got {got}")
    return data


def compiled(wheels, python):
    """The same files with bytecode in place of their source, if that Python is here."""
    command = shutil.which(f"python{python}")
    env = os.environ | {"PYENV_VERSION": python}  # if pyenv has put one there, it must be told
    if not command or subprocess.run([command, "-c", ""], capture_output=True, env=env).returncode:
        logger.info("no python%s here to compile for the pages, which will start slower", python)
        return wheels
    options = ["-qq", "-b", "--invalidation-mode", "unchecked-hash"]
    for wheel, files in wheels.items():
        # Most can do without their docstrings, NumPy would not start.
        level = "-o0" if wheel.startswith("numpy") else "-o2"
        with TemporaryDirectory() as folder, zipfile.ZipFile(io.BytesIO(pack(files))) as packed:
            packed.extractall(folder)
            parts = [command, "-m", "compileall", level, *options, "-s", folder, folder]
            subprocess.run(parts, check=False, env=env)
            for path in Path(folder).rglob("*.pyc"):
                name = path.relative_to(folder).as_posix()
                if not re.match("(live|previously)/", name):  # errors show their lines
                    del files[name[:-1]]
                    files[name] = path.read_bytes()
    return wheels


def pack(files):
    """A wheel, or the library of Python, in a zip file that is compressed as a whole later."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as wheel:
        for name, data in sorted(files.items()):
            wheel.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def needed(data):
    """The files of a wheel that a page can need."""
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist() if not UNUSED.match(name)}


def ours(root):
    """The files of the package, and those that run the cells."""
    folders = {"live": LIVE, "previously": root / "src/previously"}
    paths = [(name, path) for name, folder in folders.items() for path in folder.iterdir()]
    kept = [(name, path) for name, path in paths if path.suffix in (".py", ".npz", ".html")]
    return {f"{name}/{path.name}": path.read_bytes() for name, path in kept}


def installed(projects):
    """The files of pure Python that are installed here."""
    paths = (path for project in projects for path in distribution(project).files)
    return {path.as_posix(): path.read_binary() for path in paths if path.suffix == ".py"}


def write_python(pyodide, root, target):
    """Write the runtime and all wheels, with the lock file that names them."""
    lock = json.loads((LIVE / "pyodide-lock.json").read_text("utf-8"))
    version, python = lock["info"]["version"], lock["info"]["python"]
    folder = target.parent / f"pyodide-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    packages = lock["packages"]
    runtime = {
        name: fetched(pyodide, version, name, expected)
        for name, expected in lock.pop("runtime").items()
    }
    zips = {"python_stdlib.zip": needed(runtime.pop("python_stdlib.zip"))}
    for entry in packages.values():
        data = fetched(pyodide, version, entry["file_name"], entry["sha256"])
        zips[entry["file_name"]] = needed(data)
    pure = {name: installed(projects) for name, projects in SETTINGS["installed"].items()}
    for name, files in {"live": ours(root), **pure}.items():
        entry = {"name": name, "version": "0", "depends": ["numpy"], "imports": [name]}
        entry |= {"file_name": f"{name}.zip", "install_dir": "site", "package_type": "package"}
        packages[name.lower()], zips[entry["file_name"]] = entry, files
    kept = {name: pack(files) for name, files in compiled(zips, python.rpartition(".")[0]).items()}
    kept["pyodide.asm.wasm"] = runtime.pop("pyodide.asm.wasm")
    # A host may send a file by its ending: .mjs as no script, .gz with a header by which the
    # browser inflates it before the worker does. These endings no host knows better than we do.
    for name, data in runtime.items():
        (folder / name.replace(".mjs", ".module.js")).write_bytes(data)
    # Compressed here, whatever the host does, and inflated by the browser, not by Python.
    small = {name: compress(data, mtime=0) for name, data in kept.items()}
    for name, data in small.items():
        (folder / f"{name}.gzipped").write_bytes(data)
    lock["starts"] = {}
    for part, names in SETTINGS["starts"].items():
        files = first_files(packages, names)
        size = sum(len(small[file]) for file in files)
        lock["starts"][part] = {"packages": names, "files": files, "size": size}
    for entry in packages.values():
        entry["sha256"] = sha256(kept[entry["file_name"]]).hexdigest()
    target.mkdir()
    for path in LIVE.iterdir():
        if path.suffix in (".js", ".css"):
            shutil.copy(path, target)
    shutil.copy(root / "book/_ext/katex/katex.min.js", target)
    (target / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def first_files(packages, names):
    """The files that a page fetches at the start that asks for these packages."""
    wanted, names = ["pyodide.asm.wasm", "python_stdlib.zip"], [*names]
    for name in names:
        wanted.append(packages[name]["file_name"])
        names += [other for other in packages[name]["depends"] if other not in names]
    return wanted


def add_python(app, config):
    """Put Python into the site, unless what is there has been made of the same."""
    pyodide, live = os.environ.get("PYODIDE"), Path(app.outdir, "live")
    if not pyodide:
        shutil.rmtree(live, ignore_errors=True)
        logger.info("PYODIDE is not set: the pages get no button that runs their cells")
        return
    root = Path(app.srcdir)
    sources = [*LIVE.glob("[a-z]*.*"), *root.glob("src/previously/*.*"), Path(__file__)]
    made_of = b"".join(path.read_bytes() for path in sorted(sources))
    target = live / sha256(made_of).hexdigest()[:8]
    if not target.exists():
        shutil.rmtree(live, ignore_errors=True)
        write_python(pyodide, root, target)
    starts = json.loads((target / "pyodide-lock.json").read_text("utf-8"))["starts"]
    folder = target.relative_to(app.outdir).as_posix()
    config.live = {
        part: {"script": f"{folder}/{part}.js", "megabytes": round(start["size"] / 1e6)}
        for part, start in starts.items()
    }


def offer(app, pagename, templatename, context, doctree):
    """Tell the frame of a page with cells, or of the playground, how to run it."""
    meta = app.env.metadata.get(pagename, {})
    part = meta.get("live", "cells" if "kernelspec" in meta else None)
    if live := app.config.live.get(part):
        different = SETTINGS["different"].get(pagename.rpartition("/")[2])
        context["live"] = live | {"different": different}


def setup(app):
    """Write it before the pages, which say how much it is, and are written again with it."""
    app.add_config_value("live", {}, "html")
    app.connect("config-inited", add_python)
    app.connect("html-page-context", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
