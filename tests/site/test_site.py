"""The built site in a real browser: self-contained, typeset, accessible, no wider than a phone."""

import base64
import gzip
import io
import json
import pickle
import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlencode, urljoin, urlsplit
from zipfile import ZipFile

import notebooks
import numpy as np
import pytest
from browsing import SETTLED, ids, launch, soup, violations
from bs4 import BeautifulSoup
from docutils import nodes
from fontTools import ttLib
from PIL import Image
from playwright.sync_api import expect
from printed import LEFT_OUT, print_book, print_page, texts
from printed import SHEETS as PAPER
from pypdf import PdfReader
from slides import BOOK, STICK
from sphinx_external_toc.parsing import parse_toc_yaml
from students import EPOCH, archive

import previously
from previously.plot import COLORS
from previously.slider import descents

ROOT = Path(__file__).parents[2]
PAGES = list(parse_toc_yaml(ROOT / "_toc.yml"))
SITE = [*PAGES, "search", "404"]
MODES = ["light", "dark"]
SHEETS = [  # in their order; what site.css is made of
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
    "copybutton.css",
    "katex.min.css",
    "sphinx-design.min.css",
    "course.css",
    "dark.css",
]
MENUS = ["contents", "search", "actions", "toc"]
each_page = pytest.mark.parametrize("page", PAGES)
every_page = pytest.mark.parametrize("page", SITE)  # those that no source file stands for, too
each_mode = pytest.mark.parametrize("mode", MODES)


def test_book_builds_without_a_warning(book):
    _, warnings = book
    assert not warnings, "\n".join(warnings)


def test_address_of_the_site_leads_to_the_first_page(visit):
    with visit("index.html", missing=True) as tab:  # Jupyter Book gives it no icon
        tab.wait_for_url(f"**/{PAGES[0]}.html")


def test_host_that_runs_jekyll_is_told_to_serve_all_of_the_site(built):
    assert (built / "html/.nojekyll").exists()


# What stands in the pages themselves, and so is there without a script


@pytest.fixture
def html(built, page):
    return soup(built / f"html/{page}.html")


@each_page
def test_every_formula_is_typeset(html, built, page):
    doctree = pickle.loads((built / ".doctrees" / f"{page}.doctree").read_bytes())
    formulas = [node for kind in (nodes.math, nodes.math_block) for node in doctree.findall(kind)]
    if page != "book/checked":  # which shows those of the others, see test_checked.py
        assert len(html.select("article .katex")) == len(formulas)
    assert html.select(".katex-error") == []
    parts = dict.fromkeys(("msub", "msup", "mfrac", "mover", "munder"), 2)
    parts |= {"msubsup": 3, "munderover": 3}
    for part in html.select(",".join(parts)):  # others are an error to a browser
        assert len(part.find_all(recursive=False)) == parts[part.name], part


@each_page
def test_no_formula_ends_a_line_before_its_punctuation(html):
    for formula in html.select("article .katex"):
        behind = str(formula.next_sibling)
        assert not re.match("[,.;:)]", behind) or formula.find_parent(class_="whole"), behind


@each_page
def test_colours_of_formulas_are_those_of_the_figures(html):
    styles = [element["style"] for element in html.select(".katex [style*='color:']")]
    colours = {colour for style in styles for colour in re.findall(r"color:\s*([^;]+)", style)}
    assert colours <= set(COLORS.values())


@each_page
def test_every_figure_has_a_text_alternative_and_a_size(html):
    for image in html.select("article img"):
        # Without an alternative text, Sphinx puts the name of the file there.
        assert " " in image["alt"].strip(), f"no alternative text: {image['src']}"
        assert (image["width"] + image["height"]).isdigit()
        if image.find_parent("figure") and not image.find_parent(class_="chapters"):  # each a link
            assert image.parent["href"] == image["src"], "without a script it is small on a phone"


def test_every_page_has_a_description_and_a_picture(built):
    descriptions = {}
    for page in SITE:
        html = soup(built / f"html/{page}.html")
        descriptions[page] = html.find("meta", {"name": "description"})["content"]
        picture = html.find("meta", property="og:image")["content"]
        assert (built / "html" / page).parent.joinpath(picture).is_file()
    assert all(20 < len(text) <= 160 for text in descriptions.values()), descriptions
    assert len(set(descriptions.values())) == len(SITE), descriptions


def test_address_of_the_site_is_that_of_a_folder_however_it_is_written(elsewhere):
    html = soup(elsewhere / "html/404.html")
    address = html.find("link", rel="canonical")["href"].removesuffix("404.html")
    assert html.find("base")["href"] == address
    picture = html.find("meta", property="og:image")["content"]
    assert picture == urljoin(address, "_static/paths.png")


@every_page
def test_no_script_holds_up_a_page(html):
    for script in html.find_all("script", src=True):
        assert script.has_attr("defer")
    names = " ".join(script["src"] for script in html.find_all("script", src=True))
    assert not re.search("fontawesome|bootstrap|theme", names)
    choice = html.head.find("script", src=False)
    assert choice.find_next("link", rel="stylesheet"), "light or dark comes after the first paint"


@each_page
def test_every_link_within_the_site_leads_somewhere(built, page):
    html, dead = built / "html", []
    for link in soup(html / f"{page}.html").find_all(href=True):
        url = urlsplit(urljoin(f"{page}.html", link["href"]))
        target, anchor = html / unquote(url.path), unquote(url.fragment)
        if not url.scheme and not (target.is_file() and (not anchor or anchor in ids(target))):
            dead.append(link["href"])
    assert dead == []


def test_page_on_the_package_has_all_that_is_public(built):
    listed = {name.rpartition(".")[2] for name in ids(built / "html/book/api.html")}
    assert set(previously.__all__) <= listed


def contrast(one, other):
    """The contrast ratio of two RGB colours, as WCAG 2 defines it."""

    def luminance(rgb):
        srgb = [value / 255 for value in rgb]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in srgb]
        return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear))

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def difference(one, other):
    return max(abs(a - b) for a, b in zip(one, other))


