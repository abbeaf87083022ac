"""The book built once, served, and opened in a browser that complains of every fault."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from browsing import launch, serve, soup
from filelock import FileLock
from playwright.sync_api import Error, sync_playwright
from slides import BOOK, STICK

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def untraced(no_cover):
    """What is asked of the site runs little of the package, and twice as fast without coverage."""


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Make a folder once, whichever of the processes of the tests needs it first."""

    def once(name, make):
        shared = tmp_path_factory.getbasetemp()
        shared = shared if worker_id == "master" else shared.parent
        folder, done = shared / name, shared / f"{name}.json"
        with FileLock(f"{folder}.lock"):
            if not done.exists():
                folder.mkdir()
                done.write_text(json.dumps(make(folder)))
        return folder, json.loads(done.read_text())

    return once


@pytest.fixture(scope="session")
def build():
    """Build the book in a folder as `make book` does, and return the warnings."""

    def build(source, out, pyodide=""):
        command = shutil.which("jupyter-book", path=Path(sys.executable).parent)
        options = ["--path-output", out, "-W", "-n", "--keep-going"]
        result = subprocess.run(
            [command, "build", source, *options],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYODIDE": pyodide},
        )
        log = re.sub(r"\x1b\[[\d;]*m", "", result.stdout + result.stderr)
        warnings = [line for line in log.splitlines() if "WARNING:" in line or "ERROR:" in line]
        return warnings if result.returncode == 0 else warnings or [log]

    return build


@pytest.fixture(scope="session")
def book(once, build):
    """The folder of the site, and the warnings of its build."""
    return once("site", lambda out: build(ROOT, out, os.environ.get("PYODIDE", "")))


@pytest.fixture(scope="session")
def built(book):
    return book[0] / "_build"


@pytest.fixture(scope="session")
def elsewhere(once, build, tmp_path_factory):
    """The book with addresses, other settings and a deck more, built where some were printed."""

    def make(out):
        return build_elsewhere(build, tmp_path_factory.mktemp("source"), out)

    out, warnings = once("elsewhere", make)
    assert not warnings, "\n".join(warnings)
    return out / "_build"


def build_elsewhere(build, source, out):
    """Build a copy of the book's sources, changed."""
    for folder in ("book", "src"):
        shutil.copytree(ROOT / folder, source / folder)
    files = "_toc.yml pyproject.toml requirements.txt README.md LICENSE CITATION.cff"
    for name in files.split():
        shutil.copy(ROOT / name, source)
    teach = (ROOT / "book/teach.md").read_text("utf-8")
    (example,) = re.findall(r"```\n(# .*?)```", teach, re.DOTALL)
    (source / "book/slides/noise.md").write_text(example, "utf-8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["repository"]["url"] = "https://github.com/someone/somewhere"
    config["html"]["baseurl"] = "https://someone.github.io/somewhere"
    config["sphinx"]["config"]["student_outputs"] = False
    (source / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    printed = out / "_build/html/book/slides"
    printed.mkdir(parents=True)
    for name in ("sgd.pdf", "sgd-notes.pdf", "backprop.pdf"):
        (printed / name).touch()
    for name in (BOOK, STICK):
        (out / "_build/html" / name).touch()
    os.utime(printed / "backprop.pdf", (0, 0))  # before the last change of the book
    return build(source, out)


@pytest.fixture(scope="session")
def inline_script(built):
    """The one script that stands in the pages themselves."""
    scripts = {
        script.string
        for path in (built / "html").rglob("*.html")
        for script in soup(path).find_all("script", src=False)
    }
    assert len(scripts) == 1, f"a strict policy would need more than one hash: {scripts}"
    return scripts.pop()


@pytest.fixture(scope="session")
def policy(inline_script):
    """The strict Content-Security-Policy of the site, with more for its scripts if need be."""
    digest = base64.b64encode(sha256(inline_script.encode()).digest()).decode()

    def policy(more=""):
        return (
            f"default-src 'self'; script-src 'self' 'sha256-{digest}'{more}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
        )

    return policy


@pytest.fixture(scope="session")
def site(built, policy):
    """The address of the built site, served with a strict Content-Security-Policy."""
    with serve(built / "html", policy()) as address:
        yield address


@pytest.fixture(scope="session")
def python(built):
    """The folder of Python in the site, if the site was built with it."""
    if not (built / "html/live").is_dir():
        reason = "the site has no Python: set PYODIDE as CONTRIBUTING.md says"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return built / "html/live"


@pytest.fixture(scope="session")
def live_site(built, python, policy):
    """The address of the site under its policy and the one word more that Python needs."""
    with serve(built / "html", policy(" 'wasm-unsafe-eval'")) as address:
        yield address


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright):
    try:
        chromium = launch(playwright)
    except Error as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no Chromium, try `playwright install chromium`: {error.message}")
    yield chromium
    chromium.close()


@pytest.fixture
def visit(browser, site):
    """Open a page of the site, and fail if it asks elsewhere or complains, at once or later."""

    @contextmanager
    def open_page(address, mode="light", width=1280, height=900, at=site, missing=False, **options):
        context = browser.new_context(
            color_scheme=mode,
            viewport={"width": width, "height": height},
            **{"reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(10_000)
        tab = context.new_page()
        faults = []

        def request(request):
            if not request.url.startswith((at, "data:", "about:")):
                faults.append(f"fetched from elsewhere: {request.url}")

        def response(response):
            if response.status >= 400 and not missing:
                faults.append(f"{response.status}: {response.url}")

        def console(message):
            if message.type in ("error", "warning") and not missing:
                faults.append(message.text)

        context.on("request", request)
        context.on("response", response)
        context.on("console", console)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        try:
            tab.goto(f"{at}{address}")
            yield tab
            assert faults == []
        finally:
            context.close()

    return open_page
