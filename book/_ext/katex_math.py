"""Math typeset while the book is built, by KaTeX in an embedded JavaScript engine.

A page shows its equations at once, without a script. Numbers, labels and references are Sphinx's
own. TeX that KaTeX refuses, or merely puts up with, is a warning at its place in the source.
"""

import json
import re
from functools import cache
from pathlib import Path

import quickjs
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

KATEX = Path(__file__).with_name("katex") / "katex.min.js"
# As JSON: the engine cannot hand out a string that it joined and has not copied into one piece.
RENDER = """(tex, displayMode) =>
    JSON.stringify(katex.renderToString(tex, {displayMode, strict: "error"}))"""
LINE_BELOW = 0.398  # in em: what a line of KaTeX's letters takes below them, whatever they are
SIGN = re.compile(r"\\[a-zA-Z]+|\\.|[^\s{}^_&]")  # what takes about a letter's width
SHORT = 16  # signs that have room in a line of a phone
SHORT_CODE = 24  # letters
BEFORE = re.compile(r"[(“]*$")
BEHIND = re.compile(r"[^\w\s]*(?:\w{1,2}(?!\w)[^\w\s]*)?")  # a comma, or the end of "t-th"
logger = logging.getLogger(__name__)


@cache
def engine():
    """The function of JavaScript from TeX to HTML, made once and only if there is math."""
    context = quickjs.Context()
    context.eval(KATEX.read_text("utf-8"))
    return context.eval(RENDER)


def typeset(node, display):
    """The HTML of a math node, with MathML for those who listen."""
    tex = node.astext().strip()
    try:
        html = json.loads(engine()(tex, display))
    except quickjs.JSException as error:
        logger.warning("%s: %s", error, tex, location=node, type="katex")
        return ""
    # KaTeX puts a sign of its own behind the max of an index, as a third part where MathML has two.
    return html.replace("<mo>\u2061</mo></msub>", "</msub>")


def height(html):
    """The height of displayed math in its em: each part says how far it goes up and down."""
    strut = (
        r'base"><span class="[^"]*strut" style="height:([\d.]+)em;(?:vertical-align:-([\d.]+)em)?'
    )
    sizes = [(float(whole), float(below or 0)) for whole, below in re.findall(strut, html)]
    below = max([LINE_BELOW, *(below for _, below in sizes)])
    return below + max((whole - below for whole, below in sizes), default=0)


def can_break(node):
    """Whether a line can end within it and need not: in math, and in a few words of code."""
    text = node.astext()
    code = isinstance(node, nodes.literal) and " " in text and len(text) <= SHORT_CODE
    return code or isinstance(node, nodes.math)


class KeepTogether(SphinxPostTransform):
    """Keep inline math and code in a line if it is short, with the punctuation that touches it."""

    default_priority = 20  # after the references are resolved

    def run(self):
        for what in list(self.document.findall(can_break)):
            node = what
            while isinstance(node.parent, nodes.inline) and len(node.parent) == 1:  # a mark, say
                node = node.parent
            parent, at = node.parent, node.parent.index(node)
            near = [parent[i] if 0 <= i < len(parent) else "" for i in (at - 1, at + 1)]
            left, right = (text if isinstance(text, nodes.Text) else "" for text in near)
            before, behind = BEFORE.search(left)[0], BEHIND.match(right)[0]
            long = isinstance(what, nodes.math) and len(SIGN.findall(what.astext())) > SHORT
            if long and not before + behind:
                continue
            whole = nodes.inline("", "", classes=["whole"] + ["long"] * long)
            parent[at] = whole
            whole.extend([nodes.Text(before), node, nodes.Text(behind)])
            if right:
                parent[at + 1] = nodes.Text(right[len(behind) :])
            if left:
                parent[at - 1] = nodes.Text(left[: len(left) - len(before)])


def visit_math(self, node):
    """Inline math."""
    self.body.append(typeset(node, display=False))
    raise nodes.SkipNode


def visit_math_block(self, node):
    """Display math, with Sphinx's number."""
    number = node["number"] and get_node_equation_number(self, node)
    if node["nowrap"]:  # an environment such as align, which KaTeX would number by itself
        logger.warning("use aligned between $$ and $$ (label)", location=node, type="katex")
    html = typeset(node, display=True)
    # So that it takes its room before it is laid out.
    self.body.append(self.starttag(node, "div", CLASS="math", style=f"--em: {height(html):.3f}"))
    self.body.append(html)
    if number:
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Take the place of Sphinx's own renderers."""
    app.add_post_transform(KeepTogether)
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
