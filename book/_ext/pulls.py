"""Pieces of the book on another page, by their label: what they say is said once.

`{pull}` takes the label of an equation, figure, table, question or admonition, the id of a code
cell, or the name of a function of the package. The piece is copied out of its page once all pages
are read, and keeps the number that it has there. `{pieces}` lists all that can be pulled.
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

from questions import fold, question

PACKAGE = "previously."
LABELLED = {
    nodes.math_block: "equations",
    nodes.figure: "figures",
    nodes.table: "tables",
    question: "questions",
    nodes.Admonition: "admonitions",
}
KINDS = *LABELLED.values(), "cells", "functions"
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


class pieces(nodes.General, nodes.Element):
    """The place of the list of all pieces."""


class Pieces(SphinxDirective):
    """Leave a place for the list."""

    def run(self):
        self.env.note_reread()  # another page may have a new one
        return [pieces()]


@cache
def tree_of(env, docname):
    """The tree of a page as it was read; copy what you change."""
    return env.get_doctree(docname)


@cache
def elements(env, docname):
    """The elements of a page by their ids."""
    found = {}
    for node in tree_of(env, docname).findall(nodes.Element):
        for name in node.get("ids", ()):
            found.setdefault(name, node)
    return found


def labelled(env, name):
    """The page and the node of a label; a section, for one, is no piece."""
    labels = env.get_domain("std").anonlabels
    equation = env.get_domain("math").equations.get(name)
    docname, target = (equation[0], f"equation-{name}") if equation else labels.get(name, ("", ""))
    node = elements(env, docname).get(target) if target else None
    while isinstance(node, nodes.target):  # a label stands before what it names
        node = node.next_node(descend=False, siblings=True)
    return (docname, node) if isinstance(node, tuple(LABELLED)) else (None, None)


def code_cells(env, docname):
    """The code cells of a notebook, each with its index among all cells; of another page, none."""
    path = Path(env.doc2path(docname))
    if path.suffix != ".ipynb":
        return []
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [(index, one) for index, one in enumerate(cells) if one["cell_type"] == "code"]


@cache
def cells(env):
    """The page and the node of each code cell, by its id, which no other cell may have."""
    found = {}
    for docname in env.found_docs:
        names = {index: one["id"] for index, one in code_cells(env, docname)}
        for node in tree_of(env, docname).findall(nodes.container) if names else ():
            if name := names.get(node.get("cell_index")):
                found.setdefault(name, []).append((docname, node))
    return {name: places[0] for name, places in found.items() if len(places) == 1}


def find(env, name):
    """What a piece is called by: its page and its node, or no page and a function."""
    docname, node = labelled(env, name)
    if not docname:
        docname, node = cells(env).get(name, (None, None))
    if not docname and name.startswith(PACKAGE):
        node = pydoc.locate(name)
    return docname, node if docname or inspect.isfunction(node) else None


def kind_of(node):
    """What a piece is, in the plural; what the page of a cell hides is none."""
    if inspect.isfunction(node):
        return "functions"
    labelled = (kind for what, kind in LABELLED.items() if isinstance(node, what))
    return next(labelled, "cells" if node and shown(node) else None)


def index(env):
    """The names of all that can be pulled, with the page, the node or function and its kind."""
    labels = *env.get_domain("math").equations, *env.get_domain("std").anonlabels
    objects = env.get_domain("py").objects
    functions = (name for name, known in objects.items() if known.objtype == "function")
    found = {name: find(env, name) for name in (*labels, *cells(env), *map(short, functions))}
    kinds = {name: (*place, kind_of(place[1])) for name, place in found.items()}
    return {name: piece for name, piece in kinds.items() if piece[-1]}


def short(name):
    """The name of a function without its module, if the package knows it by that."""
    brief = PACKAGE + name.rpartition(".")[2]
    return brief if inspect.isfunction(pydoc.locate(brief)) else name


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


def section_of(node):
    """The section of a node."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node


def title_of(node):
    """The title of the section of a node."""
    return section_of(node).next_node(nodes.title).astext()


def link_to_section(app, here, docname, node):
    """The link to the section of a node."""
    node = section_of(node)
    page, title = app.env.titles[docname].astext(), title_of(node)
    whole = isinstance(node.parent, nodes.document)
    text = nodes.Text(page if whole else f"{page}: {title}")
    return make_refnode(app.builder, here, docname, "" if whole else node["ids"][0], text)