@each_mode
def test_palette_reads_on_the_page_and_matches_in_formulas_and_figures(visit, mode):
    """Paint each colour as a formula and as a figure, and look at the pixels."""
    formula = (
        '<span class="katex"><span style="color:{0};"><i style="color:{0};">█</i></span></span>'
    )
    figure = '<div class="cell_output"><img src="{}" alt=""></div>'

    with visit(f"{PAGES[0]}.html", mode) as tab:

        def shown(content):
            tab.evaluate(
                """content => {
                    const box = document.createElement("div");
                    box.innerHTML = content;
                    document.querySelector("article").prepend(box);
                    return box.querySelector("img")?.decode();
                }""",
                content,
            )
            leaf = tab.locator("article > div").first.locator("i, img, u")
            picture = Image.open(io.BytesIO(leaf.screenshot())).convert("RGB")
            return picture.getpixel((picture.width // 2, picture.height // 2))

        def drawn(colour):
            file = io.BytesIO()
            Image.new("RGB", (32, 32), colour).save(file, "png")
            encoded = base64.b64encode(file.getvalue()).decode()
            return shown(figure.format(f"data:image/png;base64,{encoded}"))

        paper = shown("<u>&emsp;</u>")
        assert difference(drawn("#ffffff"), paper) <= 2, "a figure shows as a box"
        for colour in COLORS.values():
            seen = shown(formula.format(colour))
            assert contrast(seen, paper) >= 4.5
            assert difference(seen, drawn(colour)) <= 16


@each_page
def test_figures_of_a_page_are_light(html, built, page):
    """The list of what can be pulled shows all of the book, each when it is scrolled to."""
    shown = {image["src"] for image in html.select("article img")}
    files = ((built / "html" / page).parent / src for src in shown)
    weight = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert weight <= 400_000 or page == "book/teach", f"{weight} bytes of figures"


# What a browser makes of them


@every_page
def test_page_is_light_and_nothing_on_it_jumps(visit, built, page):
    with visit(f"{page}.html", width=390) as tab:
        for _ in range(tab.evaluate("document.documentElement.scrollHeight") // 4000):
            tab.mouse.wheel(0, 4000)
        tab.wait_for_load_state("networkidle")
        shift = tab.evaluate("""() => new Promise(resolve => {
            new PerformanceObserver(list => resolve(list.getEntries())).observe(
                {type: "layout-shift", buffered: true});
            setTimeout(resolve, 100, []);
        }).then(shifts => shifts.reduce((sum, shift) => sum + shift.value, 0))""")
        assert shift <= 0.01
        fetched = tab.evaluate("""performance.getEntries().filter(
            entry => entry.name.startsWith("http") && entry.initiatorType != "img"
        ).map(entry => entry.name)""")
    files = {built / "html" / urlsplit(url).path[1:] for url in fetched}
    weight = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert weight <= 131_500, f"{weight} bytes without figures"


# Of hundreds of entries of one form, on the page of all that was checked, a few stand for all.
OF_EACH_LIST_A_FEW = """document.querySelectorAll(
    "#equations > section > :nth-child(n + 6), #numbers-and-claims li:nth-child(n + 4)"
).forEach(e => e.remove())"""
OF_EACH_COLOUR_ONE = """() => {
    const seen = new Set();
    for (const token of document.querySelectorAll("article pre span[class]")) {
        if (seen.has(token.className)) token.replaceWith(...token.childNodes);
        seen.add(token.className);
    }
}"""


@every_page
def test_page_is_accessible(visit, page):
    """Light and dark differ in nothing but colours."""
    with visit(f"{page}.html") as tab:
        tab.evaluate(OF_EACH_LIST_A_FEW)
        tab.evaluate(OF_EACH_COLOUR_ONE)
        assert violations(tab, colours=False) == []
        # What is in a formula was judged, and its colours have a test of their own, see above.
        tab.evaluate("document.querySelectorAll('.katex > *').forEach(e => e.remove())")
        tab.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        tab.emulate_media(color_scheme="dark")
        assert violations(tab, colours=True) == []
        tab.emulate_media(color_scheme="light")
        for width in (1280, 390, 320):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.evaluate(SETTLED)  # the page has seen what scrolls now
            # What a phone shows in other colours are the menus, see below.
            assert violations(tab, colours=None if width == 1280 else False) == []


@each_mode
@pytest.mark.parametrize("menu", MENUS)
def test_menu_opens_on_a_phone_and_is_accessible(visit, menu, mode):
    with visit("book/notation.html", mode, 390) as tab:
        panel = tab.locator(f"#{menu}")
        assert not panel.is_visible()
        tab.locator(f"#open-{menu}").click()
        assert panel.is_visible()
        box = panel.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= 390
        # Light and dark differ in nothing but colours.
        assert violations(tab, colours=True if mode == "dark" else None) == []
        tab.keyboard.press("Escape")
        assert not panel.is_visible()


def test_menu_that_is_higher_than_the_window_scrolls(visit):
    with visit(f"{PAGES[1]}.html", width=640, height=200) as tab:
        tab.locator("#open-actions").click()
        menu = tab.locator("#actions")
        box = menu.bounding_box()
        assert box["y"] + box["height"] < 200
        assert menu.evaluate("e => e.scrollHeight > e.clientHeight")
        menu.get_by_role("button", name="Print this page").scroll_into_view_if_needed()
        expect(menu.get_by_role("button", name="Print this page")).to_be_in_viewport(ratio=1)


@every_page
def test_no_page_is_wider_than_a_phone(visit, page):
    with visit(f"{page}.html", width=390) as tab:
        tab.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        for width in (390, 320):
            tab.set_viewport_size({"width": width, "height": 900})
            sticking_out = tab.evaluate("""() => {
                const scrolls = e => getComputedStyle(e).overflowX != "visible";
                const clipped = e => e && (scrolls(e) || clipped(e.parentElement));
                const beyond = e => e.getBoundingClientRect().right > innerWidth + 0.5;
                return [...document.querySelectorAll("main *")]
                    .filter(e => beyond(e) && !clipped(e.parentElement)).map(e => e.outerHTML);
            }""")
            assert sticking_out == []
            broken = tab.locator("main .whole:not(.long, td *):visible").evaluate_all(
                """all => all.filter(e => {
                    const [first, ...more] = e.getClientRects();
                    return more.some(rect => rect.left < first.left);
                }).map(e => e.textContent)"""
            )
            assert broken == [], "a short formula, or the comma behind it, is in two lines"
            beyond = tab.locator("main :is(th, td):visible").evaluate_all(
                "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)"
            )
            assert beyond == [], "what a cell of a table holds lies on its neighbour"
            assert tab.evaluate("document.documentElement.scrollWidth") <= width


@each_mode
def test_figure_opens_large_on_a_phone(visit, mode):
    sign = "e => getComputedStyle(e, '::after').content"
    with visit(f"{PAGES[1]}.html", mode) as tab:
        link = tab.locator("#fig-paths > a")
        assert link.evaluate(sign) == "none"
        tab.set_viewport_size({"width": 390, "height": 300})
        assert link.evaluate(sign) != "none"
        tab.emulate_media(media="print")  # on small paper
        assert link.evaluate(sign) == "none"
        tab.emulate_media(media="screen")
        small = link.locator("img").bounding_box()["width"]
        large = tab.locator("#enlarged")
        for close in (
            lambda: tab.keyboard.press("Escape"),
            lambda: large.get_by_role("button", name="Close").click(),
            lambda: large.locator("img").click(position={"x": 10, "y": 100}),
        ):
            link.press("Enter")
            large.locator("img[width]").wait_for()  # its file may have to come again
            assert large.locator("img").bounding_box()["width"] > 2 * small
            close()
            expect(large).to_have_count(0)
            assert link.evaluate("e => e === document.activeElement")
        link.locator("img").click()
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("ArrowDown")
        scrolled = "e => e.scrollLeft > 0 && e.scrollTop > 0"
        for _ in range(50):  # the browser itself scrolls when it comes to it
            if not large.evaluate(scrolled):
                tab.wait_for_timeout(100)
        assert large.evaluate(scrolled)
        assert (large.locator("img").evaluate("e => getComputedStyle(e).filter") == "none") == (
            mode == "light"
        )
        # axe-core would go through all that lies behind it.
        tab.evaluate(
            "document.querySelectorAll('article > :not(#enlarged)').forEach(e => e.remove())"
        )
        # Light and dark differ in nothing but colours.
        assert violations(tab, "#enlarged", colours=True if mode == "dark" else None) == []


def test_what_scrolls_sideways_fades_where_more_is(visit):
    mask = "e => getComputedStyle(e).maskImage"
    with visit(f"{PAGES[1]}.html", width=390) as tab:
        tab.evaluate(SETTLED)
        code = tab.locator("article pre[tabindex]:visible").first
        code.scroll_into_view_if_needed()
        seen = []
        for share in (0, 0.5, 1):
            code.evaluate(
                "(e, share) => (e.scrollLeft = share * (e.scrollWidth - e.clientWidth))", share
            )
            tab.evaluate(SETTLED)
            seen.append(code.evaluate(mask))
        assert ["to left" in seen[0], "to right" in seen[2]] == [True, True]
        assert seen[1].count("rgba(0, 0, 0, 0)") == 2
        whole = tab.locator("article pre:not([tabindex]):visible").first
        assert whole.evaluate(mask) == "none"


@every_page
def test_page_is_whole_without_a_script(visit, page):
    """Menus and what is folded open by themselves; the rest is in the HTML, see above."""
    with visit(f"{page}.html", width=390, java_script_enabled=False) as tab:
        assert tab.locator("article h1").is_visible()
        folds = tab.locator("article details:has(> summary)")
        assert folds.count() == tab.locator("article details").count()
        for folded in folds.all()[:5]:  # which the browser itself opens
            folded.locator("summary").click()
            assert folded.locator("summary ~ *").first.is_visible()
        tab.locator("#open-actions").click()
        useless = tab.locator("#switch-theme, #live, #actions button").locator("visible=true")
        assert useless.count() == 0, "a button that does nothing, or its words"
        tab.keyboard.press("Escape")
        tab.locator("#open-contents").click()
        links = tab.locator("#contents a")
        assert links.count() == len(PAGES) - 1
        assert all(link.is_visible() for link in links.all())
        chapter = links.first.get_attribute("href")
        links.first.click()
        tab.wait_for_url(f"**/{PAGES[1]}.html{chapter if chapter == '#' else ''}")


def test_contents_stand_beside_a_wide_page(visit):
    with visit("book/notation.html") as tab:
        assert tab.locator("#contents").is_visible()
        assert tab.locator("#toc").is_visible()
        assert not tab.locator("#open-contents, #open-toc").first.is_visible()


def test_list_of_a_page_marks_the_section_in_view(visit):
    """Also the last one, which no reader can bring to the top, in a list that scrolls itself."""
    with visit("book/questions.html") as tab:
        marked = tab.locator("#toc [aria-current]")
        links = tab.locator("#toc a:not([href='#'])")
        for link in (links.nth(3), links.nth(1), links.last):
            tab.evaluate("hash => { location.hash = hash }", link.get_attribute("href"))
            expect(marked).to_have_attribute("href", link.get_attribute("href"))
            expect(marked).to_be_in_viewport(ratio=1)
        tab.evaluate("scrollTo(0, 0)")
        expect(marked).to_have_count(0)
        tab.set_viewport_size({"width": 1280, "height": 20_000})  # which shows the end at once
        expect(marked).not_to_have_attribute("href", links.last.get_attribute("href"))


@each_mode
def test_button_changes_the_theme_and_the_page_remembers(visit, mode):
    other = MODES[1 - MODES.index(mode)]
    theme = "document.documentElement.dataset.theme"
    with visit("book/notation.html", mode) as tab:
        assert tab.evaluate(theme) == mode
        tab.locator("#switch-theme").click()
        assert tab.evaluate(theme) == other
        tab.reload(wait_until="commit")
        tab.wait_for_selector("body")
        assert tab.evaluate(theme) == other
        tab.emulate_media(color_scheme=other)
        tab.emulate_media(color_scheme=mode)
        assert tab.evaluate(theme) == other, "a choice of the reader's gives way to the system"
        tab.locator("#switch-theme").click()
        tab.emulate_media(color_scheme=other)
        # Without a choice, the page follows the system.
        tab.locator(f"html[data-theme={other}]").wait_for(state="attached")


FORBID = (
    """Object.defineProperty(window, "localStorage", {get() { throw new Error("forbidden"); }})"""
)
FULL = """Storage.prototype.setItem = () => { throw new Error("full"); };
    window.real = localStorage;
    Object.defineProperty(window, "localStorage", {get: () => new Proxy({}, {
        set() { throw new Error("full"); }, get: () => undefined})})"""


@each_mode
@pytest.mark.parametrize(
    "storage", ["localStorage.theme = 'auto'", "localStorage.theme = ''", FORBID, FULL]
)
def test_page_has_its_colours_and_its_button_whatever_the_storage_holds(visit, mode, storage):
    other = MODES[1 - MODES.index(mode)]
    theme = "document.documentElement.dataset.theme"
    with visit("404.html", mode, missing=True) as tab:
        tab.context.add_init_script(storage)
        tab.goto(urljoin(tab.url, "book/notation.html"))
        for system in (mode, other, mode):  # nothing valid is chosen
            tab.emulate_media(color_scheme=system)
            tab.locator(f"html[data-theme={system}]").wait_for(state="attached")
        tab.locator("#switch-theme").click()
        assert tab.evaluate(theme) == other
        tab.locator("#switch-theme").click()
        assert tab.evaluate(theme) == mode


def test_theme_chosen_on_one_page_holds_on_one_that_is_open(visit):
    with visit("book/notation.html") as tab, tab.context.new_page() as beside:
        beside.goto(urljoin(tab.url, "teach.html"))
        beside.locator("#switch-theme").click()
        tab.locator("html[data-theme=dark]").wait_for(state="attached")
        beside.locator("#switch-theme").click()
        tab.locator("html[data-theme=light]").wait_for(state="attached")
        # A page that the Back button brings back as it was has missed the change.
        tab.evaluate("localStorage.theme = 'dark'")
        tab.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
        assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


@each_mode
def test_page_follows_a_system_that_forces_its_colours(visit, mode):
    """Whatever is chosen: a figure is turned dark by the theme, and the page by the system."""
    theme = "document.documentElement.dataset.theme"
    with visit("404.html", mode, missing=True, forced_colors="active") as tab:
        tab.context.add_init_script(f"localStorage.theme = '{MODES[1 - MODES.index(mode)]}'")
        # What stands in the head, and then the script of the page
        for hold in ("**/site.js*", "**/nothing"):
            tab.route(hold, lambda route: route.abort())
            tab.goto(urljoin(tab.url, "/book/notation.html"))
            assert tab.evaluate(theme) == mode
            tab.unroute(hold)
        assert not tab.locator("#switch-theme").is_visible()
        tab.emulate_media(forced_colors="none")
        tab.locator(f"html:not([data-theme={mode}])").wait_for(state="attached")


def test_what_grounds_and_shadows_say_is_said_in_forced_colours_too(visit):
    look = "(e, name) => getComputedStyle(e)[name]"
    with visit(f"{PAGES[1]}.html", forced_colors="active") as tab:
        tab.locator("#open-actions").click()
        tab.locator("#show-checked").click()
        for kind in ("number", "formula"):
            mark = tab.locator(f".checked[data-kind={kind}]").first
            assert mark.evaluate(look, "outlineStyle") == "dotted"
        tab.keyboard.press("Escape")
        tab.locator("#toc a").nth(3).click()
        assert tab.locator("#toc [aria-current]").evaluate(look, "fontWeight") == "600"
        tab.goto(urljoin(tab.url, "/search.html?q=gradient"))
        mark = tab.locator("#search-results mark").first
        assert mark.evaluate(look, "color") == tab.locator("h1").evaluate(look, "color")


def test_dark_page_prints_on_white_paper_without_the_frame(visit):
    with visit("book/notation.html", "dark") as tab:
        tab.evaluate("""() => addEventListener("beforeprint", () => {
            window.paper = getComputedStyle(document.body).backgroundColor;
        })""")
        tab.pdf()
        assert tab.evaluate("paper") == "rgb(255, 255, 255)"
        assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
        tab.emulate_media(media="print")
        assert not tab.locator("header, nav, footer").locator("visible=true").count()


def test_nothing_that_lies_on_a_page_is_printed(visit):
    with visit(f"{PAGES[1]}.html") as tab:
        lying = tab.locator(":popover-open, dialog[open]").locator("visible=true")
        for opener in ("#open-actions", "#fig-paths > a"):
            tab.locator(opener).evaluate("opener => opener.click()")
            assert lying.count() == 1
            tab.emulate_media(media="print")
            assert not lying.count()
            tab.emulate_media(media="screen")


@pytest.mark.parametrize("page", [PAGES[2], PAGES[3], "book/teach"])
def test_page_on_paper_has_no_box_to_open_and_nothing_that_scrolls(visit, page):
    with visit(f"{page}.html") as tab:
        folds = tab.locator("article details:not(.question *)")
        folds.last.evaluate("e => e.open = true")
        tab.emulate_media(media="print")
        # A4 leaves 658, but letters of another font may be wider.
        tab.set_viewport_size({"width": 610, "height": 900})
        assert [fold.is_visible() for fold in folds.all()] == [False] * (folds.count() - 1) + [True]
        answers = tab.locator(".question details > p")
        assert all(answer.is_visible() for answer in answers.all())
        beyond = tab.locator("article :not(.katex *, svg *)").evaluate_all(
            """all => all.filter(
                e => e.getBoundingClientRect().right > innerWidth + 0.5
            ).map(e => e.outerHTML)"""
        )
        assert beyond == []
        assert len(PdfReader(io.BytesIO(tab.pdf(format="A4"))).pages) <= 16


def test_what_is_printed_again_has_the_same_bytes(browser):
    table = "data:text/html,<title>Table</title>{}<table><tr><th>a<th>b<tr><td>c<td>d</table>"
    unseen = ("", "<i hidden></i>")  # by which other nodes have other numbers
    one, other = (print_page(browser, table.format(node), PAPER) for node in unseen)
    assert one == other
    assert set(re.findall(rb"\(D:(\d{14})", one)) == {b"19800101000000"}


def test_book_is_printed_whole_and_every_link_in_it_leads_somewhere(browser, built, tmp_path):
    print_book(browser, built / "html", tmp_path / BOOK)
    printed = PdfReader(tmp_path / BOOK)
    named = printed.named_destinations
    text = [" ".join(page.split()) for page in texts(tmp_path / BOOK)]
    assert all(len(page.split()) > 50 for page in text), "a page holds next to nothing"
    for page in set(PAGES[1:]) - LEFT_OUT:
        html = soup(built / f"html/{page}.html")
        title = " ".join(html.h1.get_text().rstrip("#").split())
        start = printed.get_destination_page_number(named[f"/{Path(page).stem}"]) + 1
        assert title in text[start - 1]
        assert f"{title} {start} " in f"{text[1]} ", "the contents name another page"
        for number in html.select(".eqno"):
            assert number.get_text().rstrip("#") in "".join(text)
    links = [
        note.get_object()
        for page in printed.pages
        for note in page.get("/Annots", ())
        if note.get_object()["/Subtype"] == "/Link"
    ]
    within = [str(link["/Dest"]) for link in links if "/Dest" in link]
    assert len(within) > 100
    assert set(within) <= set(named)
    assert all(link["/A"]["/URI"].startswith("http") for link in links if "/A" in link)
    assert printed.outline
    assert printed.root_object["/MarkInfo"]["/Marked"]


def test_stick_holds_all_that_its_pages_lead_to(built, tmp_path):
    stick = tmp_path / STICK
    archive(built / "html", stick)
    folder = Path(STICK).stem
    with ZipFile(stick) as file:
        names = set(file.namelist())
        assert {entry.date_time for entry in file.infolist()} == {EPOCH}
    assert f"{folder}/index.html" in names
    dead = []
    for name in sorted(name for name in names if name.endswith(".html")):
        if "/_static/" in name:  # templates that the theme brings along
            continue
        page = built / "html" / Path(name).relative_to(folder)
        for part in soup(page).find_all(lambda tag: tag.has_attr("href") or tag.has_attr("src")):
            url = urlsplit(urljoin(name, part.get("href") or part.get("src")))
            if url.scheme or page.name == "404.html":  # whose addresses are those of a host
                continue
            target = built / "html" / Path(unquote(url.path)).relative_to(folder)
            anchor = unquote(url.fragment).partition(":~:")[0].removeprefix("/")
            if unquote(url.path) not in names or (anchor and anchor not in ids(target)):
                dead.append((name, url.geturl()))
    assert dead == []


def test_scripts_and_stylesheets_are_those_of_this_edition(built):
    """A browser keeps them for as long as it likes, but not under another address."""
    for path in [*(built / "html").glob("*.html"), *(built / "html/book").rglob("*.html")]:
        named = [tag["src"] for tag in soup(path).select("script[src]")]
        named += [tag["href"] for tag in soup(path).select("link[rel=stylesheet]")]
        named += [
            name
            for tag in soup(path).select("[data-scripts]")
            for name in tag["data-scripts"].split()
        ]
        for name, _, version in (name.partition("?v=") for name in named):
            assert version == sha256((path.parent / name).read_bytes()).hexdigest()[:8]


QUERIES = {  # what readers type, and what must come first
    "learning rate": "sgd.html#the-learning-rate",
    "learning rates": "sgd.html#the-learning-rate",
    "eta": "sgd.html#the-learning-rate",
    "step size": "sgd.html#the-learning-rate",
    "hessian": "sgd.html#the-learning-rate",
    "sgd": "sgd.html",
    "Stochastic Gradient Descent": "sgd.html",
    "noise floor": "sgd.html#the-noise-floor",
    "epoch": "sgd.html#the-update-rule",
    "momentum": "sgd.html#momentum-and-adam",
    "adam": "sgd.html#momentum-and-adam",
    "xor": "sgd.html#when-the-bowl-is-not-a-bowl",
    "loss": "sgd.html#a-loss-is-a-mean",
    "theta": "sgd.html#the-update-rule",
    "backpropagation": "backprop.html",
    "backprop": "backprop.html",
    "back-propagation": "backprop.html",
    "chain rule": "backprop.html",
    "vanishing gradient": "backprop.html#when-the-product-vanishes-or-explodes",
    "finite differences": "backprop.html#checking-a-gradient",
    "gradient check": "backprop.html#checking-a-gradient",
    "automatic differentiation": "backprop.html#automatic-differentiation",
    "logits": "backprop.html#why-logits-are-better",
    "end to end": "end_to_end.html",
    "overfitting": "end_to_end.html#when-it-learns-too-much",
    "dead units": "end_to_end.html#seeds-that-fail",
    "relu": "end_to_end.html#seeds-that-fail",
    "cross-entropy": "api.html#previously.losses.cross_entropy",
    "initialisation": "api.html#previously.mlp.MLP.init",
    "initialization": "api.html#previously.mlp.MLP.init",
    "softmax": "api.html#previously.losses.softmax",
    "numerical_gradient": "api.html#previously.gradcheck.numerical_gradient",
    "make_spirals": "api.html#previously.data.make_spirals",
    "minibatch": "sgd.html#the-update-rule",
    "mini-batch": "sgd.html#the-update-rule",
    "digits": "api.html#previously.data.load_digits",
    "notation": "notation.html",
    "slides": "teach.html#the-slides",
    "speaker notes": "teach.html#the-speaker-view",
    "speed": "speed.html",
    "performance": "speed.html",
    "learning-rate": "sgd.html#the-learning-rate",
    "chain-rule": "backprop.html",
    "vanishing-gradient": "backprop.html#when-the-product-vanishes-or-explodes",
    "non-convex": "questions.html#two-units-and-two-rings",
    "how does backpropagation work": "backprop.html",
    "what is an epoch": "sgd.html#the-update-rule",
    "what is overfitting": "end_to_end.html#when-it-learns-too-much",
    "what is sgd": "sgd.html",
    "SGD vs Adam": "sgd.html#momentum-and-adam",
    "why is my loss NaN": "sgd.html#what-can-go-wrong",
    "how to choose the learning rate": "sgd.html#the-learning-rate",
    "how to run": "index.html#how-to-run",
    "autodiff": "backprop.html#automatic-differentiation",
    "epsilon": "backprop.html#checking-a-gradient",
    "license": "index.html#how-to-teach",
    "licence": "index.html#how-to-teach",
    "modelling": "backprop.html#a-network-layer-by-layer",
}
MISTYPED = {
    "gradeint": "gradient",
    "sigmod": "sigmoid",
    "momemtum": "momentum",
    "the backpropagtion": "the backpropagation",
}


@pytest.fixture(scope="module")
def answers(browser, built):
    """What a query finds, first things first; opened as a file, which hinders most."""
    tab = browser.new_page()

    def search(query):
        tab.goto(f"{(built / 'html/search.html').as_uri()}?{urlencode({'q': query})}")
        return tab.locator("#search-results li")

    yield search
    tab.close()


def address(item):
    """Where a result leads, without the words to be marked there."""
    link = item.locator("a").get_attribute("href").partition(":~:")[0]
    return link.removeprefix("book/").removesuffix("#")


@pytest.mark.parametrize("query", QUERIES)
def test_search_finds_first_what_a_reader_means(answers, query):
    assert address(answers(query).first) == QUERIES[query]


def test_search_finds_what_is_said_before_the_list_of_pieces(answers):
    first = [address(item) for item in answers("momentum").all()[:3]]
    assert "teach.html#what-can-be-pulled" not in first


@pytest.mark.parametrize("query", MISTYPED)
def test_search_finds_what_a_mistyped_word_means_and_says_so(answers, query):
    meant = [address(item) for item in answers(MISTYPED[query]).all()]
    found = answers(query)
    assert [address(item) for item in found.all()] == meant != []
    said = found.page.locator("#search-results [role=status]").inner_text()
    assert said.startswith(f"Results for “{MISTYPED[query]}”: ")


def test_search_says_that_its_list_has_not_come(visit):
    said = "has not come"
    with visit("404.html", missing=True) as tab:
        tab.goto(urljoin(tab.url, "search.html"))
        assert said not in tab.locator("main").inner_text()
        tab.route("**/search.js*", lambda route: route.abort())
        tab.goto(urljoin(tab.url, "search.html?q=gradient"))
        assert said in tab.locator("main").inner_text()


def test_search_takes_whole_words_for_symbols(answers):
    for item in answers("eta").all():
        assert (
            item.locator("mark", has_text=re.compile("^(theta|beta)$", re.IGNORECASE)).count() == 0
        )


@pytest.mark.parametrize("query", ["zyzzyva", "constructor", "__proto__"])
def test_search_says_when_it_finds_nothing(answers, query):
    assert answers(query).count() == 0
    said = answers(query).page.locator("#search-results [role=status]")
    assert said.inner_text() == "No section has any of these words."


def test_excerpt_holds_each_formula_once_and_neither_markup_nor_imports(answers):
    for query in ("gradient", "theta", "numpy", "matplotlib"):
        for item in answers(query).all():
            text = item.inner_text()
            assert not re.search(r"\\[a-z]|[{}$]|from \w+ import|import numpy|:::|<!--", text), text
            assert not re.search(r"(θ\S*) \1", text), text


def test_every_section_that_is_searched_is_there(built):
    text = (built / "html/sections.js").read_text("utf-8")
    found = json.loads(text.removeprefix("const SECTIONS = ").rstrip().removesuffix(";"))
    searched = {address.partition("#")[0] for _, _, address, *_ in found}
    assert searched == {f"{page}.html" for page in PAGES} - {"book/checked.html"}  # a list of all
    for _, title, address, prose, _ in found:
        page, _, anchor = address.partition("#")
        assert title
        assert prose
        assert not anchor or anchor in ids(built / "html" / page)


def test_search_leads_to_the_words_by_keyboard(visit):
    with visit("book/notation.html") as tab:
        tab.keyboard.press("Control+k")
        tab.keyboard.type("decreasing floor")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/search.html?q=decreasing+floor")
        results = tab.get_by_role("region", name="Search results")
        results.get_by_role("status").wait_for()
        assert tab.locator("main [name=q]").input_value() == "decreasing floor"
        assert violations(tab) == []
        link = results.get_by_role("link").first
        excerpt = results.locator("li p").first.inner_text()
        assert {"decreasing", "floor"} <= set(re.findall(r"\w+", excerpt.lower()))
        link.focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/sgd.html#*")
        tab.wait_for_function("scrollY > 2000")
        tab.go_back()
        tab.locator("main [name=q]").fill("something else")
        tab.reload()
        results.get_by_role("status").wait_for()
        assert tab.locator("main [name=q]").input_value() == "decreasing floor"


@pytest.mark.parametrize(
    ("platform", "name", "opens", "others"),
    [
        ("Linux x86_64", "Ctrl+K", "Control+k", ["Control+Shift+k", "Control+Alt+k", "Meta+k"]),
        ("MacIntel", "⌘K", "Meta+k", ["Meta+Shift+k", "Meta+Alt+k", "Control+k"]),
    ],
)
def test_key_of_the_search_is_no_other_key_and_comes_from_a_figure_too(
    visit, platform, name, opens, others
):
    with visit("404.html", missing=True) as tab:
        tab.context.add_init_script(
            f"Object.defineProperty(navigator, 'platform', {{get: () => '{platform}'}})"
        )
        tab.goto(urljoin(tab.url, f"{PAGES[1]}.html"))
        expect(tab.get_by_label(f"Search ({name})")).to_have_attribute("title", f"Search ({name})")
        field = tab.locator("#search input")
        for key in others:
            tab.keyboard.press(key)
            assert not field.is_visible(), key
        tab.locator("#fig-paths > a").press("Enter")
        tab.locator("#enlarged").wait_for()
        tab.keyboard.press(opens)
        expect(field).to_be_focused()
        expect(tab.locator("#enlarged")).to_have_count(0)


def test_key_of_the_search_is_the_same_on_a_cyrillic_keyboard(visit):
    with visit("404.html", missing=True) as tab:
        tab.evaluate("""() => document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key: "л", keyCode: 75, ctrlKey: true, bubbles: true}))""")
        expect(tab.locator("#search input")).to_be_focused()


def test_address_that_leads_nowhere_leads_back(visit):
    with visit("no/such/page.html", missing=True) as tab:
        assert tab.locator("h1").inner_text() == "No such page"
        assert tab.evaluate("getComputedStyle(document.querySelector('.top')).display") == "flex"
        tab.locator("article a").click()
        tab.wait_for_url(f"**/{PAGES[0]}.html")


def test_code_is_copied(visit):
    with visit(f"{PAGES[1]}.html", permissions=["clipboard-read", "clipboard-write"]) as tab:
        cell = tab.locator(".highlight:visible").first
        cell.hover()
        cell.locator(".copybtn").click()
        tab.wait_for_selector(".copybtn.success")
        assert tab.evaluate("navigator.clipboard.readText()") == cell.inner_text().strip()


def copied(tab, selector, kind="text/plain"):
    """What a reader gets who marks all such elements by hand and copies."""
    tab.evaluate("navigator.clipboard.writeText('')")
    tab.evaluate(
        """selector => {
            const all = [...document.querySelectorAll(selector)].filter(e => e.checkVisibility());
            const range = document.createRange();
            range.setStartBefore(all.at(0));
            range.setEndAfter(all.at(-1));
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }""",
        selector,
    )
    tab.keyboard.press("Control+c")
    for _ in range(100):  # the browser itself copies when it comes to it
        text = tab.evaluate(
            """kind => navigator.clipboard.read().then(([item]) =>
                item?.types.includes(kind) ? item.getType(kind).then(blob => blob.text()) : "")""",
            kind,
        )
        if text:
            break
        tab.wait_for_timeout(50)
    return text


CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.mark.parametrize("address", [f"{PAGES[2]}.html", "book/slides/backprop.html?print-pdf"])
def test_formulas_are_copied_as_their_tex_once(visit, address):
    with visit(address, **CLIPBOARD) as tab:
        formulas = tab.locator(".katex:not(details *) annotation")  # what is folded is not copied
        tex = [" ".join(text.split()) for text in formulas.all_text_contents()]
        everything = ".bd-article, .deck"
        text = copied(tab, everything)
        displayed = tab.locator(".katex-display:not(details *)").count()
        assert text.count("$$") == 2 * displayed
        assert text.count("$") == 2 * displayed + 2 * len(tex)
        for number in tab.locator(".eqno").all_text_contents():
            assert number.rstrip("#") not in text
        at = 0
        for one in tex:  # in their order
            at = text.index(f"${one}$", at) + len(one)
        assert "<math" not in copied(tab, everything, "text/html")
        lines = text.splitlines()
        assert max(map(len, lines)) < 2000, "the paragraphs have run together"
        assert not re.search(r"^[^\W\d]$", text, re.MULTILINE), "a symbol has a line of its own"
        for code in tab.locator(".lines:not(details *)").all_text_contents():
            assert code.strip() in text.replace("\xa0", " "), "code that waits is left out"


def test_copy_that_begins_and_ends_within_a_formula_has_all_of_it(visit):
    with visit(f"{PAGES[2]}.html", **CLIPBOARD) as tab:
        first, *_, last = tab.locator("p .katex:not(details *) annotation").all_text_contents()
        text = copied(tab, "p .katex .mord").strip()
        assert (text.startswith(f"${first}$"), text.endswith(f"${last}$")) == (True, True)


# Firefox has several marked places, and keeps them while a field has the focus; Chromium has one.
COPIED_BY_FIREFOX = """([selector, parts]) => {
    const ranges = [...document.querySelectorAll(parts)].map(part => {
        const range = document.createRange();
        range.selectNodeContents(part);
        return range;
    });
    window.getSelection = () => (
        {rangeCount: ranges.length, isCollapsed: false, getRangeAt: i => ranges[i]});
    const clipboardData = new DataTransfer();
    document.querySelector(selector).dispatchEvent(
        new ClipboardEvent("copy", {clipboardData, bubbles: true, cancelable: true}));
    return clipboardData.getData("text/plain");
}"""


def test_each_of_several_marked_places_is_copied(visit):
    with visit(f"{PAGES[2]}.html") as tab:
        paragraphs = "article section > p:has(.katex):nth-of-type(-n + 2)"
        text = tab.evaluate(COPIED_BY_FIREFOX, ["body", paragraphs])
        formulas = tab.locator(f"{paragraphs} >> annotation").all_text_contents()
        assert len(formulas) > 2
        assert all(f"${formula}$" in text for formula in formulas)


def test_what_is_copied_in_a_field_is_no_part_of_the_page(visit):
    with visit(f"{PAGES[2]}.html") as tab:
        assert tab.evaluate(COPIED_BY_FIREFOX, ["[name=q]", "p:has(.katex)"]) == ""


def test_row_of_a_table_is_copied_as_one_line(visit):
    with visit("book/speed.html", **CLIPBOARD) as tab:
        rows = tab.locator("#id2 tbody tr").evaluate_all("all => all.map(e => e.textContent)")
        lines = ["\t".join(row.strip().split("\n")) for row in rows]
        assert len(lines) > 5
        assert copied(tab, "#id2 tbody tr").strip().splitlines() == lines
        assert copied(tab, "#id2").strip().splitlines()[-len(lines) :] == lines
        html = copied(tab, "#id2 tbody tr", "text/html")
        assert BeautifulSoup(html, "html.parser").select("table tr > td")


def test_text_and_code_without_formulas_are_copied_as_ever(visit):
    with visit(f"{PAGES[2]}.html", **CLIPBOARD) as tab:
        for selector in ("article h1", "#unit-by-unit .cell_input pre"):
            shown = tab.locator(f"{selector}:visible").text_content().strip("#\n")
            assert copied(tab, selector).strip("#\n") == shown


def test_example_is_copied_without_its_prompts(visit):
    with visit("book/api.html", **CLIPBOARD) as tab:
        example = tab.locator(".doctest .highlight").first
        lines = example.text_content().splitlines()
        typed = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
        assert typed
        example.hover()
        example.locator(".copybtn").click()
        tab.wait_for_selector(".copybtn.success")
        assert tab.evaluate("navigator.clipboard.readText()").split("\n") == typed
        assert ">>>" not in copied(tab, ".doctest pre")


@pytest.mark.parametrize("address", [f"{page}.html" for page in [*PAGES, "book/slides/sgd"]])
def test_translator_leaves_formulas_and_code_alone(built, address):
    kept = ".katex, pre, code, dt.sig, .field-list strong"
    for part in soup(built / "html" / address).select(f"main :is({kept}), #toc :is({kept})"):
        assert part.find_parent(translate="no") or part.get("translate") == "no", part


def test_keyboard_reaches_what_scrolls_and_nothing_else(visit):
    wide = "article :is(pre, div.math, .pst-scrollable-table-container)"
    seen = []
    with visit(f"{PAGES[1]}.html", width=390) as tab:
        for width in (390, 1280):  # a phone is turned
            tab.set_viewport_size({"width": width, "height": 900})
            tab.evaluate(SETTLED)
            seen += tab.locator(wide).evaluate_all(
                """all => all.filter(e => e.checkVisibility()).map(
                    e => [e.scrollWidth > e.clientWidth, e.tabIndex === 0])"""
            )
    assert [True, True] in seen
    assert [False, False] in seen
    assert all(scrolls == reached for scrolls, reached in seen)


def test_keyboard_reaches_what_scrolls_since_its_font_came(visit):
    """A font may widen a formula and leave its box, so that its own size says nothing."""
    with visit(f"{PAGES[1]}.html", is_mobile=True) as tab:  # whose scrollbars take no room
        tab.evaluate(SETTLED)
        before, after = tab.evaluate("""async () => {
            const box = document.querySelector("div.math:not([tabindex])");
            box.querySelector(".eqno")?.remove();  // it would go to a line of its own
            const {tabIndex, offsetHeight} = box;
            box.querySelector(".katex-html").style.paddingInlineStart = "4000px";
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
            if (box.offsetHeight !== offsetHeight) throw new Error("the box has changed");
            return [tabIndex, box.tabIndex];
        }""")
        assert (before, after) == (-1, 0)


def test_page_is_not_laid_out_anew_for_each_question(visit):
    """To ask for a width after something was written costs a layout of the whole page."""
    with visit("404.html", missing=True) as tab:
        tab.context.add_init_script("""
            window.log = "";
            const spy = (where, name, kind, letter) => {
                const own = Object.getOwnPropertyDescriptor(where, name), old = own[kind];
                own[kind] = function (...value) { log += letter; return old.apply(this, value); };
                Object.defineProperty(where, name, own);
            };
            spy(Element.prototype, "scrollWidth", "get", "r");
            spy(HTMLElement.prototype, "tabIndex", "set", "w");
            spy(Element.prototype, "removeAttribute", "value", "w");
        """)
        tab.goto(urljoin(tab.url, f"{PAGES[2]}.html"))
        tab.evaluate(SETTLED)
        log = tab.evaluate("log")
    assert log.count("r") > 20
    assert log.count("wr") <= 5


@each_page
@pytest.mark.parametrize("width", [1280, 390])
def test_what_waits_to_be_laid_out_is_as_high_then(visit, page, width):
    """So that no anchor, and no place in a page loaded anew, is anywhere else than it was."""
    tops = """() => [...document.querySelectorAll(
        "article :not(.katex *, div.math *, pre *, details *)"
    )].map(e => Math.round(e.getBoundingClientRect().top + scrollY))"""
    with visit(f"{page}.html", width=width) as tab:
        tab.evaluate(SETTLED)
        waiting = tab.locator("article .lines > span, article .katex").evaluate_all(
            """all => all.filter(
                e => e.checkVisibility() && !e.checkVisibility({contentVisibilityAuto: true})
            ).length"""
        )
        assert waiting >= 200 or page not in PAGES[1:4], "a chapter is laid out to its end"
        guessed = tab.evaluate(tops)
        tab.add_style_tag(content="article * { content-visibility: visible !important }")
        tab.evaluate(SETTLED)
        pairs = list(zip(guessed, tab.evaluate(tops), strict=True))
        assert max(abs(one - other) for one, other in pairs) <= 8


# The stylesheet


LOOKS = """async () => {
    await document.fonts.ready;
    const names = ["display", "position", "visibility", "color", "backgroundColor", "fontSize",
        "fontWeight", "fontFamily", "lineHeight", "textAlign", "listStyleType", "paddingTop",
        "paddingLeft", "marginTop", "marginLeft", "marginBottom", "borderTopWidth",
        "borderLeftColor", "textDecorationLine", "width", "opacity", "content"];
    const look = (element, part) => {
        const style = getComputedStyle(element, part);
        return names.map(name => `${name}: ${style[name]}`);
    };
    return [...document.querySelectorAll("body, body *:not(.katex *, pre *)")].map(element =>
        [element, [null, "::before", "::after"].flatMap(part => look(element, part))]);
}"""
LOST = f"""async () => {{
    const looks = {LOOKS}, purged = await looks();
    await new Promise(resolve => {{
        const link = document.querySelector("link[rel=stylesheet]");
        link.onload = resolve;
        link.href = link.href.replace("site.css", "whole.css");
    }});
    const whole = await looks();
    return [purged.length, purged.flatMap(([element, its], at) =>
        its.map((look, i) => [look, whole[at][1][i]]).filter(([one, other]) => one !== other).map(
            ([one, other]) => `${{element.cloneNode().outerHTML.slice(0, 80)}} has ${{one}}, `
                + `and with the whole stylesheets ${{other}}`))];
}}"""


@pytest.mark.parametrize("address", [*(f"{page}.html" for page in SITE), "search.html?q=gradient"])
def test_purged_stylesheet_looks_the_same_as_the_whole_ones(visit, built, address):
    """Also with everything open, and with what a script has added."""
    static = built / "html/_static"
    paths = [path for pattern in SHEETS for path in static.glob(pattern)]
    assert len(paths) == len(SHEETS), f"the theme or an extension has renamed one of {SHEETS}"
    whole = "".join(path.read_text("utf-8") for path in paths)
    (static / "whole.css").write_text(whole, "utf-8")
    with visit(address) as tab:
        tab.add_style_tag(content="* { animation: none !important; transition: none !important }")
        tab.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        tab.evaluate(OF_EACH_LIST_A_FEW)
        if "?" in address:
            tab.locator("#search-results h2", has_text="Search Results").wait_for()
            tab.wait_for_load_state("networkidle")  # the excerpts
        compared, lost = tab.evaluate(LOST)
    assert compared > 50
    assert not lost, "\n".join(lost)


def test_every_stylesheet_of_the_theme_and_the_extensions_is_known(built):
    found = {
        path.relative_to(built / "html/_static") for path in built.glob("html/_static/**/*.css")
    }
    made = {Path("site.css"), Path("whole.css"), Path("styles/theme.css")}  # the last imports basic
    slides = {Path("slides.css"), Path("reveal/reveal.css")}
    unknown = {p for p in found - made - slides if not any(p.match(name) for name in SHEETS)}
    assert not unknown, f"an upgrade has brought {unknown}: is it in site.css?"


def test_every_file_that_the_stylesheet_names_is_there(built):
    css = (built / "html/_static/site.css").read_text("utf-8")
    named = set(re.findall(r"url\([\"']?+(?!data:)([^)\"']+)", css))
    # KaTeX names each font in three formats, of which every browser takes the first.
    named = {name for name in named if not name.endswith((".woff", ".ttf"))}
    assert any("KaTeX_Main" in name for name in named)
    gone = {name for name in named if not (built / "html/_static" / name).is_file()}
    assert not gone, f"{gone}: the theme's stylesheet names files as seen from its own folder"


def test_every_icon_of_the_stylesheet_is_in_the_font(built):
    icons = set(re.findall("[\ue000-\uf8ff]", (built / "html/_static/site.css").read_text("utf-8")))
    assert len(icons) >= 5, "the theme writes its icons in another way"
    font = ttLib.TTFont(built / "html/_static/icons.woff2")
    assert {ord(icon) for icon in icons} <= set(font.getBestCmap())


def test_buttons_that_need_a_repository_wait_for_its_address(built, elsewhere):
    def links(built, page):
        menu = soup(built / f"html/{page}.html").select("#actions a[href]")
        return {link["href"] for link in menu if "//" in link["href"]}

    repository = "https://github.com/someone/somewhere"
    for page in PAGES:
        assert not links(built, page)
        chapter = page.removeprefix("book/")
        services = {
            f"https://colab.research.google.com/github/someone/somewhere/blob/notebooks/{chapter}.ipynb",
            f"https://mybinder.org/v2/gh/someone/somewhere/notebooks?urlpath=lab/tree/{chapter}.ipynb",
        }
        of_the_repository = {link for link in links(elsewhere, page) if link.startswith(repository)}
        assert of_the_repository
        is_chapter = chapter in {"sgd", "backprop", "end_to_end"}
        others = links(elsewhere, page) - of_the_repository
        assert others == (services if is_chapter else set())


SCRUBBERS = {"book/end_to_end.html": "scrubber", "book/sgd.html": "descents-by-eta"}


@pytest.fixture(params=SCRUBBERS)
def scrubbed(request):
    """A page with a slider, what it was stored with, and which of that it shows first.

    The tests of the package compare what is stored with the network's arrays.
    """
    cells = notebooks.read(notebooks.BOOK.parent / request.param.replace("html", "ipynb")).cells
    (stored,) = next(cell.outputs for cell in cells if cell.id == SCRUBBERS[request.param])
    html = stored.data["text/html"]
    assert len(html) <= 500_000
    box = BeautifulSoup(html, "html.parser").div
    said, *paths = json.loads(box["data-frames"])
    return request.param, list(zip(said, *paths, strict=True)), int(box["data-still"])


def shown(scrubber):
    paths = scrubber.locator("path.frame").evaluate_all("all => all.map(e => e.getAttribute('d'))")
    slider, said = scrubber.locator("input"), scrubber.locator("span").inner_text()
    assert slider.get_attribute("aria-valuetext") == said
    return int(slider.input_value()), (said, *paths)


def test_scrubber_shows_each_epoch_by_mouse_and_keyboard(visit, scrubbed):
    page, frames, still = scrubbed
    with visit(page) as tab:
        scrubber = tab.locator(".scrubber")
        slider, end = scrubber.locator("input"), len(frames) - 1
        assert shown(scrubber) == (still, frames[still])
        slider.focus()
        for key, epoch in [
            ("Home", 0),
            ("ArrowRight", 1),
            ("ArrowUp", 2),
            ("ArrowLeft", 1),
            ("End", end),
            ("ArrowDown", end - 1),
        ]:
            tab.keyboard.press(key)
            assert shown(scrubber) == (epoch, frames[epoch])

        box = slider.bounding_box()
        for share in (0.5, 0.0, 1.0):
            slider.click(position={"x": 1 + share * (box["width"] - 2), "y": box["height"] / 2})
            at, frame = shown(scrubber)
            assert abs(at - share * end) <= 1
            assert frame == frames[at]


def test_scrubber_plays_only_when_asked(visit, scrubbed):
    page, frames, still = scrubbed
    with visit(page, reduced_motion="no-preference") as tab:
        scrubber, end = tab.locator(".scrubber"), len(frames) - 1
        button, slider = scrubber.locator("button"), scrubber.locator("input")
        tab.wait_for_timeout(500)
        assert shown(scrubber) == (still, frames[still])
        assert button.inner_text() == "Play"
        slider.press("Home")

        button.click()
        assert button.inner_text() == "Pause"
        tab.wait_for_timeout(500)
        button.click()
        assert button.inner_text() == "Play"
        at, frame = shown(scrubber)
        assert 0 < at < end
        tab.wait_for_timeout(500)
        assert shown(scrubber) == (at, frames[at]) == (at, frame)

        slider.press("End")
        slider.press("ArrowLeft")
        button.click()
        expect(button).to_have_text("Play")
        assert shown(scrubber) == (end, frames[end])
        button.click()
        assert shown(scrubber)[0] < end, "from the end it does not play again"


def test_button_to_copy_covers_no_code_where_it_is_always_there(visit):
    with visit("book/sgd.html", width=390, has_touch=True, is_mobile=True) as tab:
        room = """pres => pres.map(pre => [
            pre.parentElement.querySelector(".copybtn").getBoundingClientRect().width,
            parseFloat(getComputedStyle(pre).paddingRight),
        ])"""
        covered = tab.locator(".highlight:has(> .copybtn) > pre").evaluate_all(room)
        assert len(covered) > 20
        assert all(0 <= width < padding for width, padding in covered)


def test_label_of_a_scrubber_is_text_and_no_markup(visit):
    label, paths = "a <b> & c", [{"path": np.eye(2)}]
    html = descents(np.sum, (-1, 2), (-1, 2), ("w", "b"), [1.0], paths, ["start"], label)
    with visit(f"{PAGES[0]}.html") as tab:
        alone = tab.context.new_page()
        alone.set_content(html)
        assert alone.get_by_label(label, exact=True).get_attribute("aria-valuetext") == "start"


def test_scrubber_does_not_play_where_motion_is_unwelcome(visit, scrubbed):
    page, *_ = scrubbed
    with visit(page) as tab:
        assert tab.locator(".scrubber input").is_visible()
        assert not tab.locator(".scrubber button").is_visible()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
@pytest.mark.parametrize("scrubbed", ["book/end_to_end.html"], indirect=True)
def test_front_page_shows_on_one_screen_what_the_book_is(visit, built, scrubbed, motion):
    """The picture is the run of the chapter; it plays once, where motion is welcome."""
    _, frames, _ = scrubbed
    with visit("404.html", height=800, reduced_motion=motion, missing=True) as tab:
        tab.context.add_init_script("""window.drawn = [];
            new MutationObserver(
                changes => changes.forEach(({target}) => drawn.push(target.getAttribute("d")))
            ).observe(document, {subtree: true, attributeFilter: ["d"]});""")
        tab.goto(urljoin(tab.url, f"{PAGES[0]}.html"))
        scrubber, end = tab.locator(".scrubber"), len(frames) - 1
        expect(scrubber.locator("button")).to_have_text("Play", timeout=10_000)
        assert shown(scrubber) == (end, frames[end])
        regions = {frame[1] for frame in frames}
        assert (set(tab.evaluate("drawn")) >= regions) == (motion == "no-preference")
        parts = tab.locator(".ways a, .scrubber-panels > svg, .chapters img, .chapters p")
        assert parts.count() == 3 + 2 + 3 + 3
        for part in parts.all():
            box = part.bounding_box()
            assert box["y"] + box["height"] <= 800
    page = soup(built / f"html/{PAGES[0]}.html")
    for link, picture in zip(page.select(".chapters a"), page.select(".chapters img"), strict=True):
        chapter = soup(built / "html/book" / link["href"])
        assert picture["src"] in {image["src"] for image in chapter.select("figure img")}


def test_without_scripts_the_scrubber_is_a_still_picture(visit, scrubbed):
    page, frames, still = scrubbed
    with visit(page, java_script_enabled=False) as tab:
        scrubber = tab.locator(".scrubber")
        drawn = [path.get_attribute("d") for path in scrubber.locator("path.frame").all()]
        assert drawn == list(frames[still][1:])
        assert scrubber.locator("svg").first.is_visible()
        assert not scrubber.locator("input").is_visible()


def test_scrubber_says_what_its_slider_does_after_the_back_button(visit, scrubbed):
    """Chromium sets the slider again, after the scripts have run."""
    page, frames, _ = scrubbed
    with visit(page) as tab:
        tab.locator(".scrubber input").press("Home")
        assert shown(tab.locator(".scrubber"))[0] == 0
        tab.goto(urljoin(tab.url, "notation.html"))
        tab.go_back()
        tab.wait_for_load_state()
        at, frame = shown(tab.locator(".scrubber"))
        assert frame == frames[at]
        assert at == 0, "the reader's place is lost"


@pytest.fixture(params=[24, 32])
def large(request, playwright, browser, built, tmp_path):
    """A window of a reader whose browser has large letters, as only its settings can say."""
    preferences = {"webkit": {"webprefs": {"default_font_size": request.param}}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default/Preferences").write_text(json.dumps(preferences), "utf-8")
    with launch(playwright, profile=tmp_path) as context:
        tab = context.pages[0]
        tab.goto((built / "html/book/notation.html").as_uri())
        assert tab.evaluate("getComputedStyle(document.documentElement).fontSize") == (
            f"{request.param}px"
        )
        yield tab


def test_large_letters_have_room(large, built):
    for page in SITE:
        large.goto((built / f"html/{page}.html").as_uri())
        for width in (1920, 1280, 1000, 625, 390):
            large.set_viewport_size({"width": width, "height": 900})
            look = large.evaluate("""() => {
                const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
                const main = document.querySelector("main").getBoundingClientRect();
                return [main.width / em, innerWidth / em, document.documentElement.scrollWidth];
            }""")
            column, window, scrolls = look
            assert column >= min(36, window - 2.1), (page, width, look)
            assert scrolls <= width, (page, width)


def test_frame_of_a_page_has_room_for_large_letters(large):
    for width in (390, 360, 320):
        large.set_viewport_size({"width": width, "height": 844})
        broken = large.locator(".brand").evaluate("""brand => {
            const [text] = brand.childNodes, range = document.createRange();
            return brand.checkVisibility({visibilityProperty: true})
                && [...text.data.matchAll(/\\S+/g)].some(({0: word, index}) => {
                    range.setStart(text, index);
                    range.setEnd(text, index + word.length);
                    return range.getClientRects().length > 1;
                });
        }""")
        assert not broken, f"at {width} a word of the title is in two lines"
        skip = large.locator(".skip-link").bounding_box()
        assert skip["y"] + skip["height"] <= 0
        large.locator("#open-search").click()
        assert large.locator("#search input").bounding_box()["width"] > width / 3
        large.keyboard.press("Escape")


def test_playground_has_room_for_large_letters(large, live_site):
    large.goto(f"{live_site}book/playground.html")
    large.set_viewport_size({"width": 390, "height": 844})
    large.locator("#live .run-page").click()
    large.wait_for_selector("#live[data-state=paused]", timeout=120_000)
    for width in (390, 320):
        large.set_viewport_size({"width": width, "height": 844})
        assert large.evaluate("document.documentElement.scrollWidth") <= width
