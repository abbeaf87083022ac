"""The decks: what they may hold, what they pull, and how they behave in a browser and on paper."""

import ast
import pydoc
import re
from collections import Counter
from functools import cache
from inspect import isfunction
from io import BytesIO
from pathlib import Path

import notebooks
import pytest
import segno
import yaml
from browsing import SETTLED, ids, serve, soup, violations
from matplotlib.font_manager import font_scalings
from playwright.sync_api import expect
from printed import PAGES, READY, leaf, print_deck, texts
from pypdf import PdfReader
from slides import BOOK, STICK

from previously import plot

SOURCES = sorted((notebooks.BOOK / "slides").glob("*.md"))
CHAPTERS = [path for path in SOURCES if (notebooks.BOOK / path.name).with_suffix(".ipynb").exists()]
OURS = [*CHAPTERS, notebooks.BOOK / "slides/previously.md"]  # the last is a recap of all
TIMES = {"previously": (10, 15)} | {path.stem: (20, 30) for path in CHAPTERS}
TOO_TALL = {"fig-gallery"}  # forty small pictures, whose titles nobody could read on a slide
LETTERS = {"text": 34, "table": 32, "code": 28, "equation": 48, "index": 16, "figure": 20}  # least
WRITES = {"text", "annotate", "legend", "set_title", "set_xlabel", "set_ylabel", "tick_params"}
ASKED = r":::\{(question|pull\} ask-)"

each_of_ours = pytest.mark.parametrize("source", OURS, ids=lambda path: path.stem)
each_of_a_chapter = pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
each_deck = pytest.mark.parametrize("deck", [path.stem for path in SOURCES])
each_with_notes = pytest.mark.parametrize("deck", [path.stem for path in OURS])


def sections(source):
    """The Markdown of each slide of a deck, without and with its notes."""
    text = source.read_text("utf-8")
    parts = re.split(r"^(?=#{1,2} )", text, flags=re.MULTILINE)[1:]
    return [(re.sub(r":::\{notes\}.*?\n:::", "", part, flags=re.DOTALL), part) for part in parts]


@pytest.fixture
def slides(built, deck):
    return soup(built / f"html/book/slides/{deck}.html").select(".slides > section")


@pytest.fixture
def printed(once, browser, built, deck):
    """The PDFs of a deck, without and with its notes."""

    def make(folder):
        return [
            pdf.name for pdf in print_deck(browser, built / f"html/book/slides/{deck}.html", folder)
        ]

    folder, names = once(f"{deck}-printed", make)
    return [folder / name for name in names]


# What our decks hold; one of a lecturer's own may have another style


@each_of_ours
def test_deck_takes_the_time_it_should(source):
    minutes = sum(map(int, re.findall(r":::\{notes\} (\d+)", source.read_text("utf-8"))))
    least, most = TIMES[source.stem]
    assert least <= minutes <= most


@each_of_ours
def test_every_slide_has_notes_and_every_later_one_asks_a_question(source):
    for number, (shown, part) in enumerate(sections(source), 1):
        (said,) = re.findall(r":::\{notes\} \d+\n(.*?)\n:::", part, flags=re.DOTALL)
        asked = re.search(r"\*[^*]+\?\*\s*\S", said) or re.search(ASKED, shown)
        assert asked or number == 1, f"{number}: no question with its answer"


@each_of_a_chapter
def test_deck_of_a_chapter_asks_the_room_on_some_of_its_slides(source):
    asking = [shown for shown, _ in sections(source) if re.search(ASKED, shown)]
    assert 2 <= len(asking) <= 6


@each_of_ours
def test_no_slide_says_more_than_forty_words(source):
    for shown, _ in sections(source):
        text = re.sub(r"^(#.*|:.*|\{.*)$|\$[^$]+\$|<[^>]*>", "", shown, flags=re.MULTILINE)
        words = re.findall(r"[\w’'-]+", text)
        assert len(words) <= 40, f"{len(words)} words: {shown}"


@each_of_a_chapter
def test_deck_of_a_chapter_has_its_figures_on_twelve_to_twenty_slides(source):
    assert 12 <= len(sections(source)) <= 20
    chapter = notebooks.read(notebooks.BOOK / source.with_suffix(".ipynb").name)
    figures = {cell.id for cell in chapter.cells if cell.id.startswith("fig-")}
    pulled = set(re.findall(r":::\{pull\} (\S+)", source.read_text("utf-8")))
    assert figures - pulled <= TOO_TALL


