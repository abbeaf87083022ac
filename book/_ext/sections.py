"""What the search looks through: the sections of all pages as text, each with its place.

They are a script and not data, because a page opened as a file may load the one and not the other.
"""

import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, SoupStrainer

from checked import PAGE

NOT_TEXT = ["headerlink", "section-number", "eqno", "scrubber"]  # classes
IMPORTS = re.compile(r"^ *(?:import|from) .*$", re.MULTILINE)
INVISIBLE = re.compile("[\u2061-\u2064\u200b]")  # marks of MathML that say what juxtaposition means


def readable(formula):
    """A formula once, in the characters that a page shows."""
    math = formula.select_one("semantics > :first-child")
    for fraction in math.select("mfrac"):
        fraction.insert(1, "/")
    for power in math.select("msup > :last-child"):
        power.insert_before("^")
    return INVISIBLE.sub("", math.get_text())


def one_line(text):
    return " ".join(text.split())


def is_place(element):
    """Whether an element is a section, or what the page on the package says of one name."""
    if element.name == "section":
        return element.has_attr("id")
    return "py" in element.get("class", ()) and element.dt and element.dt.has_attr("id")


def sections(page):
    """The title, anchor, prose and code of each section of a page, without those within it."""
    article = BeautifulSoup(page, "html.parser", parse_only=SoupStrainer("article"))
    for formula in article.find_all(class_="katex"):
        formula.replace_with(readable(formula))
    for part in [*article.find_all(class_=NOT_TEXT), *article.find_all(["script", "style"])]:
        part.decompose()
    for folded in article.find_all("details", class_="hide"):
        folded.summary.decompose()
    found = []
    for place in reversed(article.find_all(is_place)):  # the inner ones first
        place.extract()
        heading = place.find(["h1", "h2", "h3", "h4"]) or place.select_one(".descname")
        title = one_line(heading.get_text())
        if heading.name != "span":
            heading.decompose()
        code = [IMPORTS.sub("", part.extract().get_text()) for part in place.select("pre")]
        anchor = place.get("id") or place.dt["id"]
        found.append((title, anchor, one_line(place.get_text()), one_line(" ".join(code))))
    return found[::-1]


def write_sections(app, exception):
    """Write the sections of all pages, in the order of the book."""
    if exception or app.builder.format != "html":
        return
    found = []
    for name in app.env.external_site_map:
        if name == PAGE:  # says again what the other pages say
            continue
        address = f"{name}.html"
        places = sections(Path(app.outdir, address).read_text("utf-8"))
        page = places[0][0]
        for number, (title, anchor, *texts) in enumerate(places):
            found.append([page, title, f"{address}#{anchor}" if number else address, *texts])
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[")
    Path(app.outdir, "sections.js").write_text(f"const SECTIONS = {text};\n", "utf-8")


def replace_search(app):
    """Leave out Sphinx's own index and page."""
    app.builder.search = False


def setup(app):
    """Wait until every page is there."""
    app.connect("builder-inited", replace_search)
    app.connect("build-finished", write_sections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
