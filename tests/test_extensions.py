"""The book's Sphinx extensions by themselves, on inputs that the book does not hold."""

import assets
import pytest
import tinycss2
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils


def purge(css, *used):
    return assets.purge(tinycss2.parse_stylesheet(css, True, True), set(used))


@pytest.mark.parametrize("selector", ["p", ".a p", ".a.b", "#i > .a", ":not(.z) .a", "[class*=z]"])
def test_rule_that_can_match_is_kept(selector):
    assert purge(f"{selector} {{color: red}}", "a", "b", "i").startswith(selector)


@pytest.mark.parametrize("selector", [".z", ".a .z", ".a.z", "#z", ".a > .z:not(.b)"])
def test_rule_that_cannot_match_goes(selector):
    assert purge(f"{selector} {{color: red}}", "a", "b") == ""
    assert purge(f"@media print {{ {selector} {{color: red}} }}", "a", "b") == ""


def test_one_selector_of_a_rule_goes_alone():
    assert purge(".a, .z, p {color: red}", "a").split("{")[0].replace(" ", "") == ".a,p"


def test_custom_property_goes_with_its_use():
    css = ":root {--used: 1; --unused: 2}"
    assert purge(css, "--used").count("--") == 1


@pytest.mark.parametrize(
    ("source", "warning"),
    [
        (r":math:`\frac{1}{2}`", None),
        (r":math:`\frac{1}`", r"index.rst:3: WARNING: ParseError: KaTeX parse error"),
        (r":math:`\nosuchcommand`", r"index.rst:3: WARNING: ParseError: KaTeX parse error"),
    ],
)
def test_tex_that_katex_refuses_is_a_warning_at_its_place(tmp_path, monkeypatch, source, warning):
    (tmp_path / "conf.py").write_text("extensions = ['katex_math']", "utf-8")
    (tmp_path / "index.rst").write_text(f"Title\n=====\n{source}\n", "utf-8")
    log = tmp_path / "log"
    with log.open("w") as stream, patch_docutils(), docutils_namespace():
        out = tmp_path / "out"
        app = Sphinx(tmp_path, tmp_path, out, out, "html", status=None, warning=stream)
        app.build()
    text = log.read_text("utf-8")
    assert (warning in text) if warning else (not text)