def test_recap_is_the_lecture_slide_for_slide(built):
    """Titles and bullets word for word, and the labels of the formulas and pictures, in order."""
    lecture = [
        ["Previously on… Deep Learning", "Romain Tavenard (Université de Rennes)", "A course @UR2"],
        [
            "Stochastic gradient descent",
            "Given a loss function to minimize:",
            "equation-eq-mean-loss",
            "Gradient Descent update rule:",
            "equation-eq-gradient-descent",
            "(Mini-batch) Stochastic Gradient Descent update rule:",
            "equation-eq-sgd",
        ],
        ["Neural networks and back-propagation", "fig-network"],
        [
            "Neural networks and back-propagation",
            "equation-eq-chain-w2",
            "equation-eq-chain-w1",
            "equation-eq-chain-w0",
        ],
        ["Neural networks and back-propagation", "equation-eq-prime", "equation-eq-weights"],
        [
            "End-to-end learning",
            "Classification using MLP",
            "Hidden layers: non-linear transformations",
            "Last layer: logistic regression",
            "Example with a 3-hidden-layer net (last layer with 2 units)",
        ],
        ["Input space, last hidden layer", "fig-two-spaces"],
    ]
    slides = soup(built / "html/book/slides/previously.html").select(".slides > section .face")
    assert len(slides) == len(lecture)
    for slide, elements in zip(slides, lecture):
        html, at = str(slide), -1
        for element in elements:
            assert html.find(element, at + 1) > at, f"{element} is missing or out of order"
            at = html.find(element, at + 1)


# What stands in the pages


@each_deck
def test_every_pull_is_the_piece_of_the_book(built, deck):
    """The formula, picture or table that a chapter has under that label, with its number."""
    source = (notebooks.BOOK / "slides" / f"{deck}.md").read_text("utf-8")
    pages = (built / "html/book").glob("*.html")
    pulling = {"checked", "index", "playground"}
    chapters = [ids(path) for path in pages if path.stem not in pulling]
    slides = ids(built / f"html/book/slides/{deck}.html")
    for name in re.findall(r":::\{pull\} ((?:eq|fig|table|ask)-\S+)", source):
        target = f"equation-{name}" if name.startswith("eq-") else name
        (theirs,) = (chapter[target] for chapter in chapters if target in chapter)
        mine = slides[target]
        if name.startswith("eq-"):
            assert mine.select_one(".eqno").get_text() == theirs.select_one(".eqno").contents[0]
            formula = [page.select_one("annotation").get_text() for page in (mine, theirs)]
            assert formula[0] == formula[1].rstrip(" .,\n")
        elif theirs.select_one(".scrubber"):
            frames = [page.select_one(".scrubber")["data-frames"] for page in (mine, theirs)]
            assert frames[0] == frames[1]
        elif name.startswith("fig-"):
            pictures = [Path(page.img["src"]).name for page in (mine, theirs)]
            assert pictures[0] == pictures[1]
            assert mine.img["alt"] == theirs.img["alt"]
        elif name.startswith("table-"):
            cells = [[cell.get_text() for cell in page.select("td")] for page in (mine, theirs)]
            assert cells[0] == cells[1]
        else:
            asked = [page.select_one(".asked").get_text() for page in (mine, theirs)]
            assert asked[0] == asked[1]
            assert mine.div.get_text().strip() == theirs.select_one("details p").get_text()


@each_of_a_chapter
def test_code_on_a_slide_is_the_cell_of_the_chapter(built, source):
    chapter = notebooks.read(notebooks.BOOK / source.with_suffix(".ipynb").name)
    pulled = re.findall(r":::\{pull\} (\S+)", source.read_text("utf-8"))
    code = [cell for cell in chapter.cells if cell.id in pulled and not cell.id.startswith("fig-")]
    page = soup(built / f"html/book/slides/{source.stem}.html")
    shown = [block.get_text() for block in page.select(".face .cell_input pre")]
    for block, cell in zip(shown, code, strict=True):
        rest = map(str.strip, cell.source.splitlines())
        assert all(line.strip() in rest for line in block.strip().splitlines()), cell.id  # in order


@each_of_a_chapter
def test_steps_through_code_mark_the_lines_that_the_notes_name(built, source):
    slides = soup(built / f"html/book/slides/{source.stem}.html").select(".slides > section")
    for slide, (shown, _) in zip(slides, sections(source), strict=True):
        for steps in re.findall(r":steps: (.+)", shown):
            lines = slide.select_one(".walk pre").get_text().splitlines()
            marked = [
                line
                for first, last in re.findall(r"(\d+)(?:-(\d+))?", steps)
                for line in lines[int(first) - 1 : int(last or first)]
            ]
            for said in (code.get_text() for code in slide.select("aside.notes code")):
                found = [line for line in lines if said in line]
                assert not found or {*found} & {*marked}, f"{said}: no step marks it"


@each_deck
def test_every_link_of_a_deck_leads_into_the_book(built, slides):
    at = built / "html/book/slides"
    for slide in slides:
        (link,) = slide.select("footer a")
        path, _, anchor = link["href"].partition("#")
        assert not anchor or anchor in ids((at / path).resolve()), link["href"]
        assert (at / path).exists()


def test_what_a_deck_leads_to_opens_beside_the_show(built, elsewhere):
    """A link that led away would end the show, and empty the speaker's window."""
    paths = [*built.glob("html/book/slides/*.html"), *elsewhere.glob("html/book/slides/*.html")]
    links = [
        link for path in paths for link in soup(path).select("section a[href]:not([href^='#'])")
    ]
    assert any(not link.find_parent("footer") for link in links)
    assert any(link["href"].startswith("http") for link in links)
    assert {(link.get("target"), *link.get("rel", [])) for link in links} == {
        ("_blank", "noopener")
    }


