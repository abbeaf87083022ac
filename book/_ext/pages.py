"""Small repairs of what the theme and the libraries leave undone."""

import re
from hashlib import sha256
from html import unescape
from pathlib import Path
from textwrap import shorten

import imagesize
from docutils import nodes
from sphinx.transforms import SphinxTransform

from markers import without_markers
from plain import site

REPAIRS = {
    ' role="(doc-biblioentry|list)"': "",  # ARIA has given up the one; the other has no items
    ' aria-label="Toggle hidden content"': "",  # is not what the summary says
    "<img ": '<img loading="lazy" decoding="async" ',
    r'style="width: (\d+)px; height: (\d+)px;"': r'width="\1" height="\2"',  # leaves room at once
    '<(pre|code|span class="katex"|dt class="sig[^"]*")(?=[ >])': r'<\1 translate="no"',  # no words
    r"<strong>(?=[\w, ]+</strong>(?: –|<strong>))": '<strong translate="no">',  # of parameters
    '<span class="(?:n|nn|nx|p|w)">([^<]*)</span>': r"\1",  # has the colour of code without it
}

# Services that open a student's notebook, from the branch to which a workflow publishes them all.
SERVICES = {
    "Open in Colab": "https://colab.research.google.com/github/{}/blob/notebooks/{}.ipynb",
    "Open on Binder": "https://mybinder.org/v2/gh/{}/notebooks?urlpath=lab/tree/{}.ipynb",
}


class RemoveComments(SphinxTransform):
    """Drop HTML comments, such as markers, which titles and alternative texts would show."""

    default_priority = 100  # before anything reads the titles

    def apply(self):
        """Remove them from one page."""
        for node in list(self.document.findall(nodes.raw)):
            if node.astext().startswith("<!--"):
                node.parent.remove(node)
        for image in self.document.findall(nodes.image):
            image["alt"] = without_markers(image.get("alt", ""))


def need_repository(app, config):
    """Without an address, drop the buttons that lead to the repository: the theme would fail."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        for name in ("repository_button", "edit_page_button", "issues_button"):
            options.pop(f"use_{name}", None)


def add_labels(app, env):
    """Let [text](#label) lead to equations and references, and keep its text, not a number."""
    labels = env.get_domain("std").anonlabels
    for label, (docname, _) in env.get_domain("math").equations.items():
        labels[label.lower()] = docname, nodes.make_id(f"equation-{label}")
    for citation in env.get_domain("cite").citations:
        labels[citation.key.lower()] = citation.bibliography_key.docname, citation.citation_id


def measure_images(app, doctree, docname):
    """Note the size of an image's file, and show it so unless its page says how."""
    for image in doctree.findall(nodes.image):
        image["own_size"] = size = imagesize.get(Path(app.srcdir, image["uri"]))
        if "width" not in image and min(size) > 0:  # a vector may have none
            image["width"], image["height"] = (f"{side:.0f}px" for side in size)


def measure_code(context):
    """Say how large each piece of code is, so that it takes its room before it is laid out."""

    def measure(code):
        lines = unescape(re.sub("<.*?>", "", code[2])).splitlines()
        size = f"--lines: {len(lines)}; --columns: {max(map(len, lines), default=0)}"
        return f'{code[1]}<span class="lines" style="{size}">{code[2]}</span></pre>'

    code = '(<div class="highlight"><pre[^>]*>)(.*?)</pre>'
    context["body"] = re.sub(code, measure, context["body"], flags=re.DOTALL)


def move_scripts(app, context):
    """Put the script of a cell's output into a file: a strict policy runs none in the page."""

    def move(script):
        file = Path(app.outdir, "_static", sha256(script[1].encode()).hexdigest()[:8] + ".js")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script[1], "utf-8")
        return f'<script defer src="{context["pathto"](f"_static/{file.name}", 1)}"></script>'

    context["body"] = re.sub("<script>(.+?)</script>", move, context["body"], flags=re.DOTALL)


def services(app, pagename):
    """The addresses at which services open the notebook of a page: they look on GitHub."""
    repository = app.config.html_theme_options.get("repository_url", "").strip("/")
    name = repository.removeprefix("https://github.com/")
    if name == repository:
        return {}
    notebook = pagename.rpartition("/")[2]
    return {text: address.format(name, notebook) for text, address in SERVICES.items()}


def finish_page(app, pagename, templatename, context, doctree):
    """Mend the HTML, and find a description for those who find or share the page."""
    for fault, mended in REPAIRS.items():
        context["body"] = re.sub(fault, mended, context.get("body", ""))
    measure_code(context)
    move_scripts(app, context)
    paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
    plain = (p for p in paragraphs if not p.next_node(nodes.math))
    context["description"] = shorten(next((p.astext() for p in plain), ""), 155, placeholder=" …")
    context["services"] = services(app, pagename)
    context["site_address"] = site(app)


def setup(app):
    """Connect each repair to the moment when it is due."""
    app.add_transform(RemoveComments)
    app.connect("config-inited", need_repository)
    app.connect("env-updated", add_labels, priority=600)  # once the references have their ids
    app.connect("doctree-resolved", measure_images)
    app.connect("html-page-context", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
