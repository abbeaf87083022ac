"""One stylesheet of the rules that the pages can use, and fonts of the characters in them."""

import re
from functools import partial
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path

import tinycss2
from bs4 import BeautifulSoup, SoupStrainer
from fontTools import subset

# A script or stylesheet that a page names, in whatever attribute
NAMED = re.compile(
    r'(?<=[" ])([^" ?]*(?:_static/[^" ?]+|sections)\.(?:css|js))(?:\?v=\w+)?(?=[" ])'
)
COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)  # of a script, a line of its own
THEME = ["basic.css", "styles/pydata-sphinx-theme.css"]  # which the theme links by itself


def needs(selector):
    """The classes and ids without which it matches nothing; those in brackets it may do without."""
    classes = {name.value for dot, name in pairwise(selector) if dot == "."}
    return classes | {token.value for token in selector if token.type == "hash"}


def in_letters(pixels):
    """A width in em of the browser's own font size, which readers may enlarge."""
    return f"{float(pixels[1]) / 16:g}em"


def purge(rules, used):
    """The rules as text, without the selectors and custom properties that name what is not used."""
    css = ""
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = groupby(rule.prelude, lambda token: token == ",")
            selectors = [list(tokens) for comma, tokens in parts if not comma]
            kept = [tinycss2.serialize(tokens) for tokens in selectors if needs(tokens) <= used]
            items = tinycss2.parse_blocks_contents(rule.content, True, True)
            body = ";".join(i.serialize() for i in items if i.name[:2] != "--" or i.name in used)
            css += f"{','.join(kept)}{{{body}}}\n" if kept and body else ""
        elif rule.lower_at_keyword in ("media", "supports"):
            inner = purge(tinycss2.parse_rule_list(rule.content, True, True), used)
            # Columns are as wide as letters want, and so is a page that has room for them.
            where = re.sub(r"([\d.]+)px", in_letters, tinycss2.serialize(rule.prelude))
            css += f"@{rule.at_keyword}{where}{{{inner}}}" * bool(inner)
        elif rule.lower_at_keyword not in ("charset", "import"):
            css += rule.serialize() if "/fontawesome/" not in rule.serialize() else ""
    return css


def cut_font(source, target, text):
    """Write a font with no more than the characters of a text."""
    flags = "--flavor=woff2", "--no-hinting", "--no-layout-closure"
    subset.main([str(source), f"--text={text}", f"--output-file={target}", *flags])


def of_this_edition(hashes, folder, named):
    """The address of a file with its hash, or else browsers would take one that they have kept."""
    digest = hashes.get((folder / named[1]).resolve())
    return f"{named[1]}?v={digest[:8]}" if digest else named[0]


def write_assets(app, exception):
    """Join what is left of the stylesheets in site.css, and cut the fonts of icons and formulas."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    linked = sorted(app.builder._css_files, key=lambda css: css.priority)
    linked = [Path(css.filename).relative_to("_static").as_posix() for css in linked]
    sheets = "".join((static / name).read_text("utf-8") for name in [*THEME, *linked])
    rules = tinycss2.parse_stylesheet(sheets, True, True)
    paths = [*Path(app.outdir).rglob("*.html")]
    pages = [path.read_text("utf-8") for path in paths]
    words = [word for page in pages for word in re.findall('(?:class|id)="([^"]+)"', page)]
    words += [path.read_text("utf-8") for path in static.glob("*.js")]
    used, css = set(re.findall(r"[\w-]+", " ".join(words))), None
    while css != (css := purge(rules, used)):  # a property may hold another
        used.update(re.findall(r"var\((--[\w-]+)", css))
    source = next(static.rglob("fa-solid-900.woff2"))
    cut_font(source, static / "icons.woff2", "".join(re.findall("[\ue000-\uf8ff]", css)))
    shown = SoupStrainer(class_="katex-html")
    formulas = (BeautifulSoup(page, "html.parser", parse_only=shown) for page in pages)
    math = "".join(formula.get_text() for formula in formulas)
    for font in static.glob("fonts/KaTeX_*.woff2"):
        cut_font(font, font, math)
    (static / "site.css").write_text(css, "utf-8")
    for script in static.glob("*.js"):  # who reads comments reads the sources
        script.write_text(COMMENT.sub("", script.read_text("utf-8")), "utf-8")
    files = [Path(app.outdir, "sections.js"), *static.rglob("*.css"), *static.rglob("*.js")]
    hashes = {file.resolve(): sha256(file.read_bytes()).hexdigest() for file in files}
    for path, page in zip(paths, pages):
        named = NAMED.sub(partial(of_this_edition, hashes, path.parent), page)
        if named != page:
            path.write_text(named, "utf-8")


def setup(app):
    """Wait until every page is there."""
    app.connect("build-finished", write_assets, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
