"""One stylesheet of the rules that the pages can use, and one font of the icons in it."""

import re
from itertools import groupby, pairwise
from pathlib import Path
from posixpath import dirname, join, normpath

import tinycss2
from fontTools import subset, ttLib

THEME = ["basic.css", "styles/pydata-sphinx-theme.css"]  # which the theme links by itself
URL = re.compile(r"url\([\"']?+(?!data:)([^)\"']+)[\"']?\)")


def needs(selector):
    """The classes and ids without which it matches nothing; those in brackets it may do without."""
    classes = {name.value for dot, name in pairwise(selector) if dot == "."}
    return classes | {token.value for token in selector if token.type == "hash"}


def purge(rules, used):
    """The rules as text, without the selectors and custom properties of which none is `used`."""
    css = ""
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = groupby(rule.prelude, lambda token: token == ",")
            selectors = [list(tokens) for comma, tokens in parts if not comma]
            kept = [tinycss2.serialize(tokens) for tokens in selectors if needs(tokens) <= used]
            items = tinycss2.parse_blocks_contents(rule.content, True, True)
            items = [item for item in items if item.name[:2] != "--" or item.name in used]
            body = ";".join(item.serialize() for item in items)
            css += f"{','.join(kept)}{{{body}}}\n" if kept and body else ""
        elif rule.lower_at_keyword in ("media", "supports"):
            inner = purge(tinycss2.parse_rule_list(rule.content, True, True), used)
            css += f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}" * bool(inner)
        elif rule.lower_at_keyword == "font-face" and "fontawesome" not in rule.serialize():
            css += rule.serialize()
    return css


def write_assets(app, exception):
    """Join what is left of the stylesheets in site.css, and take its icons from FontAwesome."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    sheets = [*THEME, *(Path(sheet.filename).relative_to("_static").as_posix()
                        for sheet in app.builder._css_files)]
    text = ""
    for name in dict.fromkeys(sheets):
        style = (static / name).read_text("utf-8")
        text += URL.sub(lambda url: f"url({normpath(join(dirname(name), url[1]))})", style)
    rules = tinycss2.parse_stylesheet(text, True, True)
    pages = (path.read_text("utf-8") for path in Path(app.outdir).rglob("*.html"))
    words = [word for page in pages for word in re.findall('(?:class|id)="([^"]+)"', page)]
    words += [path.read_text("utf-8") for path in static.glob("*.js")]
    used, css = set(re.findall(r"[\w-]+", " ".join(words))), None
    while css != (css := purge(rules, used)):  # a property may hold another
        used.update(re.findall(r"var\((--[\w-]+)", css))
    (static / "site.css").write_text(css, "utf-8")
    font, icons = ttLib.TTFont(next(static.rglob("fa-solid-900.ttf"))), subset.Subsetter()
    icons.populate(text="".join(re.findall("[\ue000-\uf8ff]", css)))
    icons.subset(font)
    font.flavor = "woff"
    font.save(static / "icons.woff")


def setup(app):
    """Wait until every page is there."""
    app.connect("build-finished", write_assets, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