class FillPulls(SphinxPostTransform):
    """Put each piece in its place."""

    default_priority = 2  # before pictures are chosen (4) and references resolved (10)

    def run(self):
        for place in self.document.findall(pull):
            name = place["name"]
            docname, node = find(self.env, name)
            if docname:
                piece = self.copies(docname, node)
                place["origin"] = link_to_section(self.app, self.env.docname, docname, node)
            elif node:
                code = source_of(node)
                piece = [nodes.literal_block(code, code, language="python")]
                place["origin"] = reference(self.app, self.env.docname, node)
            else:
                near = " or ".join(get_close_matches(name, index(self.env), 2))
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
            if "caption" not in place["options"]:
                self.leave_picture(place)

    def leave_picture(self, place):
        """Leave of a figure its picture alone, which is no link that opens it large."""
        for caption in list(place.findall(nodes.caption)):
            caption.parent.remove(caption)
        for picture in place.findall(nodes.image):
            picture["classes"].append("no-scaled-link")

    def copies(self, docname, node):
        """The nodes as they are in their page, with its numbers and links."""
        copies = [part.deepcopy() for part in shown(node)]
        for part in (part for copy in copies for part in copy.findall()):
            if isinstance(part, addnodes.pending_xref):
                part["refdoc"] = self.env.docname
            elif isinstance(part, nodes.math_block):  # its sentence ends in the chapter
                part.children = [nodes.Text(FULL_STOP.sub("", part.astext()))]
            elif isinstance(part, question):  # the reasons stand in the book
                del part.next_node(fold)[1:]
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

    def fail(self, place, why):
        source = f"{self.env.doc2path(self.env.docname)}:{get_node_line(place)}"
        raise ExtensionError(f"{source}: pull {place['name']!r}: {why}")


def reference(app, here, function):
    """The link to what the book says of a function, if it does."""
    name = f"{function.__module__}.{function.__qualname__}"
    entry = app.env.get_domain("py").objects.get(name)
    place = entry and (entry.docname, entry.node_id, nodes.Text(function.__qualname__))
    return entry and make_refnode(app.builder, here, *place)


class ListPieces(SphinxPostTransform):
    """Put the list of all pieces in its place, folded page by page."""

    default_priority = 2  # before pictures are chosen (4)

    def run(self):
        for place in list(self.document.findall(pieces)):
            found = {}
            for name, (docname, node, kind) in index(self.env).items():
                kinds = found.setdefault(docname, {kind: [] for kind in KINDS})
                kinds[kind].append(self.item(name, docname, node))
            order = [*self.env.collect_relations()]
            last = len(order)  # decks, and then the package
            pages = sorted(found, key=lambda d: (order.index(d) if d in order else last, d or "~"))
            place.replace_self([self.page(docname, found[docname]) for docname in pages])

    def page(self, docname, kinds):
        """What can be pulled from one page, or from the package."""
        title = self.env.titles[docname].astext() if docname else "The package"
        lists = {kind: items for kind, items in kinds.items() if items}
        counts = ", ".join(f"{kind} ({len(items)})" for kind, items in lists.items())
        parts = []
        for kind, items in lists.items():
            parts.append(nodes.paragraph("", "", nodes.strong("", kind.capitalize())))
            parts.append(nodes.bullet_list("", *items, classes=["pieces"]))
        return fold("", *parts, name=f"{title}: {counts}")

    def item(self, name, docname, node):
        """The name of a piece, a link to its place, and a figure in small."""
        builder, here = self.app.builder, self.env.docname
        if docname:
            section = section_of(node)
            target = next(iter(node["ids"] or section["ids"]))
            link = make_refnode(builder, here, docname, target, nodes.Text(title_of(section)))
        else:
            link = reference(self.app, here, node)
        parts = [nodes.literal("", name), nodes.Text(" "), link]
        pictures = node.findall(nodes.image) if isinstance(node, nodes.figure) else ()
        for picture in map(nodes.image.deepcopy, pictures):  # a slider has none
            picture["classes"].append("no-scaled-link")
            parts.insert(0, picture)
        return nodes.list_item("", nodes.paragraph("", "", *parts))


def setup(app):
    """Add the directives; what a pull has brought is written, and nothing around it."""
    nothing = (lambda self, node: None,) * 2
    app.add_directive("pull", Pull)
    app.add_directive("pieces", Pieces)
    app.add_node(pull, html=nothing)
    app.add_node(pieces)
    app.add_post_transform(FillPulls)
    app.add_post_transform(ListPieces)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