def test_columns_of_numbers_are_aligned_at_their_ends(visit, built):
    number = re.compile(r"[\d.,]+%?")
    page = soup(built / "html/book/slides/end_to_end.html")
    for table in page.select(".face table"):
        for _, *column in zip(*(row.select("th, td") for row in table.select("tr"))):
            numbers = all(number.fullmatch(cell.get_text(strip=True)) for cell in column)
            assert all(numbers == ("number" in cell.get("class", [])) for cell in column)
    with visit("book/slides/end_to_end.html", java_script_enabled=False) as tab:
        ends = tab.locator(".face td.number").evaluate_all("""all => all.map(cell => {
            const range = document.createRange(), style = getComputedStyle(cell);
            range.selectNodeContents(cell);
            const end = cell.getBoundingClientRect().right - parseFloat(style.paddingRight);
            return Math.abs(range.getBoundingClientRect().right - end);
        })""")
    assert len(ends) > 10
    assert max(ends) < 1


@each_of_a_chapter
def test_chapter_links_its_deck(built, source):
    links = soup(built / f"html/book/{source.stem}.html").select(".slides-of a")
    assert [link["href"] for link in links] == [f"slides/{source.stem}.html"]


def test_printed_deck_is_linked_until_the_book_changes(elsewhere):
    def links(page, selector):
        return [
            link["href"] for link in soup(elsewhere / f"html/book/{page}.html").select(selector)
        ]

    printed = ["slides/sgd.html", "slides/sgd.pdf", "slides/sgd-notes.pdf"]
    assert links("sgd", ".slides-of a") == printed
    assert links("backprop", ".slides-of a") == ["slides/backprop.html"]
    assert not (elsewhere / "html/book/slides/backprop.pdf").exists()
    assert set(printed) < set(links("teach", "#the-slides li a"))
    assert "slides/backprop.pdf" not in links("teach", "#the-slides li a")
    for selector in ("#the-slides li a", "#actions a"):
        assert {f"../{BOOK}", f"../{STICK}"} < set(links("teach", selector))
    _, paper, _ = leaf(elsewhere / "html", "book/teach", [])
    listed = paper.find(id="teach--the-slides").ul.get_text()
    assert not re.search("PDF|USB", listed), "the book on paper depends on what was printed before"


def test_example_of_a_deck_works(visit, elsewhere):
    page = elsewhere / "html/book/slides/noise.html"
    slides = soup(page).select(".slides > section")
    assert [len(slide.select(".eqno, figure")) for slide in slides] == [0, 1, 1, 0]
    (line,) = soup(elsewhere / "html/book/teach.html").select("li:has(a[href='slides/noise.html'])")
    assert line.get_text().strip() == "Twenty minutes on noise: 4 slides"
    at = f"{(elsewhere / 'html').as_uri()}/"
    with visit("book/slides/noise.html", at=at, height=720) as tab:
        assert [*looks(tab, slides)]
        take_away_what_axe_doubts(tab)
        assert violations(tab, ".present", doubts=True) == []


def test_deck_says_whose_it_is_and_ends_with_the_address_where_there_is_one(built, elsewhere):
    course = yaml.safe_load((notebooks.BOOK.parent / "CITATION.cff").read_text("utf-8"))
    address = "https://someone.github.io/somewhere"
    for site, links in ((built, []), (elsewhere, [address])):
        first, *_, last = soup(site / "html/book/slides/sgd.html").select(".slides > section .face")
        said = first.select_one(".credit")
        for part in (course["authors"][0]["name"], *course["license"], *links):
            assert part in said.get_text()
        assert [link["href"] for link in said.select("a")] == links
        assert [link["href"] for link in last.select("p > a")] == links
        code = last.select_one(".code")
        assert bool(code) == bool(links)
    assert code["aria-label"] == f"{address} as a QR code"
    drawn = segno.make(address, error="m").svg_inline(omitsize=True)
    assert code.select("path")[-1]["d"] == re.findall(r' d="([^"]*)', drawn)[-1]


def test_page_for_instructors_lists_every_deck_with_its_time(built):
    lines = soup(built / "html/book/teach.html").select("#the-slides li")
    assert len(lines) == len(SOURCES)
    for line in lines:
        deck = Path(line.a["href"]).stem
        source = notebooks.BOOK / "slides" / f"{deck}.md"
        minutes = sum(map(int, re.findall(r":::\{notes\} (\d+)", source.read_text("utf-8"))))
        time = f", {minutes} minutes" if minutes else ""
        assert f"{len(sections(source))} slides{time}" in line.get_text()


