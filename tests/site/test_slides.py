"""The decks: what they may hold, what they pull, and how they behave in a browser and on paper."""

import re
from io import BytesIO
from pathlib import Path

import notebooks
import pytest
from browsing import ids, serve, soup, violations
from playwright.sync_api import expect
from printed import PAGES, READY, print_deck
from pypdf import PdfReader
from slides import BOOK, STICK

SOURCES = sorted((notebooks.BOOK / "slides").glob("*.md"))
CHAPTERS = [path for path in SOURCES if (notebooks.BOOK / path.name).with_suffix(".ipynb").exists()]
OURS = [*CHAPTERS, notebooks.BOOK / "slides/previously.md"]  # the last is a recap of all
TIMES = {"previously": (10, 15)} | {path.stem: (20, 30) for path in CHAPTERS}
TOO_TALL = {"fig-gallery"}  # forty small pictures, whose titles nobody could read on a slide
SMALLEST = 11 / 72 * 90  # CSS pixels of the text of a figure: plot.STYLE's size and resolution

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
    for number, (_, part) in enumerate(sections(source), 1):
        (said,) = re.findall(r":::\{notes\} \d+\n(.*?)\n:::", part, flags=re.DOTALL)
        asked = re.search(r"\*[^*]+\?\*\s*\S", said)
        assert asked or number == 1, f"{number}: no question with its answer"


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
    pulling = {"checked", "playground"}
    chapters = [ids(path) for path in pages if path.stem not in pulling]
    slides = ids(built / f"html/book/slides/{deck}.html")
    for name in re.findall(r":::\{pull\} ((?:eq|fig|table)-\S+)", source):
        target = f"equation-{name}" if name.startswith("eq-") else name
        (theirs,) = (chapter[target] for chapter in chapters if target in chapter)
        mine = slides[target]
        if name.startswith("eq-"):
            assert mine.select_one(".eqno").get_text() == theirs.select_one(".eqno").contents[0]
            formula = [page.select_one("annotation").get_text() for page in (mine, theirs)]
            assert formula[0] == formula[1].rstrip(" .,\n")
        elif name.startswith("fig-"):
            pictures = [Path(page.img["src"]).name for page in (mine, theirs)]
            assert pictures[0] == pictures[1]
            assert mine.img["alt"] == theirs.img["alt"]
        else:
            cells = [[cell.get_text() for cell in page.select("td")] for page in (mine, theirs)]
            assert cells[0] == cells[1]


@each_of_a_chapter
def test_code_on_a_slide_is_the_cell_of_the_chapter(built, source):
    chapter = notebooks.read(notebooks.BOOK / source.with_suffix(".ipynb").name)
    pulled = re.findall(r":::\{pull\} (\S+)", source.read_text("utf-8"))
    code = [cell for cell in chapter.cells if cell.id in pulled and not cell.id.startswith("fig-")]
    page = soup(built / f"html/book/slides/{source.stem}.html")
    shown = [block.get_text().strip() for block in page.select(".face .cell_input pre")]
    assert shown == [cell.source for cell in code]


@each_deck
def test_every_link_of_a_deck_leads_into_the_book(built, slides):
    at = built / "html/book/slides"
    for slide in slides:
        (link,) = slide.select("footer a")
        path, _, anchor = link["href"].partition("#")
        assert not anchor or anchor in ids((at / path).resolve()), link["href"]
        assert (at / path).exists()


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


def test_example_of_a_deck_works(visit, elsewhere):
    page = elsewhere / "html/book/slides/noise.html"
    slides = soup(page).select(".slides > section")
    assert [len(slide.select(".eqno, figure")) for slide in slides] == [0, 1, 1]
    (line,) = soup(elsewhere / "html/book/teach.html").select("li:has(a[href='slides/noise.html'])")
    assert line.get_text().strip() == "Twenty minutes on noise: 3 slides"
    at = f"{(elsewhere / 'html').as_uri()}/"
    with visit("book/slides/noise.html", at=at, height=720) as tab:
        reads_from_the_last_row(tab, slides)


