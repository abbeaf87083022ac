"""Decks: pages in `book/slides`, whose sections are slides.

They are built with the book, so that they can show pieces of it. Of reveal.js, which
sphinx-revealjs brings, only the player is used: its builder would make a second book of this one.
"""

import re
from html import escape
from importlib.resources import files
from math import inf
from pathlib import Path, PurePosixPath

import segno
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx.util.osutil import relative_uri

from pulls import link_to_section, pull, title_of, tree_of
from questions import fold

FOLDER = "book/slides/"
CITATION = "CITATION.cff"
REVEAL = files("sphinx_revealjs") / "_static/revealjs"
PLUGINS = ["plugin/notes/notes.js", "plugin/zoom/zoom.js"]
PLAYER = ["dist/reveal.js", "dist/reveal.css", *PLUGINS, "LICENSE"]
BOOK, STICK = "previously-on.pdf", "previously-on-offline.zip"  # beside the first page of the site
GENERATED = re.compile(r"(^|/)(__pycache__/|\.)")  # what tools leave beside what people write
logger = logging.getLogger(__name__)
NUMBER = re.compile(r"[-−]?\d[\d.,]*%?")  # all that a cell of a table holds
TALL = 1.3  # a figure not wider than this, relative to its height, stands beside the text


class notes(nodes.General, nodes.Element):
    """What the speaker says."""


class slide(nodes.General, nodes.Element):
    """A section, shown by itself."""


class heading(nodes.General, nodes.TextElement):
    """The title of a slide; Sphinx would number and link that of a section."""


class where(nodes.General, nodes.TextElement):
    """The foot of a slide: where in the book it comes from, and how far the deck is."""


class decks(nodes.General, nodes.Element):
    """The place of the list of all decks."""


class Notes(SphinxDirective):
    """Speaker notes, in Markdown with math, and the minutes that they take."""

    required_arguments = 1
    has_content = True

    def run(self):
        try:
            minutes = directives.positive_int(self.arguments[0])
        except ValueError:
            got = self.arguments[0]
            raise self.error(f"notes: expected the minutes they take, got {got!r}") from None
        time = nodes.paragraph("", "", nodes.strong("", f"{minutes} min"))
        return [notes("", time, *self.parse_content_to_nodes(), minutes=minutes)]


class Decks(SphinxDirective):
    """The list of all decks, with their times and PDFs."""

    def run(self):
        return [decks()]


def is_deck(docname):
    return docname.startswith(FOLDER)


def minutes_of(node):
    return sum(said["minutes"] for said in node.findall(notes))


def deck_of(env, docname):
    """The deck of a chapter, if there is one."""
    page = PurePosixPath(docname)
    deck = (page.parent / "slides" / page.name).as_posix()
    return deck if deck in env.found_docs else None


def chapter_of(env, deck):
    """The chapter of a deck, or the first page for one that belongs to none."""
    page = PurePosixPath(deck)
    chapter = (page.parent.parent / page.name).as_posix()
    return chapter if chapter in env.found_docs else env.config.root_doc


def pdfs_of(app, deck):
    """The PDFs of a deck that exist, and what each is."""
    variants = {".pdf": "PDF", "-notes.pdf": "PDF with notes"}
    found = {deck + suffix: text for suffix, text in variants.items()}
    return {name: text for name, text in found.items() if Path(app.outdir, name).exists()}


def whole_of(app):
    """The files that hold the whole book and exist, and what each is."""
    variants = {BOOK: "The book as a PDF", STICK: "Book, slides and notebooks for a USB stick"}
    return {name: text for name, text in variants.items() if Path(app.outdir, name).exists()}


class ListDecks(SphinxPostTransform):
    """Put the list of all decks in its place."""

    default_priority = 2

    def run(self):
        for place in list(self.document.findall(decks)):
            pages = list(self.env.external_site_map)
            found = filter(is_deck, sorted(self.env.found_docs))
            found = sorted(found, key=lambda deck: pages.index(chapter_of(self.env, deck)))
            items = [*map(self.item, found), *map(self.file, whole_of(self.app).items())]
            place.replace_self(nodes.bullet_list("", *items))

    def file(self, whole):
        """A file that holds the whole book."""
        name, text = whole
        link = nodes.reference("", text, refuri=relative_uri(self.env.docname, name))
        return nodes.list_item("", nodes.paragraph("", "", link), classes=["printed"])

    def item(self, deck):
        """Where a deck is, and how long it takes."""
        builder, here = self.app.builder, self.env.docname
        title, tree = self.env.titles[deck].astext(), self.env.get_doctree(deck)
        n, minutes = len(list(tree.findall(nodes.section))), minutes_of(tree)
        n += bool(builder.config.html_baseurl)  # the slide with the address
        line = nodes.paragraph("", "", make_refnode(builder, here, deck, "", nodes.Text(title)))
        line += nodes.Text(f": {n} slides" + f", {minutes} minutes" * bool(minutes))
        for file, text in pdfs_of(self.app, deck).items():
            link = nodes.reference("", text, refuri=relative_uri(here, file))
            line += nodes.inline("", ", ", link, classes=["printed"])
        return nodes.list_item("", line)


