"""The built site in a real browser: self-contained, typeset, accessible, no wider than a phone."""

import base64
import io
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import axe_playwright_python
import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from PIL import Image
from playwright.sync_api import Error, sync_playwright
from sphinx_external_toc.parsing import parse_toc_yaml

from previously.plot import COLORS

ROOT = Path(__file__).parents[1]
PAGES = list(parse_toc_yaml(ROOT / "_toc.yml"))
MODES = ["light", "dark"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome"]
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

each_page = pytest.mark.parametrize("page", PAGES)
each_mode = pytest.mark.parametrize("mode", MODES)


def build(source, out):
    """Build the book in `source` as `make book` does: the folder of the site and the warnings."""
    command = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    options = ["--path-output", out, "-W", "-n", "--keep-going"]
    result = subprocess.run(
        [command, "build", source, *options], capture_output=True, text=True, encoding="utf-8"
    )
    log = re.sub(r"\x1b\[[\d;]*m", "", result.stdout + result.stderr)
    warnings = [line for line in log.splitlines() if "WARNING:" in line or "ERROR:" in line]
    return out / "_build", warnings if result.returncode == 0 else warnings or [log]


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def built(book):
    return book[0]


@pytest.fixture(scope="session")
def site(built):
    """The address of the built site."""

    class QuietHandler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = partial(QuietHandler, directory=built / "html")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium, or else the one that `playwright install chromium` brings."""
    system = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=system, args=BROWSER_FLAGS)
        except Error as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no Chromium, try `playwright install chromium`: {error.message}")
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, site):
    """Open a page of the site; the list `faults` of the tab says what went wrong on the way."""

    @contextmanager
    def open_page(page, mode="light", width=1280):
        context = browser.new_context(
            color_scheme=mode, viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        tab = context.new_page()
        tab.faults = faults = []

        def request(request):
            if not request.url.startswith((site, "data:")):
                faults.append(f"fetched from elsewhere: {request.url}")

        def response(response):
            if response.status >= 400:
                faults.append(f"{response.status}: {response.url}")

        def console(message):
            if message.type in ("error", "warning"):
                faults.append(message.text)

        tab.on("request", request)
        tab.on("response", response)
        tab.on("console", console)
        tab.on("pageerror", lambda error: faults.append(str(error)))
        assert tab.goto(f"{site}{page}.html").ok
        yield tab
        context.close()

    return open_page


def test_book_builds_without_a_warning(book):
    _, warnings = book
    assert not warnings, "\n".join(warnings)


@each_page
def test_page_needs_nothing_from_elsewhere(visit, page):
    with visit(page) as tab:
        tab.wait_for_load_state("networkidle")
        assert tab.faults == []


def test_address_of_the_site_leads_to_the_first_page(visit):
    with visit("index") as tab:
        tab.wait_for_url(f"**/{PAGES[0]}.html")


@each_page
def test_every_formula_is_typeset(visit, built, page):
    doctree = pickle.loads((built / ".doctrees" / f"{page}.doctree").read_bytes())
    formulas = [node for kind in (nodes.math, nodes.math_block) for node in doctree.findall(kind)]
    with visit(page) as tab:
        assert tab.locator("article .katex").count() == len(formulas)
        assert tab.locator(".katex-error").count() == 0


@each_page
def test_colours_of_formulas_are_those_of_the_figures(visit, page):
    with visit(page) as tab:
        coloured = tab.locator(".katex [style*='color:']")
        styles = coloured.evaluate_all("all => all.map(e => e.getAttribute('style'))")
    colours = {colour for style in styles for colour in re.findall(r"color:\s*([^;]+)", style)}
    assert colours <= set(COLORS.values())


@each_page
def test_every_figure_has_a_text_alternative(visit, page):
    with visit(page) as tab:
        alts = tab.locator("article img").evaluate_all("all => all.map(e => e.alt.trim())")
    # Without one, Sphinx puts the name of the file there.
    assert [alt for alt in alts if " " not in alt] == []


@each_mode
@each_page
def test_article_is_accessible(visit, page, mode):
    with visit(page, mode) as tab:
        tab.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        tab.add_script_tag(path=AXE)
        violations = tab.evaluate("axe.run('article').then(result => result.violations)")
    report = [
        f"{violation['id']}: {node['html']}\n{node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not report, "\n\n".join(report)


@each_page
def test_no_page_is_wider_than_a_phone(visit, page):
    with visit(page, width=390) as tab:
        sticking_out = tab.evaluate("""() => {
            const scrolls = e => getComputedStyle(e).overflowX != "visible";
            const clipped = e => e && (scrolls(e) || clipped(e.parentElement));
            const beyond = e => e.getBoundingClientRect().right > innerWidth;
            return [...document.querySelectorAll("article *")]
                .filter(e => beyond(e) && !clipped(e.parentElement)).map(e => e.outerHTML);
        }""")
        assert sticking_out == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@cache
def soup(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@each_page
def test_every_link_within_the_site_leads_somewhere(built, page):
    html, dead = built / "html", []
    for link in soup(html / f"{page}.html").find_all(href=True):
        url = urlsplit(urljoin(f"{page}.html", link["href"]))
        target, anchor = html / unquote(url.path), unquote(url.fragment)
        if not url.scheme and not (
            target.is_file() and (not anchor or soup(target).find(id=anchor))
        ):
            dead.append(link["href"])
    assert dead == []


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
    figure = '<div class="cell_output"><img src="{}"></div>'

    with visit(PAGES[0], mode) as tab:

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


def test_buttons_that_need_a_repository_wait_for_its_address(built, tmp_path):
    def hosts(built):
        links = [soup(built / f"html/{page}.html").select("main a[href]") for page in PAGES]
        return {urlsplit(link["href"]).netloc for page in links for link in page}

    launch = {"mybinder.org", "colab.research.google.com"}
    assert launch.isdisjoint(hosts(built))

    shutil.copytree(ROOT / "book", tmp_path / "book")
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["repository"]["url"] = "https://github.com/someone/somewhere"
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    built, warnings = build(tmp_path, tmp_path / "out")
    assert launch <= hosts(built)
    assert not warnings, "\n".join(warnings)
