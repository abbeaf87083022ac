"""What was checked: the marks of the tests on the pages, and the page that lists them all.

A number, the words of a claim and a formula that a test evaluates get an id, and no more. What a
mark says stands in a file of its own for each page, which comes with checked.js when a reader asks.
The page of `{checked}` lists the same, under the same ids, from what Sphinx has read.
"""

import json
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from markers import beginning, markers
from proofs import helpers, is_display, is_inline, proofs
from pulls import code_cells, elements, pull, section_of, title_of, tree_of
from questions import fold
from slides import chapter_of, is_deck

PAGE = "book/checked"
PARTS = "equations", "claims", "notebooks"
COUNTS = "equations", "formulas", "numbers", "claims", "cells"
LEADING = re.compile(r"[\s,;:.)]*")  # what stands between a claim and the next


def held(app):
    """The tests of each equation of this book."""
    return proofs(Path(app.srcdir, "tests"))


# The marks


class mark(nodes.inline):
    """A number, the words of a claim, or a formula of the text: a place that tests hold."""


def visit_mark(self, node):
    """Only a page of the book shows where it is, not a slide."""
    if not is_deck(self.builder.current_docname):
        self.body.append(self.starttag(node, "span", ""))


def depart_mark(self, node):
    if not is_deck(self.builder.current_docname):
        self.body.append("</span>")


def cut(parent, at, *places):
    """Replace a text by its parts."""
    text = parent[at]
    ends = [*places, len(text)]
    parent[at : at + 1] = [nodes.Text(text[i:j]) for i, j in zip([0, *places], ends)]


def written(node):
    """What a node is in Markdown, as far as it matters to where a statement begins."""
    if isinstance(node, nodes.math):
        return f"${node.astext()}$"
    return "" if isinstance(node, nodes.raw) else node.astext()


def kinds(node):
    """What a mark holds; nothing else holds anything."""
    return [marker.kind for marker in node.get("checks", ())] if isinstance(node, mark) else []


class AddMarks(SphinxTransform):
    """Find what the markers and the tests hold."""

    default_priority = 90  # before the comments go (100)

    def apply(self):
        """Mark it all on one page."""
        self.count = 0
        for comment in list(self.document.findall(nodes.raw)):
            self.read(comment)
        for image in self.document.findall(nodes.image):
            image["checks"] = list(markers(image.get("alt", "")))
        self.mark_formulas()

    def read(self, comment):
        """Mark what stands before a marker; in a title, which other pages repeat, only note it."""
        parent, at = comment.parent, comment.parent.index(comment)
        text = parent[at - 1] if at and isinstance(parent[at - 1], nodes.Text) else ""
        for marker in markers(text + comment.astext()):
            if isinstance(parent, nodes.title):
                parent["checks"] = [*parent.get("checks", ()), marker]
            elif marker.kind == "number":
                cut(parent, at - 1, len(text) - len(marker.said))
                self.wrap(parent, at, at + 1, checks=[marker])
            else:
                start = self.start(parent, at)
                self.wrap(parent, start, parent.index(comment), checks=[marker])

    def start(self, parent, end):
        """The index of the first node of a claim, which follows the claim before it."""
        texts = list(map(written, parent[:end]))
        ends = [sum(map(len, texts[: i + 1])) for i in range(end)]
        last = max((ends[i] for i in range(end) if "claim" in kinds(parent[i])), default=0)
        text = "".join(texts)
        at = LEADING.match(text, max(beginning(text), last)).end()
        first = next((i for i in range(end) if ends[i] > at), end)
        inside = at - ends[first] + len(texts[first]) if first < end else 0
        if inside and isinstance(parent[first], nodes.Text):
            cut(parent, first, inside)
            return first + 1
        return first

    def mark_formulas(self):
        """Mark the formulas of text and docstrings that a test evaluates, wherever they stand."""
        names = held(self.app)
        for math in list(self.document.findall(nodes.math)):
            name = f"${math.astext()}$"
            if name in names and not isinstance(math.parent, nodes.title):
                at = math.parent.index(math)
                self.wrap(math.parent, at, at + 1, formula=name)
        plain = [name for name in names if not is_display(name) and not is_inline(name)]
        plain = [r"\s+".join(map(re.escape, name.split())) for name in plain]
        formula = re.compile("|".join(sorted(plain, key=len, reverse=True)) or "(?!)")
        for parent in list(self.document.findall(nodes.TextElement)):
            if type(parent) not in (nodes.paragraph, nodes.inline):  # of code, for one
                continue
            for at, text in reversed(list(enumerate(parent))):
                found = list(formula.finditer(text)) if isinstance(text, nodes.Text) else []
                for match in reversed(found):
                    cut(parent, at, *match.span())
                    self.wrap(parent, at + 1, at + 2, formula=" ".join(match[0].split()))

    def wrap(self, parent, start, end, **what):
        """Put some children of a node into a mark."""
        self.count += 1
        place = mark(ids=[f"{nodes.make_id(self.env.docname)}-{self.count}"], **what)
        place.extend(parent[start:end])
        parent[start:end] = [place]


