"""Which cells a cell needs: the nearest above that give the names it uses, and what those need."""

import ast
import dis
import re
import warnings
from functools import lru_cache
from types import CodeType

# Methods that change what they belong to; functions of NumPy have some of these names.
CHANGE = {"add", "append", "clear", "discard", "extend", "fill", "insert", "pop", "popitem"}
CHANGE |= {"remove", "reverse", "setdefault", "sort", "update"}
DRAWN = {"rng"}  # whoever names it draws from it, and so changes it
MAGIC = re.compile(r"^%(config|matplotlib)\b.*", re.MULTILINE)  # they change nothing in a page


def without_magics(source):
    """The lines that are Python, in their places."""
    return MAGIC.sub("", source)


@lru_cache(1024)
def names(source):
    """The names that a cell takes from above, and those that it gives: binds, or changes."""
    used, bound = set(), set()
    try:
        tree = ast.parse(without_magics(source))
        with warnings.catch_warnings(action="ignore"):  # the run gives them
            _follow(compile(tree, "cell", "exec"), used, bound)
    except SyntaxError:  # whoever takes a name that stands there runs it, and shows its error
        return used, set(re.findall(r"\w+", source))
    changed = (used | bound) & DRAWN
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed.add(_root(node))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) in CHANGE:
            changed.add(_root(node.func))
        elif isinstance(node, ast.keyword) and node.arg == "out":
            changed.add(_root(node.value))
    return used, bound | (changed & used) - {"np"}


def _follow(code, used, bound, own=frozenset()):
    """Read the names in the order of the compiler, those of functions where these are made."""
    for step in dis.get_instructions(code):
        does, _, where = step.opname.partition("_")
        if isinstance(step.argval, CodeType):
            inner = step.argval
            stored = {s.argval for s in dis.get_instructions(inner) if s.opname == "STORE_NAME"}
            _follow(inner, used, bound, own | stored)
        elif where == "GLOBAL" or (where == "NAME" and (does == "LOAD" or not own)):
            if does in ("LOAD", "DELETE") and step.argval not in bound | own:
                used.add(step.argval)
            if does in ("STORE", "DELETE"):  # what is gone is not as it was, either
                bound.add(step.argval)


def _root(node):
    """The name that a chain of attributes and items begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", None)


def suppliers(sources, index):
    """A cell and all that it needs, with the cells that give what each takes: {name: cell}."""
    given, direct = {}, []
    for cell, source in enumerate(sources[: index + 1]):
        used, bound = names(source)
        direct.append({name: given[name] for name in sorted(used) if name in given})
        if cell < index:
            given.update(dict.fromkeys(bound, cell))
    found, wanted = {}, {index}
    while wanted:
        cell = wanted.pop()
        found[cell] = direct[cell]
        # A function may take what is given only after it; then the cell that calls it needs that.
        later = (names(sources[cell])[0] - direct[cell].keys()) & given.keys()
        direct[index] |= {name: given[name] for name in later}
        wanted |= {*direct[cell].values(), *direct[index].values()} - found.keys()
    return found


def mark(sources, index):
    """A cell with all that it comes from: after any change of these it is another."""
    return index, tuple(sources[cell] for cell in sorted(suppliers(sources, index)))


def due(marks, sources, index):
    """The cells to run, so that one shows what it would show if all above it had just run.

    What is there already stays, unless another cell gave its name anew or changed it since: `marks`
    has the mark of the cell that gave each name last.
    """
    takes = suppliers(sources, index)
    made = {cell: mark(sources, cell) for cell in takes}
    found, more = set(), {index}
    while more - found:
        found |= more
        now = dict(marks)
        for cell in sorted(found):
            more |= {j for name, j in takes[cell].items() if now.get(name) != made[j]}
            now.update(dict.fromkeys(names(sources[cell])[1], made[cell]))
    return sorted(found)


def note(marks, sources, index, well):
    """Note what a cell gave when it ran, and whether to its end."""
    made = mark(sources, index) if well else None
    marks.update(dict.fromkeys(names(sources[index])[1], made))
