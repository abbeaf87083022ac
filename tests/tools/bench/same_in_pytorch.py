"""Run the page «The same in PyTorch» and store how far what it computes twice is apart.

Run by `make bench`, in the benchmark's environment. What each side assigns is read off the page,
so that the page cannot say something else; the tests hold it to what is stored.
"""

import ast
import re
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .records import store

BOOK = Path(__file__).parents[3] / "book"
AGREE = 1e-12


class Pair(NamedTuple):
    """The same twice, under a heading of the page."""

    name: str
    ours: str
    theirs: str


def blocks(text):
    """The Python code of some Markdown."""
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def page():
    """What both sides of the page begin with, and its pairs."""
    text = (BOOK / "pytorch.md").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    (start,) = blocks(head)
    return start, [Pair(s.split("\n")[0], *blocks(s)) for s in sections if blocks(s)]


def code_of(start, pair):
    """A short name of the code that a pair runs, which changes with it."""
    code = "\n".join([start, pair.ours, pair.theirs])
    return f"sha256 {sha256(code.encode()).hexdigest()[:12]}"


def run(start, codes):
    """All that is assigned, after each of the codes."""
    names = {}
    exec(compile(start, "pytorch.md", "exec"), names)
    for code in codes:
        exec(compile(code, "pytorch.md", "exec"), names)
        yield names


def assigned(code):
    """The names that some code assigns."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, ast.Store)}


def numbers(value):
    """An array, a tensor or a number as an array, and None for anything else."""
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    return np.array(value) if isinstance(value, (np.ndarray, np.generic, float, int)) else None


def compared(pair, ours, theirs):
    """What ours assigns and theirs knows, by name: both as arrays."""
    for name in sorted(assigned(pair.ours) & theirs.keys()):
        both = numbers(ours[name]), numbers(theirs[name])
        if not any(side is None for side in both):
            yield name, *both


def size(arrays):
    """One number for what was computed: the length of all of it, as one vector."""
    return float(np.linalg.norm(np.concatenate([np.ravel(array) for array in arrays])))


def compare():
    """A row of the table for each pair of the page."""
    start, pairs = page()
    left = run(start, [pair.ours for pair in pairs])
    right = run(start, [pair.theirs for pair in pairs])
    for pair, ours, theirs in zip(pairs, left, right):
        both = list(compared(pair, ours, theirs))
        if not both:
            sys.exit(f"{pair.name}: nothing is assigned on both sides")
        for name, mine, other in both:
            if mine.shape != other.shape:
                sys.exit(f"{pair.name}: {name} is {mine.shape} and {other.shape}")
        off = max(float(np.abs(mine * 1.0 - other).max()) for _, mine, other in both)
        if not off <= AGREE:
            sys.exit(f"{pair.name}: the two sides are {off:.1e} apart")
        yield {
            "what": pair.name,
            "names": " ".join(name for name, *_ in both),
            "off": f"{off:.3g}",
            "size": f"{size(mine for _, mine, _ in both):.12g}",
            "code": code_of(start, pair),
            "PyTorch": version("torch"),
        }


def main():
    rows = list(compare())
    store("pytorch", rows)
    worst = max(float(row["off"]) for row in rows)
    print(f"The page on PyTorch: {len(rows)} pairs agree to {worst:.0e}.")


if __name__ == "__main__":
    main()
