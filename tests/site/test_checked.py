"""What was checked, in a real browser: the marks of a page, and the page that lists them all."""

import json
import re

import notebooks
import pytest
from browsing import ids, soup, violations
from markers import markers
from proofs import is_display, proofs

CHAPTERS = [path.stem for path in sorted(notebooks.BOOK.glob("*.ipynb"))]
FORMULAS = proofs(notebooks.BOOK.parent / "tests")
STORED = "localStorage.checked"
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


def said_by(chapter):
    """The markers of a chapter that a reader sees, all but those of alternative texts."""
    pieces = notebooks.pieces(notebooks.read(notebooks.BOOK / f"{chapter}.ipynb"))
    texts = [holder[key] for holder, key in pieces if key != "alt"]
    return [marker for text in texts for marker in markers(text)]


KINDS = sorted({marker.kind for chapter in CHAPTERS for marker in said_by(chapter)} | {"formula"})


def data(built, page):
    """What the marks of a page say, by their ids."""
    text = (built / f"html/_static/checked/book-{page.replace('_', '-')}.js").read_text("utf-8")
    return json.loads(text.partition("= ")[2].strip().rstrip(";"))


def number_of(name):
    return int(name.rpartition("-")[2])


def show(tab):
    """Turn the marks on with the keyboard."""
    tab.locator("#open-actions").focus()
    tab.keyboard.press("Enter")
    for _ in range(9):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "show-checked":
            break
    tab.keyboard.press("Space")
    tab.wait_for_selector(".checked", state="attached")
    tab.keyboard.press("Escape")


def pressed(tab):
    return tab.locator("#show-checked").get_attribute("aria-pressed")


# The marks


@each_chapter
def test_every_marker_and_every_equation_of_a_page_is_marked(visit, built, chapter):
    said = data(built, chapter)
    found = {name: how for name, how in said.items() if how[0] != "formula"}
    held = [(found[name][0], found[name][1]) for name in sorted(found, key=number_of)]
    expected = said_by(chapter)
    assert held == [(marker.kind, marker.expression) for marker in expected]
    page = built / f"html/book/{chapter}.html"
    numbers = [name for name in sorted(found, key=number_of) if found[name][0] == "number"]
    literals = [marker.said for marker in expected if marker.kind == "number"]
    assert [ids(page)[name].get_text() for name in numbers] == literals
    text = notebooks.prose(notebooks.read(notebooks.BOOK / f"{chapter}.ipynb"))
    labels = re.findall(r"\$\$ \(([^)]+)\)", text)
    assert {f"equation-{label}" for label in labels} <= set(said)
    inline = [
        tex for tex in soup(page).article.select("annotation") if f"${tex.get_text()}$" in FORMULAS
    ]
    assert len(said) == len(expected) + len(labels) + len(inline)
    with visit(f"book/{chapter}.html") as tab:
        show(tab)
        assert tab.locator(".checked").count() == len(said)


def test_marks_are_off_until_a_reader_turns_them_on_and_then_remembered(visit):
    with visit("book/sgd.html") as tab:
        assert pressed(tab) == "false"
        assert not tab.locator(".checked, article [role=mark], #how").count()
        assert tab.locator("[id^=book-sgd-]").first.get_attribute("tabindex") is None
        assert "checked" not in tab.evaluate("performance.getEntries().map(e => e.name).join()")
        text = tab.locator("article").inner_text()
        show(tab)
        assert pressed(tab) == "true"
        assert tab.locator("article").inner_text() == text
        tab.goto(tab.url.replace("sgd", "backprop"))
        tab.wait_for_selector(".checked", state="attached")
        assert pressed(tab) == "true"
        tab.locator("#open-actions").click()
        tab.locator("#show-checked").click()
        tab.wait_for_selector(".checked", state="detached")
        assert not tab.locator("article [role=mark]").count()
        assert tab.locator("[id^=book-backprop-]").first.get_attribute("tabindex") is None
        tab.reload()
        assert pressed(tab) == "false"
        assert not tab.locator(".checked").count()