def test_page_for_instructors_lists_all_that_can_be_pulled(built):
    """What stands on the pages under a label, cells that show something, and functions."""
    pages = {path.stem: ids(path) for path in (built / "html/book").glob("*.html")}
    labelled = {
        name.removeprefix("equation-"): part
        for stem, found in pages.items()
        for name, part in found.items()
        if part.name in ("figure", "table") or {"math", "question"} & {*part.get("class", ())}
        if stem not in ("checked", "playground")  # they pull
        if not re.fullmatch(r"id\d+", name)  # of a table without a label
    }
    cells = [cell for path in notebooks.BOOK.glob("*.ipynb") for cell in notebooks.read(path).cells]
    cells = [cell for cell in cells if cell.cell_type == "code"]
    known = Counter(cell.id for cell in cells)
    shown = {
        cell.id
        for cell in cells
        if known[cell.id] == 1
        for tags in [cell.metadata.get("tags", [])]
        if "hide-cell" not in tags and ("hide-input" not in tags or cell.outputs)
    }
    functions = {
        brief if isfunction(pydoc.locate(brief)) else name
        for name, part in pages["api"].items()
        if part.name == "dt" and "function" in part.parent["class"]
        for brief in [f"previously.{name.rpartition('.')[2]}"]
    }
    page = pages["teach"]["what-can-be-pulled"]
    listed = {item.code.get_text(): item for item in page.select(".pieces > li")}
    assert set(listed) == {*labelled} | shown | functions
    for path in SOURCES:
        assert set(re.findall(r":::\{pull\} (\S+)", path.read_text("utf-8"))) <= set(listed)
    for name, item in listed.items():
        at, _, anchor = item.a["href"].partition("#")
        assert anchor in (ids(built / "html/book" / at) if at else pages["teach"]), name
        assert bool(item.img) == bool(
            name in labelled and labelled[name].select(":scope > * > img, :scope > img")
        )
        assert not item.img or (item.img["alt"] and item.img["loading"] == "lazy")


# What a browser makes of them

LOOK = """() => {
    const slide = Reveal.getCurrentSlide(), face = slide.querySelector(".face");
    const UNSEEN = ".katex-mathml, svg, style, script, .scrubber :is(p, button)";
    const all = [...face.querySelectorAll("*")].filter(e => !e.closest(UNSEEN));
    const box = e => e.getBoundingClientRect();
    const least = (all, such) => Math.min(99, ...all.filter(such).map(size));
    const own = e => [...e.childNodes].some(n => n.nodeType == 3 && /[^\\s\u200b]/.test(n.data));
    const size = e => parseFloat(getComputedStyle(e).fontSize);
    const foot = box(face.querySelector("footer")).top;
    const flows = e => !e.closest("footer, .tall figure") && (own(e) || e.tagName == "IMG");
    return {
        hidden: all.filter(e => own(e) && !e.checkVisibility({visibilityProperty: true})).length,
        outside: all.filter(e => box(e).left < 0 || box(e).right > 1280 || box(e).bottom > 720
            || box(e).top < 0 || e.scrollWidth > e.clientWidth + 1 && e.tagName == "PRE"
            || flows(e) && box(e).bottom > foot + 1).map(e => e.outerHTML.slice(0, 200)),
        text: least(all, e => own(e)
            && !e.closest(".katex, pre, code, table, .scrubber, .eqno, .credit, footer")),
        table: least(all, e => own(e) && e.closest("table") && !e.closest(".katex, code")),
        code: least(all, e => own(e) && e.closest("pre")),
        equation: least([...face.querySelectorAll(".katex-display > .katex")], () => true),
        index: least(all, own),
        figures: [...face.querySelectorAll("figure img")].map(e => [e.closest("figure").id,
            Math.min(box(e).width / e.getAttribute("width"),
                box(e).height / e.getAttribute("height"))]),
        formulas: face.querySelectorAll(".katex-html").length,
    };
}"""
AT = "Reveal.getIndices().h"
STATE = "JSON.stringify([Reveal.getIndices(), Reveal.isLastSlide()])"


def start(tab):
    """Wait until the show has begun."""
    tab.wait_for_function("() => Reveal.isReady()")
    tab.evaluate("document.fonts.ready")


def walk(tab, key="ArrowRight"):
    """Go through a deck with a key; at each slide, with all its fragments shown, pause."""
    while True:
        for _ in range(
            tab.evaluate("Reveal.getCurrentSlide().querySelectorAll('.fragment').length")
        ):
            before = tab.evaluate("Reveal.getIndices().h")
            tab.keyboard.press(key)
            assert tab.evaluate("Reveal.getIndices().h") == before
        yield tab.evaluate("Reveal.getIndices().h")
        before = tab.evaluate(STATE)
        tab.keyboard.press(key)
        if tab.evaluate(STATE) == before:
            break


@each_deck
def test_every_slide_is_reached_and_fits_and_ours_read_from_the_last_row(visit, slides, deck):
    ours = deck in {path.stem for path in OURS}
    with visit(f"book/slides/{deck}.html", height=720) as tab:
        for number, look in looks(tab, slides):
            assert not ours or too_small(look) == [], number


def looks(tab, slides):
    """What stands on each slide, all of it shown and nothing cut."""
    start(tab)
    seen = []
    for number in walk(tab):
        seen.append(number)
        look = tab.evaluate(LOOK)
        assert look["hidden"] == 0, number
        assert look["outside"] == [], number
        assert look["formulas"] == len(slides[number].select(".face math")), number
        yield number, look
    assert seen == list(range(len(slides)))


def take_away_what_axe_doubts(tab):
    """Formulas have their own text for those who hear them; the arrows seem to lie on the slide."""
    doubtful = tab.locator(".katex-html, .controls, .band, .scrubber svg")
    doubtful.evaluate_all("all => all.forEach(e => e.remove())")


