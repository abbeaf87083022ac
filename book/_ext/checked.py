"""What was checked: the test of each equation, and the marks of the tests on the pages."""

import ast
from pathlib import Path
from typing import NamedTuple


class Proof(NamedTuple):
    """A test that evaluates an equation."""

    name: str
    source: str


def proofs(tests):
    """The tests of each equation, by its label or by the formula itself, read off a folder."""
    found = {}
    for path in sorted(Path(tests).rglob("test_*.py")):
        text = path.read_text("utf-8")
        for function in ast.walk(ast.parse(text)):
            for mark in getattr(function, "decorator_list", ()):
                if ast.unparse(mark).startswith("pytest.mark.equation("):
                    source = ast.get_source_segment(text, function)
                    found.setdefault(mark.args[0].value, []).append(Proof(function.name, source))
    return found
