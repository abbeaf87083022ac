"""The tests of the equations, read off the folder of tests."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Proof(NamedTuple):
    """A test that evaluates an equation."""

    name: str
    source: str


def functions(tests):
    """All functions of the files of tests: the equations that each names, its name and source."""
    for path in sorted(Path(tests).rglob("test_*.py")):
        text = path.read_text("utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                marks = {d: ast.get_source_segment(text, d) for d in node.decorator_list}
                named = [d for d, mark in marks.items() if mark.startswith("pytest.mark.equation(")]
                source = "".join(f"@{mark}\n" for d, mark in marks.items() if d not in named)
                source += ast.get_source_segment(text, node)
                yield path, [d.args[0].value for d in named], Proof(node.name, source)


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