def too_small(look):
    """The letters of a slide that the last row cannot read."""
    resolution = plot.STYLE["figure.dpi"] / 72  # pixels of a point, before the slide scales them
    figures = [(name, points_of(name) * resolution * scale) for name, scale in look["figures"]]
    found = [(kind, look[kind], LETTERS[kind]) for kind in LETTERS if kind != "figure"]
    found += [(name, size, LETTERS["figure"]) for name, size in figures]
    return [f"{kind}: {size:.1f} < {least}" for kind, size, least in found if size < least]


@cache
def points_of(figure):
    """The smallest letters in a figure but for indices: plot.STYLE's, or what its cell names."""
    (cell,) = (
        cell
        for path in CHAPTERS
        for cell in notebooks.read(notebooks.BOOK / path.with_suffix(".ipynb").name).cells
        if cell.id == figure
    )
    size = plot.STYLE["font.size"]
    named = [
        word.value.value
        for call in ast.walk(ast.parse(cell.source))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", None) in WRITES
        for word in call.keywords
        if word.arg in ("size", "fontsize", "labelsize")
    ]
    return min([size, *(font_scalings.get(name, 0) * size or name for name in named)])


# To judge one slide, axe-core goes through all that the page holds.
EMPTY_OTHERS = """document.querySelectorAll(".slides > section:not(.present)").forEach(slide => {
    slide.away = [...slide.childNodes];
    slide.replaceChildren();
})"""
FILL_OTHERS = """document.querySelectorAll(".slides > section:not(.present)").forEach(
    slide => slide.replaceChildren(...slide.away)
)"""


@each_deck
def test_every_slide_is_accessible(visit, deck):
    """Light and dark differ in nothing but colours."""
    with visit(f"book/slides/{deck}.html", height=720) as tab:
        start(tab)
        assert violations(tab) == []
        take_away_what_axe_doubts(tab)
        # Lines have another ground while a step marks them: all are judged on that.
        tab.add_style_tag(content=".walk { background: var(--band) !important; }")
        for number in walk(tab, "PageDown"):  # as a clicker does
            tab.evaluate(EMPTY_OTHERS)
            assert violations(tab, ".present", doubts=True) == [], number
            tab.keyboard.press("d")
            assert violations(tab, ".present", doubts=True, colours=True) == [], f"{number}, dark"
            tab.keyboard.press("d")
            tab.evaluate(FILL_OTHERS)


@each_with_notes
def test_speaker_sees_slides_notes_and_clock(visit, built, slides, deck):
    # The window's own script would need a policy of its own.
    with serve(built / "html") as at, visit(f"book/slides/{deck}.html", at=at) as tab:
        start(tab)
        with tab.context.expect_page() as opened:
            tab.keyboard.press("s")
        window = opened.value
        window.set_viewport_size({"width": 1100, "height": 700})  # as the player opens it
        said = window.locator(".speaker-controls-notes .value")
        for number in walk(tab):
            aside = slides[number].select_one("aside.notes")
            said.locator("strong", has_text=re.compile(r"^\d+ min$")).wait_for()
            window.wait_for_function(
                "html => document.querySelector('.speaker-controls-notes .value')"
                ".innerHTML.trim().startsWith(html)",
                arg=tab.evaluate(
                    "Reveal.getCurrentSlide().querySelector('aside.notes').innerHTML.trim()"
                ),
            )
            assert said.locator(".katex-mathml").count() == len(aside.select("math"))
            window.wait_for_function(  # once its stylesheet is there, which hides them from view
                "() => [...document.querySelectorAll('.katex-mathml')].every("
                "e => getComputedStyle(e).position === 'absolute')"
            )
            room = window.locator("#speaker-controls")
            assert room.evaluate("e => e.scrollHeight <= e.clientHeight"), f"{number}: to scroll"
        current, upcoming = window.frames[1:]
        here = "Reveal.getIndices().h"
        window.wait_for_timeout(200)
        assert current.evaluate(here) == tab.evaluate(here)
        assert upcoming.evaluate("Reveal.isReady()")
        assert not any(frame.locator(".controls").is_visible() for frame in (current, upcoming))
        assert re.match(r"\d+:\d\d", window.locator(".clock-value").inner_text())
        assert window.locator(".pacing").is_visible()


