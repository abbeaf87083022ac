"""Pieces of the book on another page, by their label: what they say is said once.

`{pull}` takes the label of an equation, figure, table or admonition, the id of a code cell, or the
name of a function of the package. The piece is copied out of its page once all pages are read, and
keeps the number that it has there.
"""

import ast
import inspect
import json
import pydoc
import re
from difflib import get_close_matches
from functools import cache
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import parselinenos
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import get_node_line, make_refnode

PACKAGE = "previously."
MOST = 25, 96  # lines of code on a slide, and letters in one
FEW = 15, 67  # that have room in large letters
FULL_STOP = re.compile(r"(\\[,;:! ]|[\s.,])+$")  # with the space that TeX sets before it


class pull(nodes.General, nodes.Element):
    """The place of a piece, and then the piece, with the link to where it is from as `origin`."""


class Pull(SphinxDirective):
    """Leave a place for a piece."""

    required_arguments = 1
    option_spec: ClassVar = {
        "fragment": directives.flag,
        "caption": directives.flag,
        "lines": directives.unchanged_required,  # of code, as for literalinclude
        "steps": directives.unchanged_required,  # such lines of what is shown, between bars
    }

    def run(self):
        node = pull(name=self.arguments[0], options=self.options, origin=None)
        self.set_source_info(node)
        return [node]


@cache
def tree_of(env, docname):
    """The tree of a page as it was read; copy what you change."""
    return env.get_doctree(docname)


def labelled(env, name):
    """The page and the node of a label; a section is no piece."""
    labels = env.get_domain("std").anonlabels
    equation = env.get_domain("math").equations.get(name)
    docname, target = (equation[0], f"equation-{name}") if equation else labels.get(name, ("", ""))
    if not target:
        return None, None
    tree = tree_of(env, docname)
    node = next(n for n in tree.findall(nodes.Element) if target in n.get("ids", ()))
    while isinstance(node, nodes.target):  # a label stands before what it names
        node = node.next_node(descend=False, siblings=True)
    return (None, None) if isinstance(node, nodes.section) else (docname, node)


def code_cells(env, docname):
    """The code cells of a notebook, each with its index among all cells; of another page, none."""
    path = Path(env.doc2path(docname))
    if path.suffix != ".ipynb":
        return []
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [(index, one) for index, one in enumerate(cells) if one["cell_type"] == "code"]


def cell(env, name):
    """The page and the node of the code cell of that id, if there is just one."""
    found = [
        (docname, node)
        for docname in env.found_docs
        for index, one in code_cells(env, docname)
        if one["id"] == name
        for node in tree_of(env, docname).findall(nodes.container)
        if node.get("cell_index") == index
    ]
    return found[0] if len(found) == 1 else (None, None)


def names(env):
    """Whatever a piece may be called."""
    labels = *env.get_domain("std").anonlabels, *env.get_domain("math").equations
    functions = (n for n, o in env.get_domain("py").objects.items() if o.objtype == "function")
    cells = (one["id"] for docname in env.found_docs for _, one in code_cells(env, docname))
    return {*labels, *functions, *cells}


def shown(node):
    """What a page shows of a piece before anything is unfolded."""
    if "hide_mode" not in node:
        return [node]
    hidden = {"input": {"cell_code_source"}, "output": {"cell_code_output"}}
    unseen = hidden.get(node["hide_mode"], set.union(*hidden.values()))
    return [part for part in node if part["nb_element"] not in unseen]


def source_of(function):
    """The source of a function without its docstring."""
    text = dedent(inspect.getsource(function))
    lines, (definition,) = text.splitlines(), ast.parse(text).body
    if ast.get_docstring(definition):
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


def lines_of(blocks):
    """The lines of code, and not of what it prints."""
    return blocks[0].astext().splitlines() if blocks else []


def runs(numbers):
    """Numbers without a gap, as the first and how many: 1, 2, 5 are (1, 2) and (5, 1)."""
    numbers = sorted({*numbers})
    firsts = [n for n in numbers if n - 1 not in numbers]
    return [(n, next(k for k in count(1) if n + k not in numbers)) for n in firsts]


def link_to_section(app, here, docname, node):
    """The link to the section of a node."""
    while not isinstance(node, nodes.section):
        node = node.parent
    page, title = app.env.titles[docname].astext(), node.next_node(nodes.title).astext()
    whole = isinstance(node.parent, nodes.document)
    text = nodes.Text(page if whole else f"{page}: {title}")
    return make_refnode(app.builder, here, docname, "" if whole else node["ids"][0], text)