# What a page says of its marks


def sentence_of(app, node):
    """The code that holds a mark, and what it does."""
    if name := name_of(app, node):
        tests = list(dict.fromkeys(test.name for test in held(app)[name]))
        return ", ".join(tests), "evaluates it" if len(tests) == 1 else "evaluate it"
    (marker,) = node["checks"]
    return marker.expression, f"gives {marker.said}" if marker.kind == "number" else "is true"


def name_of(app, node):
    """The equation or formula that a node is, if a test evaluates it."""
    name = node.get("formula") or node.get("label")
    return name if name in held(app) else None


def marked(app, tree):
    """The nodes of a page that tests hold, in order."""
    for node in tree.findall(nodes.Element):
        if isinstance(node, mark) or (isinstance(node, nodes.math_block) and name_of(app, node)):
            yield node


def write_marks(app, pagename, templatename, context, doctree):
    """Write what the marks of a page say, for checked.js, and tell the frame of them."""
    context["marks"] = None
    if not doctree or is_deck(pagename) or pagename == PAGE:
        return
    said = {}
    for node in marked(app, doctree):
        kind = "formula" if name_of(app, node) else node["checks"][0].kind
        said[node["ids"][0]] = [kind, *sentence_of(app, node), entry_of(app, node)]
    if said:
        name = f"_static/checked/{nodes.make_id(pagename)}.js"
        file = Path(app.outdir, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"var checked = {json.dumps(said, ensure_ascii=False)};\n", "utf-8")
        context["marks"], context["checked_page"] = name, PAGE


def entry_of(app, node):
    """The id of what the page of everything says of a mark: of a formula, where it stands first."""
    name = name_of(app, node)
    return app.env.checked_places[name][1] if name else node["ids"][0]


# The page of everything


def pages(env):
    """All pages in the order of the contents, each followed by its deck."""
    order = list(env.collect_relations())

    def place(docname):
        page = chapter_of(env, docname) if is_deck(docname) else docname
        return order.index(page) if page in order else len(order), is_deck(docname), docname

    return sorted(env.found_docs, key=place)


def checks(tree):
    """The numbers and claims of a page, each with the node that holds it."""
    return [(node, m) for node in tree.findall(nodes.Element) for m in node.get("checks", ())]


def of_each_kind(held):
    """How many numbers and claims there are, as the page calls them."""
    counts = Counter(marker.kind for _, marker in held)
    kinds = ("number", counts["number"]), ("statement", counts["claim"])
    return " and ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in kinds if n)


def cells_of(env, docname):
    """How many code cells a notebook has, and how many outputs; of another page, nothing."""
    code = code_cells(env, docname)
    return len(code), sum(len(cell["outputs"]) for _, cell in code)


def gather(app, env):
    """Note where each formula stands first and how much is held, when all pages are read."""
    count, found = Counter(), {}
    for docname in pages(env):
        tree = tree_of(env, docname)
        count.update(f"{marker.kind}s" for _, marker in checks(tree))
        count["cells"] += cells_of(env, docname)[0]
        for node in marked(app, tree):
            if name := name_of(app, node):
                found.setdefault(name, (docname, node["ids"][0]))
    count["equations"] = sum(map(is_display, held(app)))
    count["formulas"] = len(held(app)) - count["equations"]
    env.checked_places, env.checked_counts = found, count
    return [docname for docname in (PAGE, env.config.root_doc) if docname in env.found_docs]


class count(nodes.General, nodes.Element):
    """The place of how many of something are held."""


class Count(SphinxRole):
    """Leave a place for how many equations, formulas, numbers, claims or code cells are held."""

    def run(self):
        assert self.text in COUNTS, f"expected one of {COUNTS}, got {self.text!r}"
        return [count(what=self.text)], []


class ledger(nodes.General, nodes.Element):
    """The place of a part of the list of all that is held."""


class Ledger(SphinxDirective):
    """Leave a place for a part of the list."""

    required_arguments = 1

    def run(self):
        return [ledger(part=directives.choice(self.arguments[0], PARTS))]