def test_show_obeys_its_keys_and_its_address(visit):
    with visit("book/slides/sgd.html", "dark") as tab:
        theme = "document.documentElement.dataset.theme"
        start(tab)
        assert tab.evaluate(theme) == "light", "a projector is light, whatever the system"
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("d")
        assert tab.evaluate(theme) == "dark"
        tab.reload()
        start(tab)
        assert tab.evaluate(theme) == "dark"
        assert tab.evaluate("Reveal.getIndices().h") == 1
        for _ in range(8):
            tab.keyboard.press("Tab")
            assert not tab.evaluate("!!document.activeElement.closest('section:not(.present)')")
        tab.keyboard.press("o")
        assert tab.evaluate("Reveal.isOverview()")
        for width, columns in ((1920, 5), (1280, 4), (390, 1)):
            tab.set_viewport_size({"width": width, "height": 720})
            boxes = tab.locator(".slides > section").evaluate_all(
                "all => all.map(e => e.getBoundingClientRect().toJSON())"
            )
            assert sum(box["top"] == boxes[0]["top"] for box in boxes) == columns
            assert all(box["width"] > 280 and 0 < box["left"] < width - 280 for box in boxes)
        tab.keyboard.press("End")
        expect(tab.locator(".present footer")).to_be_in_viewport()
        tab.locator(".slides > section").nth(-3).click()
        assert tab.evaluate(f"[Reveal.isOverview(), {AT} - Reveal.getTotalSlides()]") == [False, -3]
        tab.keyboard.press("b")
        assert tab.evaluate("Reveal.isPaused()")


def test_code_is_walked_through_and_plain_without_the_show(visit):
    marked = """() => [...document.querySelectorAll(".present .band")]
        .filter(e => e.checkVisibility()).map(e => {
            const code = e.closest(".walk").querySelector("pre"), style = getComputedStyle(code);
            const line = parseFloat(style.lineHeight), at = e.getBoundingClientRect();
            const top = code.getBoundingClientRect().top + parseFloat(style.paddingTop);
            return [(at.top - top) / line + 1, at.height / line].map(n => +n.toFixed(2));
        })"""
    with visit("book/slides/backprop.html#/the-same-in-code", height=720) as tab:
        start(tab)
        seen = [tab.evaluate(marked)]
        for key in [*["ArrowRight"] * 3, "ArrowLeft"]:
            tab.keyboard.press(key)
            seen.append(tab.evaluate(marked))
        assert seen == [[], [[6, 1]], [[7, 2]], [[9, 1]], [[7, 2]]]
        tab.emulate_media(media="print")
        assert tab.evaluate(marked) == []


@pytest.mark.parametrize("asked", ["junk", "", "DARK", "light&theme=dark"])
def test_show_is_light_whatever_else_is_asked(visit, asked):
    with visit(f"book/slides/sgd.html?theme={asked}") as tab:
        start(tab)
        assert tab.evaluate("document.documentElement.dataset.theme") == "light"


@pytest.mark.parametrize(("mode", "other"), [("light", "dark"), ("dark", "light")])
def test_show_follows_a_system_that_forces_its_colours(visit, mode, other):
    theme = "document.documentElement.dataset.theme"
    address = f"book/slides/backprop.html?theme={other}#/the-same-in-code"
    with visit(address, mode, forced_colors="active") as tab:
        start(tab)
        assert tab.evaluate(theme) == mode
        tab.keyboard.press("d")
        assert tab.evaluate(theme) == mode
        tab.keyboard.press("ArrowRight")
        band = tab.locator(".current-fragment > .band")
        assert band.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_show_follows_a_finger(visit):
    with visit("book/slides/sgd.html", width=390, has_touch=True, is_mobile=True) as tab:
        start(tab)
        finger = tab.context.new_cdp_session(tab)

        def swipe(y, *xs):
            for event, at in [("touchStart", xs[:1]), ("touchMove", xs[1:]), ("touchEnd", [])]:
                points = [{"x": x, "y": y} for x in at]
                finger.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": points})

        swipe(300, 300, 100)
        tab.wait_for_function("() => Reveal.getIndices().h == 1")
        tab.evaluate(
            "Reveal.slide(Reveal.getSlides().findIndex(s => s.querySelector('.scrubber')))"
        )
        slider = tab.locator(".present .scrubber input")
        at = tab.evaluate("Reveal.getIndices().h")
        box = slider.bounding_box()
        assert at > 1
        assert box["width"] > 100
        swipe(box["y"] + box["height"] / 2, box["x"] + box["width"] - 5, box["x"] + 20)
        assert tab.evaluate("Reveal.getIndices().h") == at, "a slider is for the finger upon it"
        expect(slider).not_to_have_value(slider.get_attribute("value"))