def sections_of(node):
    return [child for child in node if isinstance(child, nodes.section)]


def link_to_course(app):
    """The link to the site, if somebody has said where it is."""
    address = app.config.html_baseurl
    return [nodes.reference("", address, refuri=address)] if address else []


def credit(app):
    """Who made the course, under which licences, and where it is: for the title slide."""
    citation, said = Path(app.srcdir, CITATION), []
    if citation.exists():
        course = yaml.safe_load(citation.read_text("utf-8"))
        names = (author["name"] for author in course["authors"])
        said = [nodes.inline("", f"{', '.join(names)} · {', '.join(course['license'])}")]
    parts = [*said, *link_to_course(app)]
    return [nodes.paragraph("", "", *parts, classes=["credit"])] if parts else []


def closing(app):
    """The last slide, where there is an address: for the telephones in the room."""
    links = link_to_course(app)
    if not links:
        return []
    address = app.config.html_baseurl
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    said = f'<p class="code" role="img" aria-label="{escape(address)} as a QR code">{drawn}</p>'
    title = heading("", "", nodes.Text("Where to find it"), level="h2")
    link = nodes.paragraph("", "", *links)
    face = nodes.container("", title, nodes.raw("", said, format="html"), link, classes=["face"])
    return [slide("", face, ids=["where-to-find-it"], minutes=0)]


class MakeSlides(SphinxPostTransform):
    """Make each section a slide."""

    default_priority = 3  # after the pieces have come, before references are resolved (10)

    def run(self):
        if not is_deck(self.env.docname):
            return
        titles = sections_of(self.document)
        sections = [section for title in titles for section in sections_of(title)]
        if len(titles) != 1 or any(map(sections_of, sections)):
            path = self.env.doc2path(self.env.docname)
            raise ExtensionError(f"{path}: expected one title (#), and below it only slides (##)")
        (title,) = titles
        for section in sections:
            title.remove(section)
        slides = [self.slide(title, "h1"), *(self.slide(section, "h2") for section in sections)]
        slides[0][0] += credit(self.app)
        slides += closing(self.app)
        here, chapter = self.env.docname, chapter_of(self.env, self.env.docname)
        name = nodes.Text(self.env.titles[chapter].astext())
        origins = [make_refnode(self.app.builder, here, chapter, "", name)]
        sections = tree_of(self.env, chapter).findall(nodes.section)
        sections = {title_of(section): section for section in sections}
        for page in slides[1:]:
            found = [place["origin"] for place in page.findall(pull)]
            if same := sections.get(page.next_node(heading).astext()):
                found.append(link_to_section(self.app, here, chapter, same))
            origins.append(next(filter(None, found), None))
        for number, page in enumerate(slides):
            near = [*origins[number:], *reversed(origins[:number])]  # for one that shows no piece
            origin = next(filter(None, near)).deepcopy()
            page[0] += where("", "", nodes.inline("", f"{number + 1} / {len(slides)}"), origin)
        title.replace_self(slides)

    def slide(self, section, level):
        """What the room sees, and then what the speaker says."""
        name, *content = section
        said = [child for child in content if isinstance(child, notes)]
        face = nodes.container("", heading("", "", *name.children, level=level), classes=["face"])
        face.extend(child for child in content if child not in said)
        for answer in list(face.findall(fold)):
            answer.replace_self(nodes.container("", *answer.children, classes=["fragment"]))
        for image in face.findall(nodes.image):
            image["classes"].append("no-scaled-link")  # a press on it would end the show
        for table in face.findall(nodes.tgroup):
            for head, *column in zip(*(row.children for row in table.findall(nodes.row))):
                if all(NUMBER.fullmatch(cell.astext()) for cell in column):
                    for cell in (head, *column):
                        cell["classes"].append("number")
        for step in face.findall(nodes.list_item):
            if "steps" in step.parent["classes"]:
                step["classes"].append("fragment")
        return slide("", face, *said, ids=section["ids"], minutes=minutes_of(section))


def visit_slide(self, node):
    """A slide, which says whether it has a figure to stand beside the text."""
    images = (
        image for figure in node.findall(nodes.figure) for image in figure.findall(nodes.image)
    )
    sizes = (image["own_size"] for image in images)  # by pages.py
    tall = any(width < TALL * height for width, height in sizes)
    timing = {"data-timing": 60 * node["minutes"]} if node["minutes"] else {}  # for the clock
    self.body.append(self.starttag(node, "section", CLASS="tall" if tall else "", **timing))