class FillLedger(SphinxPostTransform):
    """List all that is held."""

    default_priority = 1  # before pieces are pulled (2)

    def run(self):
        for place in list(self.document.findall(count)):
            place.replace_self(nodes.Text(f"{self.env.checked_counts[place['what']]:,}"))
        for place in list(self.document.findall(ledger)):
            self.shown = set()
            place.replace_self(list(getattr(self, place["part"])()))

    def link(self, docname, target, *content):
        return make_refnode(self.app.builder, self.env.docname, docname, target, list(content))

    def section(self, part, docname, content):
        """What is held on one page, or on its slides."""
        text = self.env.titles[docname].astext() + ", slides" * is_deck(docname)
        title = nodes.title("", "", self.link(docname, "", nodes.Text(text)))
        return nodes.section("", title, *content, ids=[f"{part}-{nodes.make_id(docname)}"])

    def equations(self):
        """Equations and formulas, grouped by the tests that evaluate them."""
        order, where, groups = pages(self.env), self.env.checked_places, {}
        for name in sorted(
            held(self.app), key=lambda name: (not is_display(name), not is_inline(name))
        ):
            if name in where:
                groups.setdefault(tuple(held(self.app)[name]), []).append(name)
        home = {tests: order.index(where[names[0]][0]) for tests, names in groups.items()}
        for index, page in groupby(sorted(groups, key=home.get), key=home.get):
            parts = (part for tests in page for part in self.group(groups[tests], tests))
            yield self.section("equations", order[index], parts)
        if shared := helpers(Path(self.app.srcdir, "tests")):
            code = nodes.literal_block(shared, shared, language="python")
            yield fold("", code, name="What these tests share")

    def group(self, names, tests):
        """The equations and formulas that the same tests evaluate, and these."""
        for name in names:
            docname, target = self.env.checked_places[name]
            node = elements(self.env, docname)[target]
            there = "" if is_deck(docname) else target
            link = self.link(docname, there, nodes.Text(title_of(node)))
            if is_display(name):
                yield pull(name=name, options={}, origin=None)
                yield nodes.paragraph("", "in ", link, classes=["where"])
            else:
                words = *self.words(node), nodes.Text(", in ")
                yield nodes.paragraph("", "", *words, link, ids=[target], classes=["where"])
        for test in tests:
            if test in self.shown:
                yield nodes.paragraph("", "", nodes.literal("", test.name), nodes.Text(", above"))
            else:
                code = nodes.literal_block(test.source, test.source, language="python")
                yield fold("", code, name=f"<code>{test.name}</code>")
            self.shown.add(test)

    def claims(self):
        """Numbers and claims, section by section of each page, where they are folded."""
        for docname in pages(self.env):
            parts = []
            held = checks(tree_of(self.env, docname))
            for section, rows in groupby(held, key=lambda row: section_of(row[0])):
                link = self.link(docname, section["ids"][0], nodes.Text(title_of(section)))
                items = [self.item(docname, node, marker) for node, marker in rows]
                parts += nodes.paragraph("", "", link), nodes.bullet_list("", *items)
            if parts:
                name = of_each_kind(held)
                yield self.section("claims", docname, [fold("", *parts, name=name)])

    def item(self, docname, node, marker):
        """What is said, with a link to its mark, and the code that holds it."""
        there = isinstance(node, mark) and not is_deck(docname)
        words = self.words(node) if isinstance(node, mark) else [nodes.Text(marker.said)]
        said = self.link(docname, node["ids"][0], *words) if there else nodes.inline("", "", *words)
        code, verdict = nodes.literal("", marker.expression), nodes.Text(" is true")
        parts = [said, nodes.Text(": "), code, *[verdict] * (marker.kind == "claim")]
        if isinstance(node, nodes.image):
            parts.append(nodes.Text(", in the text in place of a picture"))
        ids = node["ids"] if isinstance(node, mark) else []
        return nodes.list_item("", nodes.paragraph("", "", *parts), ids=ids)

    def words(self, node):
        """The words of a mark, without the marks and links in them."""
        copy = node.deepcopy()
        for kind in (mark, addnodes.pending_xref, nodes.reference):
            for part in list(copy.findall(kind)):
                if part is not copy:
                    part.parent.replace(part, part.children)
        return copy.children

    def notebooks(self):
        """How many cells of each notebook are run, and how many outputs compared."""
        for docname in pages(self.env):
            cells, outputs = cells_of(self.env, docname)
            if cells:
                link = self.link(docname, "", nodes.Text(self.env.titles[docname].astext()))
                text = nodes.Text(f": {cells} code cells run, {outputs} outputs compared")
                yield nodes.paragraph("", "", link, text)


def setup(app):
    """Add the nodes, and the moments when they are found, shown and listed."""
    app.add_node(mark, html=(visit_mark, depart_mark))
    app.add_node(count)
    app.add_node(ledger)
    app.add_role("count", Count())
    app.add_directive("checked", Ledger)
    app.add_transform(AddMarks)
    app.add_post_transform(FillLedger)
    app.connect("env-updated", gather)
    app.connect("html-page-context", write_marks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