def test_hand_of_the_speaker_points_draws_erases_and_zooms_and_nothing_of_it_is_printed(visit):
    with visit("book/slides/sgd.html", height=720, has_touch=True) as tab:
        start(tab)
        finger = tab.context.new_cdp_session(tab)
        tab.evaluate(SETTLED)
        lines = tab.locator(".present .drawn polyline")
        printed = contents(BytesIO(tab.pdf(**PAGES)))

        def drag(*places):
            tab.mouse.move(*places[0])
            tab.mouse.down()
            for place in places[1:]:
                tab.mouse.move(*place)
            tab.mouse.up()

        drag((300, 400), (500, 400))
        assert lines.count() == 0, "nothing is in hand"
        tab.keyboard.press("c")
        drag((300, 400), (500, 400))
        drag((300, 500), (500, 500))
        for event, xs in [("touchStart", [300]), ("touchMove", [200]), ("touchEnd", [])]:
            points = [{"x": x, "y": 300} for x in xs]
            finger.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": points})
        expect(lines).to_have_count(3)  # and the finger has not gone on
        for line, place in ((lines.first, (300, 200)), (lines.last, (200, 100))):
            box = line.bounding_box()
            assert (box["x"], box["width"]) == pytest.approx(place, abs=6)
        tab.locator(".present footer a").click(force=True)
        assert lines.count() == 4
        assert violations(tab, ".present") == []
        assert changed(tab, printed) == []
        tab.keyboard.press("End")
        assert lines.count() == 0
        tab.keyboard.press("Home")
        tab.keyboard.press("e")
        drag((400, 350), (400, 410))
        assert lines.count() == 3, "the eraser takes the line that it meets"
        tab.keyboard.press("x")
        assert lines.count() == 0
        tab.keyboard.press("q")
        assert "svg" in tab.evaluate("getComputedStyle(document.querySelector('.deck')).cursor")
        drag((300, 400), (500, 400))
        assert lines.count() == 0, "a light leaves no line"
        tab.keyboard.press("q")
        assert "svg" not in tab.evaluate("getComputedStyle(document.querySelector('.deck')).cursor")
        tab.keyboard.down("Control")
        tab.mouse.click(400, 300)
        tab.keyboard.up("Control")
        assert "scale(2)" in tab.evaluate("document.body.style.transform")
        assert changed(tab, printed) == []
        tab.keyboard.press("Shift+Slash")
        keys = tab.locator(".r-overlay-help").inner_text()
        assert all(tool in keys for tool in ("Pointer", "Pen", "Eraser", "Wipe the slide"))
        assert "without fragments" not in keys, "with Alt a key is the browser's"
        assert len(tab.context.pages) == 1, "a press of the pen follows a link"


def test_clicker_goes_on_from_a_slider_that_was_moved(visit):
    with visit("book/slides/sgd.html#/your-hand-on-the-learning-rate", height=720) as tab:
        start(tab)
        slider, at = tab.query_selector(".present input[type=range]"), tab.evaluate(AT)
        slider.click()
        clicked = slider.input_value()
        tab.keyboard.press("ArrowLeft")
        moved = slider.input_value()
        assert (tab.evaluate(AT), moved != clicked) == (at, True)
        tab.keyboard.press("PageDown")
        assert (tab.evaluate(AT), slider.input_value()) == (at + 1, moved)


def test_space_presses_the_button_that_has_the_focus(visit):
    at = "book/slides/sgd.html#/your-hand-on-the-learning-rate"
    with visit(at, height=720, reduced_motion="no-preference") as tab:
        start(tab)
        button, at = tab.locator(".present .scrubber button"), tab.evaluate(AT)
        button.press("Space")
        expect(button).to_have_text("Pause")
        assert tab.evaluate(AT) == at


def test_all_pictures_come_once_the_show_has_begun(visit):
    """The network of a lecture room may go, and a printer does not wait for what is on its way.

    Before that, only what stands on the next slide comes, or a phone would be busy with them all.
    """
    here = "[...document.images].filter(image => image.naturalWidth).length"
    with visit("book/slides/end_to_end.html", height=720) as tab:
        start(tab)
        tab.wait_for_load_state("networkidle")
        assert tab.evaluate(here) == 1
        tab.keyboard.press("PageDown")
        tab.wait_for_function("() => [...document.images].every(image => image.complete)")


def test_key_with_alt_is_the_browsers(visit):
    with visit("book/slides/sgd.html") as tab:
        start(tab)
        before = tab.evaluate(f"document.documentElement.dataset.theme + {STATE}")
        for key in ("Alt+d", "Alt+o", "Alt+ArrowRight", "Alt+b"):
            tab.keyboard.press(key)
        assert tab.evaluate(f"document.documentElement.dataset.theme + {STATE}") == before
        assert not tab.evaluate("Reveal.isOverview() || Reveal.isPaused()")


def test_dark_room_reaches_the_speaker_view(visit, built):
    with serve(built / "html") as at, visit("book/slides/sgd.html", at=at) as tab:
        start(tab)
        with tab.context.expect_page() as opened:
            tab.keyboard.press("s")
        opened.value.locator(".speaker-controls-notes .value strong").wait_for()
        for theme in ("dark", "light"):
            tab.keyboard.press("d")
            for frame in (tab, *opened.value.frames[1:]):
                frame.locator(f"html[data-theme={theme}]").wait_for(state="attached")


STATES = {  # the width of the window, and keys
    "as opened": (1920, ""),
    "dark and half shown": (1920, "d ArrowRight ArrowRight ArrowRight"),
    "overview": (1280, "ArrowRight o"),
    "paused": (1280, "ArrowRight b"),
    "help": (1280, "Shift+Slash"),
    "end, dark, on a phone": (390, "End d"),
}
PRINTED = [("sgd", state) for state in STATES]
PRINTED += [(path.stem, "dark and half shown") for path in SOURCES if path.stem != "sgd"]