def test_page_for_instructors_lists_every_deck_with_its_time(built):
    lines = soup(built / "html/book/teach.html").select("#the-slides li")
    assert len(lines) == len(SOURCES)
    for line in lines:
        deck = Path(line.a["href"]).stem
        source = notebooks.BOOK / "slides" / f"{deck}.md"
        minutes = sum(map(int, re.findall(r":::\{notes\} (\d+)", source.read_text("utf-8"))))
        time = f", {minutes} minutes" if minutes else ""
        assert f"{len(sections(source))} slides{time}" in line.get_text()


# What a browser makes of them

LOOK = """() => {
    const slide = Reveal.getCurrentSlide(), face = slide.querySelector(".face");
    const all = [...face.querySelectorAll("*")].filter(e => !e.closest(".katex-mathml, svg"));
    const box = e => e.getBoundingClientRect();
    const own = e => [...e.childNodes].some(n => n.nodeType == 3 && /[^\\s\u200b]/.test(n.data));
    const size = e => parseFloat(getComputedStyle(e).fontSize);
    const foot = box(face.querySelector("footer")).top;
    const flows = e => !e.closest("footer, .tall figure") && (own(e) || e.tagName == "IMG");
    return {
        hidden: all.filter(e => own(e) && !e.checkVisibility({visibilityProperty: true})).length,
        outside: all.filter(e => box(e).left < 0 || box(e).right > 1280 || box(e).bottom > 720
            || box(e).top < 0 || e.scrollWidth > e.clientWidth + 1 && e.tagName == "PRE"
            || flows(e) && box(e).bottom > foot + 1).map(e => e.outerHTML.slice(0, 200)),
        text: Math.min(...all.filter(e => own(e) && !e.closest(".katex, pre, code, .eqno, footer"))
            .map(size)),
        indices: Math.min(99, ...all.filter(own).map(size)),
        figures: [...face.querySelectorAll("img")].map(e => Math.min(
            box(e).width / e.getAttribute("width"), box(e).height / e.getAttribute("height"))),
        formulas: face.querySelectorAll(".katex-html").length,
    };
}"""
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
def test_every_slide_is_reached_fits_and_reads_from_the_last_row(visit, slides, deck):
    with visit(f"book/slides/{deck}.html", height=720) as tab:
        reads_from_the_last_row(tab, slides)


def reads_from_the_last_row(tab, slides):
    start(tab)
    seen = []
    for number in walk(tab):
        seen.append(number)
        look = tab.evaluate(LOOK)
        assert look["hidden"] == 0, number
        assert look["outside"] == [], number
        assert look["text"] >= 24, number
        assert look["indices"] >= 16, number
        assert all(scale * SMALLEST >= 16 for scale in look["figures"]), (number, look)
        assert look["formulas"] == len(slides[number].select(".face math")), number
    assert seen == list(range(len(slides)))


@each_deck
def test_every_slide_is_accessible(visit, deck):
    """Light and dark differ in nothing but colours."""
    with visit(f"book/slides/{deck}.html", height=720) as tab:
        start(tab)
        assert violations(tab) == []
        # Formulas have their own text for those who hear them; the arrows seem to lie on the slide.
        tab.evaluate("document.querySelectorAll('.katex-html, .controls').forEach(e => e.remove())")
        for number in walk(tab, "PageDown"):  # as a clicker does
            assert violations(tab, ".present", doubts=True) == [], number
            tab.keyboard.press("d")
            assert violations(tab, ".present", doubts=True, colours=True) == [], f"{number}, dark"
            tab.keyboard.press("d")