STORAGE = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("no", "SecurityError"); }})"""


@pytest.mark.parametrize(
    "script",
    [f"{STORED} ??= '{{'", f"{STORED} ??= 'true'", STORAGE],
    ids=["junk", "true", "forbidden"],
)
def test_marks_are_off_whatever_is_stored_and_can_be_turned_on(visit, script):
    with visit("book/sgd.html") as tab:
        tab.add_init_script(script)
        tab.reload()
        assert pressed(tab) == "false"
        assert not tab.locator(".checked").count()
        show(tab)
        assert pressed(tab) == "true"


def test_marks_are_those_of_the_page_beside_and_of_the_page_before(visit):
    with visit("book/sgd.html") as tab, tab.context.new_page() as beside:
        beside.goto(tab.url.replace("sgd", "backprop"))
        for on in ("true", "false", "true"):
            beside.locator("#show-checked").evaluate("button => button.click()")
            tab.wait_for_selector(f"#show-checked[aria-pressed={on}]", state="attached")
        assert tab.locator(".checked").count()
        # A page that the Back button brings back as it was has missed the change.
        tab.evaluate("localStorage.checked = 'off'")
        tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        assert not tab.locator(".checked").count()


def reach(tab, name):
    """Focus the mark of that id, an equation at its number."""
    mark = tab.locator(f"#{name}")
    number = mark.locator(".eqno")
    stop = number if number.count() else mark
    stop.focus()
    return stop


def first(said, kind):
    return next(name for name in said if said[name][0] == kind)


SENTENCES = {"number": "{1} {2}.", "claim": "{1} is true.", "formula": "{1} evaluates it."}


@pytest.mark.parametrize("kind", KINDS)
def test_mark_tells_how_it_was_checked_to_focus_pointer_and_finger(visit, built, kind):
    chapter = next(c for c in CHAPTERS if kind in {how[0] for how in data(built, c).values()})
    said = data(built, chapter)
    name = first(said, kind)
    sentence = SENTENCES[kind].format(*said[name])
    with visit(f"book/{chapter}.html", has_touch=True) as tab:
        show(tab)
        tip = tab.locator("#how")
        stop = reach(tab, name)
        assert tip.locator("#how-said").inner_text() == sentence
        assert tip.locator("code").get_attribute("translate") == "no"
        assert stop.get_attribute("aria-describedby") == "how-said"
        tab.mouse.move(3, 310)  # what a pointer that rests is over, once Tab has scrolled
        tab.wait_for_timeout(400)
        assert tip.is_visible()
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.textContent") == "What was checked"
        assert tip.is_visible()
        tab.keyboard.press("Escape")
        assert not tip.is_visible()
        assert stop.get_attribute("aria-describedby") is None

        box = tab.locator(f"#{name}").evaluate(
            "e => { const { x, y } = e.getClientRects()[0]; return [x + 3, y + 5] }"
        )
        tab.mouse.move(*box)
        tip.wait_for(state="visible")
        assert tip.locator("#how-said").inner_text() == sentence
        inside = tip.bounding_box()
        tab.mouse.move(3, 300)  # a hand does not go straight
        tab.mouse.move(inside["x"] + 20, inside["y"] + 10)
        tab.wait_for_timeout(500)
        assert tip.is_visible(), "the pointer cannot reach the link"
        tab.mouse.move(3, 300)
        tip.wait_for(state="hidden")
        tab.touchscreen.tap(*box)
        tip.wait_for(state="visible")
        tab.touchscreen.tap(3, 300)
        tip.wait_for(state="hidden")


def test_tip_stays_on_a_narrow_screen(visit):
    with visit("book/backprop.html", width=390) as tab:
        show(tab)
        marks = tab.locator("[role=mark]")
        for mark in (marks.first, tab.locator("td:last-child .checked").first, marks.last):
            mark.focus()
            box = tab.locator("#how").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= 900


@pytest.mark.parametrize("kind", KINDS)
def test_links_lead_from_mark_to_entry_and_back(visit, built, kind):
    chapter = next(c for c in CHAPTERS if kind in {how[0] for how in data(built, c).values()})
    said = data(built, chapter)
    name = first(said, kind)
    with visit(f"book/{chapter}.html") as tab:
        show(tab)
        reach(tab, name)
        tab.locator("#how a").click()
        tab.wait_for_url(f"**/book/checked.html#{said[name][3]}")
        assert tab.locator(":target").is_visible()
        tab.locator(f"article a[href='{chapter}.html#{name}']").first.click()
        tab.wait_for_url(f"**/book/{chapter}.html#{name}")
        assert tab.locator(":target").is_visible()


def test_nothing_is_marked_in_print(visit):
    looks = """() => [...document.querySelectorAll(".checked")].map(element => {
        const { backgroundColor, boxShadow, textDecorationLine } = getComputedStyle(element);
        return [backgroundColor, boxShadow, textDecorationLine].join(" ");
    })"""
    with visit("book/backprop.html") as tab:
        show(tab)
        tab.locator("[role=mark]").first.focus()
        assert tab.locator("#how").is_visible()
        assert "rgba(0, 0, 0, 0) none none" not in tab.evaluate(looks)
        tab.emulate_media(media="print")
        assert set(tab.evaluate(looks)) == {"rgba(0, 0, 0, 0) none none"}
        assert not tab.locator("#how").is_visible()


def test_without_scripts_no_switch_is_shown_and_the_text_is_the_same(visit):
    with visit("book/sgd.html") as tab:
        text = tab.locator("article p, article li").all_inner_texts()
    with visit("book/sgd.html", java_script_enabled=False) as tab:
        tab.locator("#open-actions").click()
        assert tab.locator("#actions a").first.is_visible()
        assert not tab.locator("#show-checked").is_visible()
        assert tab.locator("article p, article li").all_inner_texts() == text


def test_site_opened_as_files_shows_them_too(visit, built):
    with visit("book/sgd.html", at=f"{(built / 'html').as_uri()}/") as tab:
        show(tab)
        assert tab.locator(".checked").count() == len(data(built, "sgd"))


MARKED = ".checked, [role=mark], #how, #show-checked"  # the rest is as without them


@pytest.mark.parametrize("page", [*CHAPTERS, "api"])
def test_page_with_its_marks_is_accessible(visit, page):
    """Light and dark differ in nothing but colours."""
    with visit(f"book/{page}.html") as tab:
        show(tab)
        tab.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        # Code is never marked, and of a formula its box is.
        tab.evaluate("document.querySelectorAll('pre, .katex > *').forEach(e => e.remove())")
        for width in (1280, 390):
            tab.set_viewport_size({"width": width, "height": 900})
            mark = tab.locator("[role=mark]").first
            mark.focus()
            assert tab.locator("#how").is_visible()
            assert violations(tab, MARKED) == []
            tab.emulate_media(color_scheme="dark")
            assert violations(tab, MARKED, colours=True) == []
            tab.emulate_media(color_scheme="light")
            mark.blur()


def test_only_a_page_with_marks_has_a_switch(built):
    for path in (built / "html").rglob("*.html"):
        name = path.relative_to(built / "html").with_suffix("").as_posix().replace("/", "-")
        name = name.replace("_", "-")
        marked = (built / f"html/_static/checked/{name}.js").exists()
        assert bool(soup(path).find(id="show-checked")) == marked


# The page that lists them


@pytest.fixture
def listed(built):
    return soup(built / "html/book/checked.html").article


def test_every_marker_is_listed_with_what_it_says(listed):
    """Of chapters, their slides and their alternative texts."""
    items = listed.select("#numbers-and-claims li")
    codes = [item.select("code")[-1].get_text() for item in items]  # the words may hold others
    verdicts = ["is true" in str(item).partition("</code>")[2] for item in items]
    paths = [notebooks.BOOK / f"{chapter}.ipynb" for chapter in CHAPTERS]
    said = [m for p in paths for m in notebooks.checked(notebooks.read(p), notebooks.slides_of(p))]
    expected = sorted((marker.expression, marker.kind == "claim") for marker in said)
    assert sorted(zip(codes, verdicts)) == expected
    literals = [item.get_text().partition(":")[0].strip() for item in items]
    numbers = sorted(word for word, claim in zip(literals, verdicts) if not claim)
    assert numbers == sorted(marker.said for marker in said if marker.kind == "number")


def test_what_is_listed_of_a_page_is_folded_under_its_count(listed):
    folds = listed.select("#numbers-and-claims > section > details")
    assert sum(len(fold.select("li")) for fold in folds) == len(
        listed.select("#numbers-and-claims li")
    )
    for fold in folds:
        claims = sum("is true" in item.get_text() for item in fold.select("li"))
        said = {"number": len(fold.select("li")) - claims, "statement": claims}
        words = [f"{n} {kind}" + "s" * (n > 1) for kind, n in said.items() if n]
        assert fold.summary.get_text() == " and ".join(words)


def test_every_equation_is_listed_with_its_tests(listed, built):
    displays = set(filter(is_display, FORMULAS))
    assert displays == set(notebooks.equations())
    formulas = listed.select("#equations .math[id]")
    assert {formula["id"].removeprefix("equation-") for formula in formulas} == displays
    assert len(formulas) == len(displays)
    assert all(formula.select_one(".katex") for formula in formulas)
    places = listed.select("#equations .where")
    assert len(places) == len(FORMULAS)
    tests = {proof.name: proof.source for found in FORMULAS.values() for proof in found}
    found = listed.select("#equations details")
    folds = {fold.summary.get_text(): fold.pre.get_text() for fold in found}
    shared = folds.pop("What these tests share")
    assert "def logistic_regression(" in shared
    assert {name: code.strip() for name, code in folds.items()} == tests
    assert len(found) == len(tests) + 1


def test_counts_are_those_of_what_is_listed(listed, built):
    front = soup(built / "html/book/index.html").article
    counts = notebooks.counts()
    for page in (listed, front):
        text = " ".join(page.get_text().split())
        for what in ("numbered equations", "formulas", "numbers", "statements", "cells of code"):
            key = {"numbered equations": "equations", "statements": "claims"}.get(what, what)
            key = key.removesuffix(" of code")
            assert re.search(rf"\b{counts[key]:,} {what}", text), what


def test_every_notebook_is_listed_with_its_cells(listed):
    text = listed.find(id="notebooks").get_text()
    for chapter in CHAPTERS:
        cells = notebooks.read(notebooks.BOOK / f"{chapter}.ipynb").cells
        code = [cell for cell in cells if cell.cell_type == "code"]
        outputs = sum(len(cell.outputs) for cell in code)
        assert f"{len(code)} code cells run, {outputs} outputs compared" in text
