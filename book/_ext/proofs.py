"""The tests of the equations, read off the folder of tests."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Proof(NamedTuple):
    """A test that evaluates an equation."""

    name: str
    source: str


def is_display(name):
    """Whether what a test names is a display, by its label."""
    return name.startswith("eq-")


def is_inline(name):
    """Whether it is a formula of the text; what is neither stands in a docstring."""
    return name.startswith("$")


def functions(tests):
    """All functions of the files of tests: the equations that each names, its name and source."""
    for path in sorted(Path(tests).rglob("test_*.py")):
        lines = path.read_text("utf-8").splitlines()

        def source(node, lines=lines):
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])

        for node in ast.parse("\n".join(lines)).body:
            if isinstance(node, ast.FunctionDef):
                marks = {d: source(d) for d in node.decorator_list}
                named = [d for d, m in marks.items() if m.startswith("@pytest.mark.equation(")]
                parts = [mark for d, mark in marks.items() if d not in named]
                proof = Proof(node.name, "\n".join([*parts, source(node)]))
                yield path, [d.args[0].value for d in named], proof


@cache
def proofs(tests):
    """The tests of each equation, by its label or by the formula itself."""
    found = {}
    for _, names, proof in functions(tests):
        for name in names:
            found.setdefault(name, []).append(proof)
    return found


def helpers(tests):
    """What the tests of equations share: the other functions of their files."""
    every = list(functions(tests))
    paths = {path for path, names, _ in every if names}
    others = (f for path, _, f in every if path in paths and not f.name.startswith("test_"))
    return "\n\n\n".join(function.source for function in others)
