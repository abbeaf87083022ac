"""Questions with a folded answer: in a chapter to check oneself, on a slide to ask the room.

    :::{question} What is an epoch?
    :name: ask-epoch

    One pass through the shuffled data.
    :::

On a slide the answer waits for a key, and with the option `fragment` so does the question. Choices,
a list at the head of the answer, stand below the question.
"""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


class question(nodes.General, nodes.Element):
    """What is asked, perhaps with choices, and last the answer."""


class fold(nodes.General, nodes.Element):
    """What a reader may unfold, under a name in HTML."""


class Question(SphinxDirective):
    """A question, and below it the answer, both in Markdown with math."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"name": directives.unchanged_required, "fragment": directives.flag}

    def run(self):
        self.assert_has_content()
        words, messages = self.parse_inline(self.arguments[0])
        asked = nodes.paragraph("", "", *words, classes=["asked"])
        answer = self.parse_content_to_nodes()
        head = 1 if isinstance(answer[0], nodes.bullet_list) else 0
        if head == len(answer):
            raise self.error("question: expected an answer after the choices")
        node = question("", asked, *answer[:head], fold("", *answer[head:], name="Answer"))
        node["classes"] += ["fragment"] if "fragment" in self.options else []
        self.set_source_info(node)
        self.add_name(node)
        return [node, *messages]


def visit_question(self, node):
    self.body.append(self.starttag(node, "div", CLASS="question"))


def depart_question(self, node):
    self.body.append("</div>\n")


def visit_fold(self, node):
    self.body.append(f"<details><summary>{node['name']}</summary>\n")


def depart_fold(self, node):
    self.body.append("</details>\n")


def setup(app):
    """Add the directive and what it makes."""
    app.add_directive("question", Question)
    app.add_node(question, html=(visit_question, depart_question))
    app.add_node(fold, html=(visit_fold, depart_fold))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
