"""A browser, a server and what is asked of every page: for the tests, and to print the slides."""

import gc
import shutil
import sys
import threading
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import axe_playwright_python
from bs4 import BeautifulSoup

# The first draws no window around a page, and takes a quarter of the time.
BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTLED = """document.fonts.ready.then(() =>
    new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))"""
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


def launch(playwright, profile=None):
    """The system's Chromium, or else the one that `playwright install chromium` brings.

    With a profile, the settings in that folder hold, and it is the one window that is returned.
    """
    names = BROWSERS[1:] if profile else BROWSERS  # without a window there are no settings
    system = next(filter(None, map(shutil.which, names)), None)
    options = {"executable_path": system, "args": FLAGS}
    if profile:
        return playwright.chromium.launch_persistent_context(profile, **options)
    return playwright.chromium.launch(**options)


@cache
def soup(path):
    """The HTML of a page, which stays: the garbage collector need not look at it again."""
    html = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    gc.freeze()
    return html


@cache
def ids(path):
    """The elements of a page by their ids."""
    return {element["id"]: element for element in soup(path).find_all(id=True)}


@contextmanager
def serve(folder, policy=None):
    """The address of a site, served as hosts do, with a Content-Security-Policy or without."""

    class Handler(SimpleHTTPRequestHandler):
        # What some hosts do to files with these endings; a site must not need others.
        extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/plain"}

        def end_headers(self):
            if policy:
                self.send_header("Content-Security-Policy", policy)
            if "/live/" in self.path:  # a host lets browsers keep files for some minutes
                self.send_header("Cache-Control", "max-age=600")
            if self.path.endswith(".gz"):
                self.send_header("Content-Encoding", "gzip")
            super().end_headers()

        def send_error(self, code, message=None, explain=None):
            """Answer with the site's own page."""
            page = (folder / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            """A reader may leave before all has come."""
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that a change of colours can break
# Whether a text can be read depends on how it and all around it look, and not on what it says.
# Links are all kept, because they must also differ from the text that they stand in.
ONE_OF_EACH_LOOK = """within => {
    const NAMES = ["color", "backgroundColor", "backgroundImage", "opacity", "filter", "textShadow",
        "fontSize", "fontWeight", "fontStyle", "textDecorationLine", "borderBottomWidth"];
    const looks = new Map([[null, ""]]), known = new Set();
    const look = element => {
        if (!looks.has(element)) {
            const around = look(element.parentElement), style = getComputedStyle(element);
            const flows = ["static", "relative"].includes(style.position);
            const own = NAMES.map(name => style[name]).join("; ") + (flows ? "" : looks.size);
            looks.set(element, around.endsWith(own) ? around : `${around} > ${own}`);
        }
        return looks.get(element);
    };
    const seen = element => element.checkVisibility({visibilityProperty: true})
        && [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim());
    const size = element => element.getElementsByTagName("*").length;
    const all = within ? document.querySelectorAll(`:is(${within}), :is(${within}) *`)
        : document.body.querySelectorAll("*");
    if (!all.length) throw new Error(`nothing on the page is ${within}`);
    const texts = [...all].filter(seen).map(element => [size(element), element]);
    return texts.sort(([one], [other]) => one - other).map(([, element]) => element).filter(
        element => element.closest("a[href]") || known.size < known.add(look(element)).size);
}"""


def violations(tab, within=None, doubts=False, colours=None):
    """What axe-core finds fault with, and with `doubts` also what it could not tell.

    It judges the whole page or the elements of a selector, by all its rules, only by those of
    colours, or by all but those. Its own script may not run under the policy of the site.
    """
    if not tab.evaluate("!!window.axe"):
        tab.evaluate(AXE.read_text("utf-8"))
    kinds = ["violations", "incomplete"] if doubts else ["violations"]
    rules = {rule: {"enabled": False} for rule in COLOURS}
    everything = "within => within ?? document"
    texts = everything if doubts else ONE_OF_EACH_LOOK  # it doubts texts for what lies on them
    found = []
    if not colours:
        found += judged(tab, everything, within, kinds, rules=rules)
    if colours is not False:
        found += judged(tab, texts, within, kinds, runOnly=COLOURS)
    return found


def judged(tab, choice, within, kinds, **rules):
    """What axe-core finds by some rules in the elements of a choice."""
    found = tab.evaluate(
        f"([within, options]) => axe.run(({choice})(within), options)",
        [within, {"resultTypes": kinds, "preload": False, "iframes": False, **rules}],
    )
    return [
        f"{fault['id']}: {node['html']}\n{node['failureSummary']}"
        for kind in kinds
        for fault in found[kind]
        for node in fault["nodes"]
    ]