def visit_heading(self, node):
    self.body.append(f"<{node['level']}>")


def depart_heading(self, node):
    self.body.append(f"</{node['level']}>\n")


def visit_where(self, node):
    self.body.append(self.starttag(node, "footer"))


def visit_notes(self, node):
    """Notes bring stylesheets along: of formulas, and of the speaker's window, which is bare."""
    self.body.append(self.starttag(node, "aside", CLASS="notes"))
    for sheet in ("katex.min.css", "slides.css"):
        address = relative_uri(self.builder.current_docname, f"_static/{sheet}")
        self.body.append(f'<link rel="stylesheet" href="{address}">')


def end(tag):
    """The visitor that ends an element."""
    return lambda self, node: self.body.append(f"</{tag}>\n")


def admit_decks(app, config):
    """Let decks in, which stand in no table of contents."""
    config.exclude_patterns = [name for name in config.exclude_patterns if not is_deck(name)]


def drop_old_files(app):
    """Remove what is older than anything it may show: any page, and of the decks its own or all."""
    source, decks = Path(app.srcdir), Path(app.srcdir, FOLDER)
    patterns = "_*.yml", CITATION, "book/**/*", "src/**/*.py"
    sources = [path for pattern in patterns for path in source.glob(pattern) if path.is_file()]
    sources = [p for p in sources if not GENERATED.search(p.relative_to(source).as_posix())]
    shared = [path for path in sources if path.parent != decks]
    may_show = {BOOK: shared, STICK: [*shared, *decks.glob("*.md")]}
    for pdf in Path(app.outdir, FOLDER).glob("*.pdf"):
        own = decks / f"{pdf.stem.removesuffix('-notes')}.md"
        may_show[FOLDER + pdf.name] = [*shared, own] if own.exists() else []
    for name, shown in sorted(may_show.items()):
        file, last = Path(app.outdir, name), max((p.stat().st_mtime for p in shown), default=inf)
        if file.exists() and file.stat().st_mtime < last:
            file.unlink()
            logger.info("removed %s, which is older than what it shows", file.name)


def mark_deck(app, doctree):
    """Ask neither the contents nor the search for a deck: what is on it, a chapter says."""
    if is_deck(app.env.docname):
        app.env.metadata[app.env.docname] |= {"orphan": True, "nosearch": True}


def open_beside(app, doctree, docname):
    """Open what a deck leads to beside it: the show goes on, and so does the speaker's window."""
    if is_deck(docname):
        for link in doctree.findall(nodes.reference):
            if not link.get("refuri", "#").startswith("#"):
                link["target"], link["rel"] = "_blank", "noopener"


def renew_decks(app, env):
    """Write every deck anew, since a piece of it may have changed."""
    return list(filter(is_deck, env.found_docs))


def frame_deck(app, pagename, templatename, context, doctree):
    """Give a deck the frame of its own, and a chapter the links to its deck."""
    deck = pagename if is_deck(pagename) else deck_of(app.env, pagename)
    context["deck"], context["pdfs"] = deck, pdfs_of(app, deck) if deck else {}
    context["whole"] = whole_of(app)
    if not is_deck(pagename):
        return None
    # There is no link to a place within a deck.
    context["body"] = re.sub(r'<a class="headerlink".*?</a>', "", context["body"])
    context["minutes"] = minutes_of(doctree)
    return "slides.html"


def copy_player(app):
    """Bring what of reveal.js the decks load."""
    folder = Path(app.outdir, "_static/reveal")
    folder.mkdir(parents=True, exist_ok=True)
    for name in PLAYER:
        (folder / PurePosixPath(name).name).write_bytes((REVEAL / name).read_bytes())
    return []


def setup(app):
    """Add directives, nodes and the moments when they become slides."""
    app.add_directive("notes", Notes)
    app.add_directive("decks", Decks)
    app.add_node(decks)
    app.add_node(slide, html=(visit_slide, end("section")))
    app.add_node(heading, html=(visit_heading, depart_heading))
    app.add_node(where, html=(visit_where, end("footer")))
    app.add_node(notes, html=(visit_notes, end("aside")))
    app.add_post_transform(MakeSlides)
    app.add_post_transform(ListDecks)
    app.connect("config-inited", admit_decks, priority=950)  # after the table of contents is read
    app.connect("builder-inited", drop_old_files)
    app.connect("doctree-read", mark_deck)
    app.connect("env-updated", renew_decks)
    app.connect("doctree-resolved", open_beside)
    app.connect("html-collect-pages", copy_player)
    app.connect("html-page-context", frame_deck, priority=900)  # after the repairs of pages.py
    return {"parallel_read_safe": True, "parallel_write_safe": True}