class FillPulls(SphinxPostTransform):
    """Put each piece in its place."""

    default_priority = 2  # before pictures are chosen (4) and references resolved (10)

    def run(self):
        for place in self.document.findall(pull):
            name = place["name"]
            docname, node = labelled(self.env, name)
            if not docname:
                docname, node = cell(self.env, name)
            function = pydoc.locate(name) if name.startswith(PACKAGE) else None
            if docname:
                piece = self.copies(docname, node)
                place["origin"] = link_to_section(self.app, self.env.docname, docname, node)
            elif inspect.isfunction(function):
                code = source_of(function)
                piece = [nodes.literal_block(code, code, language="python")]
                place["origin"] = self.reference(function)
            else:
                near = " or ".join(get_close_matches(name, names(self.env), 2))
                hint = f"; did you mean {near}?" if near else ""
                self.fail(place, f"no such label or code cell in the book, no such function{hint}")
            if not piece:
                self.fail(place, "nothing of it is shown before it is unfolded")
            blocks = [code for part in piece for code in part.findall(nodes.literal_block)]
            if "lines" in place["options"]:
                self.choose(place, blocks)
            for code in blocks:
                self.fit(place, code)
            if "fragment" in place["options"]:
                piece = [nodes.container("", *piece, classes=["fragment"])]
            place.extend(piece)
            if "steps" in place["options"]:
                self.walk(place, blocks)
            for caption in list(place.findall(nodes.caption)):
                if "caption" not in place["options"]:
                    caption.parent.remove(caption)

    def copies(self, docname, node):
        """The nodes as they are in their page, with its numbers and links."""
        copies = [part.deepcopy() for part in shown(node)]
        for part in (part for copy in copies for part in copy.findall()):
            if isinstance(part, addnodes.pending_xref):
                part["refdoc"] = self.env.docname
            elif isinstance(part, nodes.image):
                part["classes"].append("no-scaled-link")
            elif isinstance(part, nodes.math_block):  # its sentence ends in the chapter
                part.children = [nodes.Text(FULL_STOP.sub("", part.astext()))]
        numbers = self.env.toc_fignumbers.setdefault(self.env.docname, {})
        for kind, ids in self.env.toc_fignumbers.get(docname, {}).items():
            numbers.setdefault(kind, {}).update(ids)
        return copies

    def choose(self, place, blocks):
        """Leave of code the lines that are asked for."""
        lines, asked = lines_of(blocks), place["options"]["lines"]
        chosen = [lines[at] for at in self.numbers(place, "lines", asked, lines)]
        blocks[0].rawsource = dedent("\n".join(chosen))  # else it is not highlighted
        blocks[0].children = [nodes.Text(blocks[0].rawsource)]

    def walk(self, place, blocks):
        """Let the lines of each step be marked in turn, while the show is there."""
        lines, steps = lines_of(blocks), []
        for asked in place["options"]["steps"].split("|"):
            marked = self.numbers(place, "steps", asked.strip(), lines)
            bands = "".join(
                f'<span class="band" style="--first: {first + 1}; --lines: {many}"></span>'
                for first, many in runs(marked)
            )
            steps.append(f'<div class="fragment" aria-hidden="true">{bands}</div>')
        walked = nodes.container(classes=["walk"])
        blocks[0].replace_self(walked)
        walked += [blocks[0], nodes.raw("", "".join(steps), format="html")]

    def numbers(self, place, option, asked, lines):
        """The indices of the lines that an option asks for."""
        try:
            found = parselinenos(asked, len(lines))
        except ValueError:
            found = []
        if not found or not {*found} <= {*range(len(lines))}:
            self.fail(place, f"{option}: expected some of 1-{len(lines)}, got {asked!r}")
        return found

    def fit(self, place, code):
        """Let code be small if it would not fit a slide otherwise, and fail if it cannot."""
        lines = code.astext().rstrip().splitlines()
        size = len(lines), max(map(len, lines))
        if any(much > most for much, most in zip(size, MOST)):
            fits, got = ("{} lines of {} letters".format(*pair) for pair in (MOST, size))
            self.fail(place, f"at most {fits} fit a slide, got {got}; choose some with :lines:")
        if any(much > few for much, few in zip(size, FEW)):
            code["classes"].append("small")

    def reference(self, function):
        """The link to what the book says of a function, if it does."""
        name = f"{function.__module__}.{function.__qualname__}"
        entry = self.env.get_domain("py").objects.get(name)
        place = entry and (entry.docname, entry.node_id, nodes.Text(function.__qualname__))
        return entry and make_refnode(self.app.builder, self.env.docname, *place)

    def fail(self, place, why):
        source = f"{self.env.doc2path(self.env.docname)}:{get_node_line(place)}"
        raise ExtensionError(f"{source}: pull {place['name']!r}: {why}")


def setup(app):
    """Add the directive; what it has brought is written, and nothing around it."""
    nothing = (lambda self, node: None,) * 2
    app.add_directive("pull", Pull)
    app.add_node(pull, html=nothing)
    app.add_post_transform(FillPulls)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
