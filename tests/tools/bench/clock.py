"""How long the project itself takes to import, build and test, and what dominates.

Run by `make bench` with the project's own environment, on all cores, as its users do.
"""

import pstats
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

from .records import store

ROOT = Path(__file__).parents[3]


def seconds(*command):
    """How long a command takes, which must succeed."""
    begin = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{run.stdout}{run.stderr}")
    return time.perf_counter() - begin


def python(*arguments, repetitions=7):
    """The median time of a fresh interpreter."""
    return median(seconds(sys.executable, *arguments) for _ in range(repetitions))


def imports():
    """The interpreter, NumPy and the package."""
    bare, numpy, ours = (python("-c", code) for code in ("", "import numpy", "import previously"))
    drawing = python("-c", "import previously.plot")
    yield "import previously", ours - bare, f"NumPy, {(numpy - bare) / (ours - bare):.0%}"
    yield "import previously.plot", drawing - bare, "Matplotlib"


BUILD = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--all"]
PARTS = {  # of a build, by the function that does them
    "importing Sphinx and its extensions": ("<frozen importlib._bootstrap>", "_find_and_load"),
    "reading the pages": ("sphinx/builders/__init__.py", "read"),
    "writing the pages": ("sphinx/builders/__init__.py", "write"),
    "styles and fonts": ("book/_ext/assets.py", "write_assets"),
}


def slowest_part():
    """The part of a build that takes longest, and its share, under a profiler."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile"
        seconds(sys.executable, "-m", "cProfile", "-o", profile, *BUILD)
        stats = pstats.Stats(str(profile))
    spent = dict.fromkeys(PARTS, 0.0)
    for (file, _, function), (_, _, _, cumulative, _) in stats.stats.items():
        for name, (end, named) in PARTS.items():
            if file.endswith(end) and function == named:
                spent[name] = cumulative
    name = max(spent, key=spent.get)
    return f"{name}, {spent[name] / stats.total_tt:.0%}"


def builds():
    """The book from nothing, and once more."""
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    cold, warm = seconds("make", "book"), seconds("make", "book")
    most = slowest_part()
    yield "make book, cold", cold, most
    yield "make book, warm", warm, most


def tests():
    """All tests in one run: the whole, each notebook, and where the rest goes."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        style = seconds("make", "lint")
        whole = seconds(sys.executable, "-m", "pytest", "--cov", f"--junitxml={report}")
        cases = [
            (case.get("classname"), case.get("name"), float(case.get("time")))
            for case in ElementTree.parse(report).iter("testcase")
        ]
    files = Counter()
    for file, _, duration in cases:
        files[file] += duration
    for file in sorted(files):
        if file.endswith(".ipynb"):
            cells = [(duration, name) for name_, name, duration in cases if name_ == file]
            longest, cell = max(cells)
            cell = re.sub(r"\W+", " ", cell).strip().lower()
            yield (
                f"{file.removeprefix('book.')} under nbval",
                files[file],
                f"{cell}, {longest / files[file]:.0%}",
            )
    file, longest = files.most_common(1)[0]
    total = style + whole
    most = f"{file.split('.')[-1]}, {longest / total:.0%}"
    yield "make lint, and all tests in one process", total, most


def main():
    """Write the table, once all is known: the book, which shows it, is built meanwhile."""
    rows = []
    parts = (imports, builds, tests)
    for count, part in enumerate(parts, 1):
        title = f"the project's own clock, {count} of {len(parts)}: {part.__name__}"
        print(f"{title} …", end=" ", flush=True)
        begin = time.perf_counter()
        rows += [
            {"what": what, "seconds": f"{value:.3g}", "of which most": most}
            for what, value, most in part()
        ]
        print(f"{time.perf_counter() - begin:.0f} s", flush=True)
    store("clock", rows)


if __name__ == "__main__":
    main()
