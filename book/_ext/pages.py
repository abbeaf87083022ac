"""Small repairs of what the theme and the libraries leave undone."""

from docutils import nodes
from sphinx.transforms import SphinxTransform


class RemoveComments(SphinxTransform):
    """Drop HTML comments, such as the markers of numbers, which a title would show as text."""

    default_priority = 100  # before anything reads the titles

    def apply(self):
        """Remove them from one page."""
        for node in list(self.document.findall(nodes.raw)):
            if node.astext().startswith("<!--"):
                node.parent.remove(node)


def need_repository(app, config):
    """Without an address, drop the buttons that lead to the repository: the theme would fail."""
    options = config.html_theme_options
    if not options.get("repository_url"):
        buttons = ("use_repository_button", "use_edit_page_button", "use_issues_button")
        for name in (*buttons, "launch_buttons"):
            options.pop(name, None)


def add_labels(app, env):
    """Let [text](#label) lead to equations and references, and keep its text, not a number."""
    labels = env.get_domain("std").anonlabels
    for label, (docname, _) in env.get_domain("math").equations.items():
        labels[label.lower()] = docname, nodes.make_id(f"equation-{label}")
    for citation in env.get_domain("cite").citations:
        labels[citation.key.lower()] = citation.bibliography_key.docname, citation.citation_id


def mend_bibliography(app, pagename, templatename, context, doctree):
    """Take away a role that ARIA has given up, and that of a list which has no items."""
    for role in ("doc-biblioentry", "list"):
        context["body"] = context.get("body", "").replace(f' role="{role}"', "")


def setup(app):
    """Connect each repair to the moment when it is due."""
    app.add_transform(RemoveComments)
    app.connect("config-inited", need_repository)
    app.connect("env-updated", add_labels, priority=600)  # once the references have their ids
    app.connect("html-page-context", mend_bibliography)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