@pytest.mark.parametrize(("deck", "state"), PRINTED)
def test_deck_printed_in_any_state_is_whole_and_light(visit, slides, printed, deck, state):
    """Each page holds what it holds when the deck is printed by its address."""
    width, keys = STATES[state]
    expected = contents_of_file(printed[0])
    assert len(expected) == len(slides)
    with visit(f"book/slides/{deck}.html", width=width, height=width * 9 // 16) as tab:
        start(tab)
        for key in keys.split():
            tab.keyboard.press(key)
        tab.evaluate(SETTLED)
        theme = tab.evaluate("document.documentElement.dataset.theme")
        assert changed(tab, expected) == []
        pdf = tab.pdf(format="A4", print_background=True)
        assert len(PdfReader(BytesIO(pdf)).pages) == len(slides)
        assert tab.evaluate("document.documentElement.dataset.theme") == theme


def changed(tab, expected):
    """The numbers of the pages that hold anything else when the deck is printed now."""
    tab.evaluate(READY)
    pages = enumerate(zip(contents(BytesIO(tab.pdf(**PAGES))), expected, strict=True), 1)
    return [number for number, (one, other) in pages if one != other]


def contents(pdf):
    """What is drawn on each page: its size, and its text and colours where they stand.

    The browser rounds the place of a letter, or does not, as the screen before has it.
    """

    def drawn(page):
        data = re.sub(rb"/\w+ <</MCID \d+ ?>>BDC|EMC", b"", page.get_contents().get_data())
        return re.sub(rb"[-\d.]+ [-\d.]+ Tm", rounded, data).split()

    def rounded(place):
        return b"%.0f %.0f Tm" % tuple(map(float, place[0].split()[:2]))

    return [(page.mediabox, drawn(page)) for page in PdfReader(pdf).pages]


contents_of_file = cache(contents)


def test_deck_runs_from_files(visit, built):
    at = f"{(built / 'html').as_uri()}/"
    with visit("book/slides/backprop.html", at=at) as tab:
        start(tab)
        assert [*walk(tab)][-1] == tab.evaluate("Reveal.getTotalSlides()") - 1
        with tab.context.expect_page() as opened:
            tab.locator(".present footer a").click()
        opened.value.wait_for_url("**/book/backprop.html#take-home")


@each_with_notes
def test_deck_without_scripts_is_a_page_of_slides_and_notes(visit, slides, deck):
    with visit(f"book/slides/{deck}.html", java_script_enabled=False) as tab:
        for part in (".face", "aside.notes"):
            found = tab.locator(part)
            assert found.count() == len(slides)
            assert all(one.is_visible() for one in found.all())
        assert tab.evaluate("""() => {
            const bottom = e => e.getBoundingClientRect().bottom;
            return [...document.querySelectorAll(".face :is(img, footer)")].every(
                part => bottom(part) <= bottom(part.closest(".face")));
        }"""), "a picture or a foot lies on the notes below"


def test_deck_whose_player_did_not_come_is_a_page_of_slides(visit, site):
    with visit("404.html", missing=True) as tab:
        tab.route("**/reveal.js*", lambda route: route.abort())
        tab.goto(f"{site}book/slides/sgd.html")
        assert all(face.is_visible() for face in tab.locator(".face").all())


def test_deck_is_shown_without_a_plugin_that_did_not_come(visit, site):
    with visit("404.html", missing=True) as tab:
        tab.route("**/zoom.js*", lambda route: route.abort())
        tab.goto(f"{site}book/slides/sgd.html")
        start(tab)
        tab.keyboard.press("PageDown")
        assert tab.evaluate(AT) == 1


def test_address_of_the_slides_leads_to_their_page(visit):
    with visit("slides/", missing=True) as tab:  # it has no icon
        tab.wait_for_url("**/book/teach.html")


@each_deck
def test_pdf_is_tagged_and_has_a_page_a_slide_or_three_with_their_notes(slides, printed):
    for file, many in zip(printed, (1, 3)):
        pdf = PdfReader(file)
        numbers = range(len(slides))
        rows = [numbers[first : first + many] for first in numbers[::many]]
        assert len(pdf.pages) == len(rows)
        assert pdf.root_object["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in pdf.root_object
        assert pdf.metadata.title
        assert pdf.outline
        for page, text, row in zip(pdf.pages, texts(file), rows, strict=True):
            text = re.sub(r"\s+", "", text)
            for number in row:
                assert f"{number + 1}/{len(slides)}" in text
                for minutes in slides[number].select("aside.notes strong:first-child"):
                    said = minutes.get_text().replace(" ", "")
                    assert (said in text) == (many == 3)
            for font in page["/Resources"].get("/Font", {}).values():
                assert embedded(font.get_object()), font["/BaseFont"]


@each_deck
def test_handout_has_room_for_all_notes(visit, deck):
    with visit(f"book/slides/{deck}.html?print-pdf&notes") as tab:
        tab.emulate_media(media="print")
        notes = tab.locator("aside.notes")
        assert all(note.is_visible() for note in notes.all())
        beyond = notes.evaluate_all("""all => {
            const bottom = e => e.getBoundingClientRect().bottom;
            return all.filter(e => bottom(e) > bottom(e.parentElement)).map(e => e.textContent);
        }""")
        assert beyond == []


def embedded(font):
    """Whether a PDF holds the glyphs of a font: always those of Type 3."""
    if font["/Subtype"] == "/Type3":
        return True
    font = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return any(key.startswith("/FontFile") for key in font["/FontDescriptor"].get_object())
