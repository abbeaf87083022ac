"""Print the built site: each deck without and with the notes, and the book; put all of it in a zip.

Run by `make slides-pdf`, `make pdf` and `make offline`; printing needs a Chromium.
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin, urlsplit

import pypdfium2
from browsing import launch
from bs4 import BeautifulSoup
from playwright.sync_api import Error, sync_playwright
from pypdf import PdfReader
from slides import BOOK, FOLDER, STICK
from sphinx_external_toc.parsing import parse_toc_yaml
from students import archive

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
VARIANTS = {".pdf": "print-pdf", "-notes.pdf": "print-pdf&notes"}
PAGES = {"prefer_css_page_size": True, "print_background": True, "tagged": True, "outline": True}
SHEETS = {"format": "A4", "tagged": True, "outline": True}
# A copy of each picture: one that was lazy and is made to load keeps Chromium's printer for 2 s.
READY = """() => Promise.all([document.fonts.ready, ...[...document.images].map(image => {
    const copy = image.cloneNode();
    copy.loading = "eager";
    image.replaceWith(copy);
    return copy.decode();
})])"""
# The one runs, the other says again what all say.
LEFT_OUT = {"book/playground", "book/checked"}
FOLDED = "details:not([open], .question *)"
ONLY_ON_SCREEN = (
    "script, .headerlink, .slides-of, .printed, #live, .ways, .chapters, "
    "section:has(> details > .pieces), "
    f"{FOLDED}, div.cell:not(:has(> :not({FOLDED})))"
)
REFERENCES = ["id", "for", "aria-labelledby", "aria-describedby"]
FRAME = """<!DOCTYPE html>
<html lang="{lang}" data-theme="light"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="{style}">
<style>
@page :first {{ @bottom-center {{ content: none; }} }}
.leaf {{ break-before: page; }}
#index {{ font-size: 1rem; line-height: 1.4; }}
.cover {{ margin-top: 40mm; }}
.cover h1 {{ font-size: 3rem; }}
.cover .front {{ font-size: 1.25rem; }}
.index {{ columns: 3; column-gap: 8mm; font-size: 0.9rem; line-height: 1.4; }}
.index h1 {{ column-span: all; margin-bottom: 1rem; }}
.index ul {{ margin: 0; padding: 0; list-style: none; }}
.index ul ul {{ padding-inline-start: 0.75rem; }}
.index > ul {{ margin-bottom: 0.75rem; break-inside: avoid; }}
.index a {{ display: flex; justify-content: space-between; gap: 0.5rem; }}
.index a {{ color: inherit; text-decoration: none; }}
.index > ul > li > a {{ font-weight: 600; }}
</style></head>
<body><main class="bd-content"><div class="bd-article">{body}</div></main></body></html>"""


def print_page(browser, address, options):
    """An address as a PDF, the same bytes each time."""
    page = browser.new_page()
    page.goto(address)
    page.evaluate(READY)
    pdf = page.pdf(**options)
    page.close()
    pdf = re.sub(rb"\(D:\d{14}", b"(D:19800101000000", pdf)
    # The browser counts all nodes that it has seen; only their order says something.
    nodes = sorted({*re.findall(rb"node\d{8}", pdf)})
    return re.sub(rb"node\d{8}", lambda node: b"node%08d" % nodes.index(node[0]), pdf)


def texts(pdf):
    """The text of each page of a PDF: PDFium reads through drawn figures far faster than pypdf."""
    with pypdfium2.PdfDocument(pdf) as printed:
        return [page.get_textpage().get_text_bounded() for page in printed]


def print_deck(browser, deck, folder):
    """Print the deck in an HTML file into the folder, and return the PDFs."""
    pdfs = []
    for ending, query in VARIANTS.items():
        pdfs.append(folder / (deck.stem + ending))
        pdfs[-1].write_bytes(print_page(browser, f"{deck.as_uri()}?{query}", PAGES))
    return pdfs


def anchor(page, fragment=""):
    """The id of a place of the site on the one page of the book."""
    return "--".join(filter(None, [Path(page).stem, fragment]))


def leaf(site, name, names):
    """A page for paper: its ids are unique in the book, its links lead within it or to the web."""
    page = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")
    left_out = set()
    for part in page.select(ONLY_ON_SCREEN):
        left_out |= {
            place["id"] for place in [part, *part.find_all(id=True)] if "id" in place.attrs
        }
        part.extract()
    article, contents = page.article, page.select_one("#toc > ul")
    for part in article.find_all(True):
        for key in REFERENCES:
            if key in part.attrs:
                part[key] = anchor(name, part[key])
    for picture in article.find_all("img"):
        picture["src"] = urljoin((site / f"{name}.html").as_uri(), picture["src"])
        del picture["loading"]
    for link in [*article.find_all("a", href=True), *page.select("#toc a")]:
        url = urlsplit(urljoin(f"{name}.html", link["href"]))
        if not url.scheme:
            target = url.path.removesuffix(".html")
            if target in names and not (target == name and url.fragment in left_out):
                link["href"] = f"#{anchor(target, url.fragment)}"
            else:
                link.unwrap()  # it leads to what is not on paper
    if not contents:
        item = f'<ul><li><a href="#{anchor(name)}">{article.h1.get_text()}</a></li></ul>'
        contents = BeautifulSoup(item, "html.parser").ul
    for deep in contents.select("ul ul ul"):
        deep.decompose()
    article.name, article["class"], article["id"] = "section", "leaf", anchor(name)
    return page, article, contents


def book_on_a_page(site):
    """The book as one page of HTML: cover, contents with room for the numbers, and the rest."""
    names = [name for name in parse_toc_yaml(ROOT / "_toc.yml") if name not in LEFT_OUT]
    (first, about, _), *rest = [leaf(site, name, names) for name in names]
    cover = first.new_tag("section", attrs={"class": "cover"})
    cover.extend([about.h1.extract(), about.select_one(".front").extract()])
    licence = first.select_one(".bottom").extract()
    licence.name, licence["class"] = "p", "licence"  # paper has no bar at its foot
    cover.append(licence)
    contents = first.new_tag("nav", attrs={"class": "index leaf"})
    contents.append(first.new_tag("h1", string="Contents"))
    contents.extend(part for *_, part in rest)
    for link in contents.find_all("a"):
        link.append(first.new_tag("span", attrs={"data-page-of": link["href"][1:]}))
    body = [cover, contents, about, *(article for _, article, _ in rest)]
    return FRAME.format(
        lang=first.html["lang"],
        title=cover.h1.get_text(),
        style=(site / "_static/site.css").as_uri(),
        body="\n".join(map(str, body)),
    )


def numbered(html, numbers):
    """The book on a page with the numbers of pages in its contents."""
    return re.sub(
        'data-page-of="(.*?)">', lambda place: f"{place[0]}{numbers.get(place[1], '')}", html
    )


def print_book(browser, site, pdf):
    """Print the book of a site into a file: twice, since only paper knows the numbers of pages."""
    html, numbers = book_on_a_page(site), {}
    with TemporaryDirectory() as folder:
        page = Path(folder, "book.html")
        for _ in range(2):
            page.write_text(numbered(html, numbers), "utf-8")
            pdf.write_bytes(print_page(browser, page.as_uri(), SHEETS))
            printed = PdfReader(pdf)
            places = printed.named_destinations.items()
            numbers = {
                name.removeprefix("/"): printed.get_destination_page_number(place) + 1
                for name, place in places
            }


def print_all(wanted):
    """Print the decks, the book, or both."""
    decks = sorted(Path(SITE, FOLDER).glob("*.html"))
    if not decks:
        sys.exit("There is nothing to print yet: run make book.")
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as error:
            sys.exit(
                f"Printing needs a Chromium, try `playwright install chromium`: {error.message}"
            )
        if "slides" in wanted:
            for count, deck in enumerate(decks, 1):
                print(f"{count} of {len(decks)}: {deck.stem} …", flush=True)
                for pdf in print_deck(browser, deck, deck.parent):
                    print(pdf)
        if "book" in wanted:
            print("The book …", flush=True)
            print_book(browser, SITE, SITE / BOOK)
            print(SITE / BOOK)
        browser.close()


def main():
    """Do what is asked for: print slides and book, or put the site in a zip."""
    if "stick" in sys.argv:
        archive(SITE, SITE / STICK)
        print(SITE / STICK)
    else:
        print_all(sys.argv)


if __name__ == "__main__":
    main()