@each_with_notes
def test_speaker_sees_slides_notes_and_clock(visit, built, slides, deck):
    # The window's own script would need a policy of its own.
    with serve(built / "html") as at, visit(f"book/slides/{deck}.html", at=at) as tab:
        start(tab)
        with tab.context.expect_page() as opened:
            tab.keyboard.press("s")
        window = opened.value
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
            formulas = said.locator(".katex-mathml")  # which the stylesheet hides from view
            assert formulas.count() == len(aside.select("math"))
            for formula in formulas.all():
                expect(formula).to_have_css("position", "absolute")
        current, upcoming = window.frames[1:]
        here = "Reveal.getIndices().h"
        window.wait_for_timeout(200)
        assert current.evaluate(here) == tab.evaluate(here)
        assert upcoming.evaluate("Reveal.isReady()")
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
        tab.keyboard.press("o")
        tab.keyboard.press("b")
        assert tab.evaluate("Reveal.isPaused()")


@pytest.mark.parametrize("asked", ["junk", "", "DARK", "light&theme=dark"])
def test_show_is_light_whatever_else_is_asked(visit, asked):
    with visit(f"book/slides/sgd.html?theme={asked}") as tab:
        start(tab)
        assert tab.evaluate("document.documentElement.dataset.theme") == "light"


def test_show_follows_a_finger(visit):
    with visit("book/slides/sgd.html", width=390, has_touch=True, is_mobile=True) as tab:
        start(tab)
        finger = tab.context.new_cdp_session(tab)
        for event, xs in [("touchStart", [300]), ("touchMove", [100]), ("touchEnd", [])]:
            points = [{"x": x, "y": 300} for x in xs]
            finger.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": points})
        tab.wait_for_function("() => Reveal.getIndices().h == 1")


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
    "help": (1280, "?"),
    "end, dark, on a phone": (390, "End d"),
}
PRINTED = [("sgd", state) for state in STATES]
PRINTED += [(path.stem, "dark and half shown") for path in SOURCES if path.stem != "sgd"]


@pytest.mark.parametrize(("deck", "state"), PRINTED)
def test_deck_printed_in_any_state_is_whole_and_light(visit, slides, printed, deck, state):
    """Each page holds what it holds when the deck is printed by its address."""
    width, keys = STATES[state]
    expected = contents(printed[0])
    assert len(expected) == len(slides)
    with visit(f"book/slides/{deck}.html", width=width, height=width * 9 // 16) as tab:
        start(tab)
        for key in keys.split():
            tab.keyboard.press(key)
        tab.evaluate(READY)
        theme = tab.evaluate("document.documentElement.dataset.theme")
        assert contents(BytesIO(tab.pdf(**PAGES))) == expected
        assert len(contents(BytesIO(tab.pdf(format="A4", print_background=True)))) == len(slides)
        assert tab.evaluate("document.documentElement.dataset.theme") == theme


def contents(pdf):
    """What is drawn on each page: its size, and its text and colours where they stand."""
    tag = re.compile(rb"/\w+ <</MCID \d+ ?>>BDC|EMC")
    pages = PdfReader(pdf).pages
    return [(page.mediabox, tag.sub(b"", page.get_contents().get_data()).split()) for page in pages]


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


def test_address_of_the_slides_leads_to_their_page(visit):
    with visit("slides/", missing=True) as tab:  # it has no icon
        tab.wait_for_url("**/book/teach.html")


@each_deck
def test_pdf_is_tagged_and_has_a_page_a_slide(slides, printed):
    _, with_notes = printed
    for file in printed:
        pdf = PdfReader(file)
        assert len(pdf.pages) == len(slides)
        assert pdf.root_object["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in pdf.root_object
        assert pdf.metadata.title
        assert pdf.outline
        for number, (page, slide) in enumerate(zip(pdf.pages, slides), 1):
            text = re.sub(r"\s+", "", page.extract_text())
            assert f"{number}/{len(slides)}" in text
            for minutes in slide.select("aside.notes strong:first-child"):
                said = minutes.get_text().replace(" ", "")
                assert (said in text) == (file is with_notes)
            for font in page["/Resources"].get("/Font", {}).values():
                assert embedded(font.get_object()), font["/BaseFont"]


def embedded(font):
    """Whether a PDF holds the glyphs of a font: always those of Type 3."""
    if font["/Subtype"] == "/Type3":
        return True
    font = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return any(key.startswith("/FontFile") for key in font["/FontDescriptor"].get_object())
