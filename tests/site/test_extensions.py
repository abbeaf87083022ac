"""The book's Sphinx extensions by themselves, on inputs that the book does not hold."""

import inspect
import json
import os
import re
from pathlib import Path
from textwrap import dedent

import assets
import pulls
import pytest
import sections
import slides
import tinycss2
from bs4 import BeautifulSoup
from docutils import nodes
from slides import BOOK, STICK
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace, patch_docutils

import previously


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


def test_breakpoint_in_pixels_follows_the_font_size():
    assert "(min-width:60em)" in purge("@media (min-width:960px){p{color:red}}")


FORMULA = (
    '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><msup><mi>w</mi>'
    "<mn>2</mn></msup><mo>&#8289;</mo><mfrac><mi>a</mi><mi>b</mi></mfrac></mrow><annotation>"
    "w^2 \\frac{a}{b}</annotation></semantics></math></span><span>w2ab</span></span>"
)
PAGE = f"""<article><section id="page"><h1>Page<a class="headerlink">#</a></h1>
<p>Of {FORMULA}.</p>
<section id="inner"><h2>Inner</h2><p>Text.</p><details class="hide"><summary>Show</summary>
<pre>import numpy\nfrom a import b\nx = 1</pre></details>
<dl class="py function"><dt class="sig" id="f"><span class="descname">f</span>(x)</dt>
<dd><p>Returns x.</p></dd></dl></section></section></article>"""


def test_sections_are_found_with_each_formula_once_and_without_imports():
    assert sections.sections(PAGE) == [
        ("Page", "page", "Of w^2a/b.", ""),
        ("Inner", "inner", "Text.", "x = 1"),
        ("f", "f", "f(x) Returns x.", ""),
    ]


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
    text = build(tmp_path)
    assert (warning in text) if warning else (not text)


CHAPTER = r"""
# Chapter
(a-section)=
## Section
$$
a = 1 .
$$ (eq-one)

(note-one)=
:::{admonition} Mind
the *gap*, and [the formula](#eq-one)
:::

(table-one)=

| x | y |
|---|---|
| 1 | 2 |

:::{figure} dot.png
:name: fig-one
:alt: a dot, and nothing else
The caption.
:::

:::{question} Is $a$ *really* one?
:name: ask-one

- Yes.
- No.

It is 1<!-- = a :d -->.

The formula says so.
:::
"""


def build(folder):
    """Build the pages of a folder, and return the warnings."""
    log = folder / "log"
    with log.open("w") as stream, patch_docutils(), docutils_namespace():
        out = folder / "out"
        app = Sphinx(folder, folder, out, out, "html", status=None, warning=stream)
        app.build()
    return log.read_text("utf-8")


@pytest.fixture
def chapter(tmp_path):
    """Make a book of one chapter, its deck and the list of what was checked; return its folder."""
    templates = Path(slides.__file__).parents[1] / "_templates"
    book = tmp_path / "book"
    (book / "slides").mkdir(parents=True)
    conf = f"""
        extensions = ["myst_parser", "sphinxcontrib.bibtex", "katex_math", "pages"]
        extensions += ["questions", "pulls", "slides", "checked"]
        bibtex_bibfiles, myst_ref_domains = [], ["std"]
        myst_enable_extensions = ["attrs_block", "colon_fence", "dollarmath"]
        numfig, math_numfig, templates_path = True, True, [{str(templates)!r}]
        html_theme, html_theme_options = "basic", {{}}
    """
    (tmp_path / "conf.py").write_text(dedent(conf), "utf-8")
    contents = "# Book\n\n```{toctree}\n:numbered:\nbook/chapter\nbook/checked\n```\n"
    (tmp_path / "index.md").write_text(contents, "utf-8")
    (book / "dot.png").write_bytes((templates.parent / "_static/paths.png").read_bytes())
    parts = (f":::{{checked}} {part}\n:::\n" for part in ("equations", "claims"))
    counted = "{count}`numbers` numbers, {count}`claims` claims, {count}`formulas` formulas"
    (book / "checked.md").write_text(f"# Checked\n\n{counted}\n\n" + "".join(parts), "utf-8")

    def make(text, chapter=CHAPTER, files=()):
        pages = {"chapter.md": chapter, "slides/chapter.md": f"# Deck\n\n{text}\n", **dict(files)}
        for name, page in pages.items():
            path = book / name
            if not path.exists() or path.read_text("utf-8") != page:  # else it keeps its time
                path.write_text(page, "utf-8")
        warnings = build(tmp_path)
        assert not warnings, warnings
        return tmp_path / "out/book"

    return make


def html(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture
def deck(chapter):
    """Build a book of one chapter and its deck, and return the slides."""
    return lambda *pages, **files: html(chapter(*pages, **files) / "slides/chapter.html").select(
        ".slides > section"
    )


def pull(name, *options):
    return "\n".join([f":::{{pull}} {name}", *options, ":::"])


def test_what_is_printed_goes_when_it_is_older_than_what_it_shows(chapter, tmp_path):
    slides = chapter("", files={"slides/other.md": "# Other\n"}) / "slides"
    (tmp_path / "book/.ruff_cache").mkdir()
    (tmp_path / "book/.ruff_cache/0").touch()

    def kept(*newer):
        """The files that are left, when all were made before these sources were changed."""
        names = "chapter.pdf", "chapter-notes.pdf", "other.pdf", "gone.pdf"
        names = [*names, *(f"../../{name}" for name in (BOOK, STICK))]
        sources = (path for path in tmp_path.glob("book/**/*") if path.is_file())
        for path in (*sources, *(slides / name for name in names)):
            path.touch()
            os.utime(path, (1e9, 1e9))
        for path in newer:
            os.utime(tmp_path / "book" / path, (2e9, 2e9))
        assert not build(tmp_path)
        return {path.name for name in names if (path := slides / name).exists()}

    everything = {"chapter.pdf", "chapter-notes.pdf", "other.pdf", BOOK, STICK}
    assert kept(".ruff_cache/0") == everything
    assert kept("slides/other.md") == {"chapter.pdf", "chapter-notes.pdf", BOOK}
    assert kept("slides/chapter.md") == {"other.pdf", BOOK}
    assert kept("chapter.md") == set()


def test_every_section_is_a_slide_with_its_notes_and_its_place_in_the_book(deck):
    notes = ":::{notes} 2\nSay $a$.\n:::"
    first, second, third = deck(f"Hello.\n{notes}\n## One\n{pull('eq-one')}\n{notes}\n## Two\n")
    assert [slide.find(["h1", "h2"]).name for slide in (first, second, third)] == ["h1", "h2", "h2"]
    assert [slide.get("data-timing") for slide in (first, second, third)] == ["120", "120", None]
    links = [slide.footer.a["href"] for slide in (first, second, third)]
    assert links == ["../chapter.html", "../chapter.html#section", "../chapter.html#section"]
    assert [slide.footer.span.get_text() for slide in (first, second, third)] == [
        "1 / 3",
        "2 / 3",
        "3 / 3",
    ]
    assert second.aside.strong.get_text() == "2 min"
    assert second.aside.math
    assert second.aside.link["href"] == "../../_static/katex.min.css"


def test_slide_leads_to_the_section_of_its_name_beside_the_show(deck):
    _, piece, named = deck(f"## One\n{pull('note-one')}\n## Chapter\n")
    assert piece.footer.a["href"] == "../chapter.html#section"
    assert named.footer.a["href"] == "../chapter.html"
    assert {slide.footer.a["target"] for slide in (piece, named)} == {"_blank"}


@pytest.mark.parametrize("end", [".", " .", "\\,.", "\\ .", ","])
def test_pulled_equation_has_its_number_and_no_full_stop(deck, end):
    slide = deck(pull("eq-one"), CHAPTER.replace("a = 1 .", f"a = 1{end}"))[0]
    assert slide.select_one(".eqno").get_text() == "(1.1)"
    assert slide.annotation.get_text() == "a = 1"


@pytest.mark.parametrize(
    ("options", "caption"), [([], None), ([":caption:"], "Fig. 1.1 The caption.")]
)
def test_pulled_figure_keeps_its_caption_if_asked_and_with_it_opens_large(
    chapter, options, caption
):
    """But not on a slide, where a press would end the show."""
    piece = pull("fig-one", *options)
    out = chapter(piece, files={"other.md": f"---\norphan: true\n---\n# Other\n\n{piece}\n"})
    for page, opens in (("other", bool(caption)), ("slides/chapter", False)):
        figure = html(out / f"{page}.html").figure
        assert figure.img["alt"] == "a dot, and nothing else"
        shown = figure.figcaption and " ".join(figure.figcaption.get_text().split())
        assert (shown and shown.rstrip("¶")) == caption
        assert bool(figure.select("a > img")) == opens


def test_pulled_admonition_links_into_the_chapter(deck):
    slide = deck(pull("note-one"))[0]
    assert slide.select_one(".admonition .admonition-title").get_text() == "Mind"
    assert slide.select_one(".admonition a")["href"] == "../chapter.html#equation-eq-one"


def test_pulled_table_is_a_table(deck):
    assert [cell.get_text() for cell in deck(pull("table-one"))[0].select("td")] == ["1", "2"]


def test_fragments_and_steps_wait_for_a_key(deck):
    own = ":::{question} So?\n:fragment:\n\nSo.\n:::"
    text = "\n\n".join([pull("eq-one", ":fragment:"), "{.steps}\n- one\n- two", own])
    waiting = deck(text)[0].select(".fragment")
    assert [element.name for element in waiting] == ["div", "li", "li", "div", "div"]
    assert [element.get_text().split() for element in waiting[3:]] == [["So?", "So."], ["So."]]


def test_question_of_a_chapter_has_its_choices_and_folds_its_answer(chapter):
    block = html(chapter("") / "chapter.html").select_one("#ask-one")
    assert shown(block.select_one(".asked")) == "Is $a$ really one?"
    assert [item.get_text() for item in block.select(":scope > ul > li")] == ["Yes.", "No."]
    assert block.details.summary.get_text() == "Answer"
    answer = [part.get_text() for part in block.select("details > p")]
    assert answer == ["It is 1.", "The formula says so."]
    assert block.select_one("details [id]").get_text() == "1", "the number is marked"


def test_pulled_question_shows_the_first_paragraph_of_its_answer_at_a_key(deck):
    slide = deck(f"## One\n{pull('ask-one')}")[1]
    assert not slide.select("details")
    assert [part.get_text().strip() for part in slide.select(".fragment")] == ["It is 1."]
    assert slide.footer.a["href"] == "../chapter.html#section"


@pytest.mark.parametrize(
    ("text", "why"),
    [(":::{question} So?\n:::", "Content block expected"), ("\n\n- Yes.\n:::", "answer after the")],
)
def test_question_without_an_answer_is_a_warning(deck, text, why):
    with pytest.raises(AssertionError, match=why):
        deck(text if text.startswith(":") else f":::{{question}} So?{text}")


def test_list_of_pieces_names_what_can_be_pulled_and_nothing_else(chapter):
    api = "# API\n\n:::{py:function} previously.losses.softmax(o)\n:::\n\n:::{pieces}\n:::\n"
    pages = {"api.md": f"---\norphan: true\n---\n{api}"}
    out = chapter("", files=pages)
    first, second = html(out / "api.html").select("details")
    names = {item.code.get_text(): item.a["href"] for item in first.select("li")}
    assert first.summary.get_text() == (
        "Chapter: equations (1), figures (1), tables (1), questions (1), admonitions (1)"
    )
    assert names == {
        "eq-one": "chapter.html#equation-eq-one",
        "fig-one": "chapter.html#fig-one",
        "table-one": "chapter.html#table-one",
        "ask-one": "chapter.html#ask-one",
        "note-one": "chapter.html#note-one",
    }
    assert [picture["alt"] for picture in first.select("img")] == ["a dot, and nothing else"]
    functions = [item.code.get_text() for item in second.select("li")]
    assert functions == ["previously.softmax"]
    every = "\n\n".join(map(pull, [*names, *functions]))
    assert chapter(every, files=pages)


def test_pulled_function_is_its_source_without_the_docstring(deck):
    code = deck(pull("previously.softmax"))[0].pre.get_text()
    source = inspect.getsource(previously.softmax)
    before, docstring, after = source.split('"""')
    assert code.rstrip() == before.rstrip() + after.rstrip()
    assert docstring.split()[0] not in code


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("eq-none", "no such label"),
        ("previously.no_function", "no such label"),
        ("json.dumps", "no such label"),
        ("genindex", "no such label"),
        ("a-section", "no such label"),
        ("eq-on", "no such label .* did you mean eq-one"),
        ("previously.softmax", "at most 3 lines of 99 letters fit a slide, got 4"),
    ],
)
def test_pull_of_what_is_not_there_or_does_not_fit_stops_the_build(deck, monkeypatch, name, why):
    monkeypatch.setattr(pulls, "MOST", (3, 99))
    with pytest.raises(ExtensionError, match=rf"chapter\.md:3: pull '{name}': {why}"):
        deck(pull(name))


def test_lines_of_code_are_chosen(deck):
    lines = pulls.source_of(previously.softmax).splitlines()
    code = deck(pull("previously.softmax", ":lines: 1,3-4"))[0].pre.get_text()
    assert code.rstrip().splitlines() == [lines[0], *lines[2:4]]
    code = deck(pull("previously.softmax", ":lines: 4"))[0].pre.get_text()
    assert code.rstrip() == lines[3].strip()


@pytest.mark.parametrize("option", ["lines", "steps"])
@pytest.mark.parametrize(
    ("name", "asked", "last"),
    [
        ("previously.softmax", "4-5", 4),
        ("previously.softmax", "0", 4),
        ("previously.softmax", "x", 4),
        ("eq-one", "1", 0),
    ],
)
def test_lines_that_are_not_there_stop_the_build(deck, option, name, asked, last):
    reason = f"{option}: expected some of 1-{last}, got '{asked}'"
    with pytest.raises(ExtensionError, match=reason):
        deck(pull(name, f":{option}: {asked}"))


def test_code_is_walked_through_step_by_step(deck):
    options = ":lines: 1,3-4", ":steps: 1 | 1,3|2-3"
    plain, walked = (deck(pull("previously.softmax", *few))[0] for few in (options[:1], options))
    assert walked.pre.get_text() == plain.pre.get_text()
    steps = walked.select(".fragment[aria-hidden=true]")
    assert [[band["style"] for band in step.select(".band")] for step in steps] == [
        ["--first: 1; --lines: 1"],
        ["--first: 1; --lines: 1", "--first: 3; --lines: 1"],
        ["--first: 2; --lines: 2"],
    ]
    with pytest.raises(ExtensionError, match="steps: expected some of 1-3, got '4'"):
        deck(pull("previously.softmax", *options[:1], ":steps: 1 | 4"))


def test_picture_of_ones_own_may_be_of_any_kind_and_a_tall_figure_stands_aside(deck):
    sized = '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"/>'
    unsized = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"/>'
    pictures = [
        "![a square](../unsized.svg)",
        "```{figure} ../sized.svg\n:alt: a square\n```",
        "```{figure} ../dot.png\n:width: 50%\n:alt: a wide picture\n```",
    ]
    page = "\n".join(f"## Picture\n\n{picture}\n" for picture in pictures)
    slides = deck(page, files={"sized.svg": sized, "unsized.svg": unsized})
    assert [slide.img.get("style", slide.img.get("width")) for slide in slides[1:]] == [
        None,
        "32",
        "width: 50%;",
    ]
    assert ["tall" in slide.get("class", "") for slide in slides[1:]] == [False, True, False]
    assert not any(slide.select("a > img") for slide in slides), "a press would end the show"


@pytest.mark.parametrize(
    ("mode", "left"),
    [(None, "both"), ("input", "out"), ("output", "in"), ("input+output", ""), ("all", "")],
)
def test_pulled_cell_shows_what_its_page_does(mode, left):
    source, output = (
        nodes.container(text, nodes.Text(text), nb_element=f"cell_code_{element}")
        for text, element in (("in", "source"), ("out", "output"))
    )
    cell = nodes.container("", source, output, **({"hide_mode": mode} if mode else {}))
    assert pulls.shown(cell) == {"both": [cell], "out": [output], "in": [source], "": []}[left]


@pytest.mark.parametrize("text", ["## One\n\n### A slide of a slide", "# Another title\n\n## One"])
def test_deck_has_a_title_and_slides_and_nothing_below(deck, text):
    with pytest.raises(ExtensionError, match=r"chapter\.md: expected one title"):
        deck(text)


def test_notes_take_whole_minutes(deck):
    with pytest.raises(AssertionError, match=r"notes: expected the minutes they take, got 'two'"):
        deck(":::{notes} two\nSay so.\n:::")


def test_change_of_the_chapter_reaches_the_deck(deck):
    before = deck(pull("eq-one"))[0].annotation.get_text()
    after = deck(pull("eq-one"), CHAPTER.replace("a = 1", "a = 2"))[0].annotation.get_text()
    assert (before, after) == ("a = 1", "a = 2")
    with pytest.raises(ExtensionError):
        deck(pull("eq-one"), CHAPTER.replace("eq-one", "eq-two"))


@pytest.fixture
def marks(chapter, tmp_path):
    """Build a chapter, and return its article, {id: what the mark says} and the list."""

    def make(text, tests="", slides=""):
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests/test_equations.py").write_text(tests, "utf-8")
        out = chapter(slides, f"# Chapter\n\n{text}\n")
        said = tmp_path / "out/_static/checked/book-chapter.js"
        said = said.read_text("utf-8") if said.exists() else "= {};"
        said = json.loads(said.partition("= ")[2].strip().rstrip(";"))
        return html(out / "chapter.html").article, said, html(out / "checked.html").article

    return make


def shown(element):
    """The text of an element; of a formula, its TeX."""
    copy = BeautifulSoup(str(element), "html.parser")
    for formula in copy.select(".katex"):
        formula.replace_with(f"${formula.annotation.get_text()}$")
    return copy.get_text()


A, B = "<!-- ? a > 1 -->", "<!-- ? b > 1 -->"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is 98.5<!-- = 100 * a :.1f -->%.", ["98.5"]),
        ("An x, *an* x and −1<!-- = a :d -->.", ["−1"]),
        (
            f"It ends. Then **it** rises to $x$, `x` and [on](#part){A}.",
            ["Then it rises to $x$, x and on"],
        ),
        (f"It ends.\nThen it\nrises{A}.", ["Then it\nrises"]),
        (f"Two{A}, and three{B}. Four{A}", ["Two", "and three", "Four"]),
        (f"**It rises.** Then it falls{A}.", ["Then it falls"]),
        (f"It rises $a \\; B$ and falls{A}.", ["It rises $a \\; B$ and falls"]),
        (f"It rises (by 1; 2 at most{A}) and falls{B}.", ["2 at most", "and falls"]),
        (f"It rises (by 1; 2 at most) and falls{A}.", ["It rises (by 1; 2 at most) and falls"]),
        (f"Of **these. All fell{A}.**", ["All fell"]),
        (f"- It falls.\n- $x${A}", ["$x$"]),
        (f"| run | it fell{A} |\n|---|---|\n| a | 7<!-- = a :d --> |", ["it fell", "7"]),
        (f":::{{figure}} dot.png\n:alt: a dot\n\nA dot. It is red{A}.\n:::", ["It is red"]),
        (f"It got 5<!-- = a :d --> of 7{A}.", ["5", "It got 5 of 7"]),
        ("3<!-- = a :d -->5<!-- = b :d --> 5<!-- = c :d -->", ["3", "5", "5"]),
    ],
)
def test_mark_holds_the_number_or_the_words_and_nothing_else(marks, text, words):
    article, said, _ = marks(f"(part)=\n## Part\n\n{text}")
    assert [shown(article.find(id=name)) for name in sorted(said)] == words
    assert "<!--" not in str(article)


def test_mark_and_entry_lead_to_each_other_and_say_how(marks):
    article, said, entries = marks(f"It got 5<!-- = a :d --> of 7{A}.")
    assert said == {
        "book-chapter-1": ["number", "a", "gives 5", "book-chapter-1"],
        "book-chapter-2": ["claim", "a > 1", "is true", "book-chapter-2"],
    }
    texts = {"book-chapter-1": "5: a", "book-chapter-2": "It got 5 of 7: a > 1 is true"}
    for name, text in texts.items():
        entry = entries.find(id=name)
        assert entry.get_text().strip() == text
        assert entry.a["href"] == f"chapter.html#{name}"
        assert article.find(id=name)
    assert "1 numbers, 1 claims, 0 formulas" in entries.get_text()


def test_marker_of_a_title_or_an_alternative_text_is_only_listed(marks):
    figure = f":::{{figure}} dot.png\n:alt: 1<!-- = a :d --> dot{A}\n\nA dot.\n:::"
    article, said, entries = marks(f"## All 7<!-- = b :d -->\n\n{figure}")
    assert said == {}
    assert article.find(id=re.compile("^book-chapter-")) is None
    assert "All 7" in article.h2.get_text()
    assert article.img["alt"] == "1 dot"
    texts = [item.get_text().strip() for item in entries.select("li")]
    picture = ", in the text in place of a picture"
    assert texts == ["7: b", f"1: a{picture}", f"1 dot: a > 1 is true{picture}"]


TESTS = """
@pytest.mark.equation("$x = 1$")
@pytest.mark.equation("eq-one")
@pytest.mark.parametrize("x", [1])
def test_one(equation, x):
    equation.holds(given(x))

def given(x):
    return {"x": x}

@pytest.mark.equation("eq-one")
def test_again(equation):
    ...
"""
EQUATIONS = "As $x = 1$ and $x = 2$,\n\n$$\na = 1\n$$ (eq-one)\n\nand $x = 1$."


def test_formula_that_a_test_evaluates_is_marked_wherever_it_stands(marks):
    article, said, entries = marks(EQUATIONS, TESTS)
    first, second = "book-chapter-1", "book-chapter-2"
    assert said == {
        first: ["formula", "test_one", "evaluates it", first],
        "equation-eq-one": ["formula", "test_one, test_again", "evaluate it", "equation-eq-one"],
        second: ["formula", "test_one", "evaluates it", first],
    }
    assert [shown(article.find(id=name)) for name in (first, second)] == ["$x = 1$"] * 2
    assert article.find(id="equation-eq-one")
    links = [link["href"] for link in entries.select(".where a")]
    assert sorted(links) == [f"chapter.html#{first}", "chapter.html#equation-eq-one"]
    assert entries.find(id=first)
    assert entries.find(id="equation-eq-one").select_one(".eqno").get_text().startswith("(1.1)")


def test_source_of_a_test_is_shown_once_and_what_the_tests_share(marks):
    _, _, entries = marks(EQUATIONS, TESTS)
    folds = {fold.summary.get_text(): fold.pre.get_text() for fold in entries.select("details")}
    assert len(entries.select("details")) == len(folds)
    assert folds["test_one"].startswith('@pytest.mark.parametrize("x", [1])\ndef test_one(')
    assert set(folds) == {"test_one", "test_again", "What these tests share"}
    assert folds["What these tests share"].startswith("def given(x)")


def test_slides_are_not_marked_but_listed(deck, chapter, tmp_path):
    figure = f":::{{figure}} dot.png\n:name: fig-one\n:alt: a dot\n\nA dot, red{A}.\n:::"
    notes = ":::{notes} 2\nSay 5<!-- = a :d -->.\n:::"
    slides = f"## One\n{pull('fig-one', ':caption:')}\n{notes}"
    one = deck(slides, f"# Chapter\n\n{figure}")[1]
    assert "A dot, red." in one.get_text()
    assert "Say 5." in one.get_text()
    assert one.find(id=re.compile("^book-")) is None
    entries = html(tmp_path / "out/book/checked.html").article
    links = [link["href"] for link in entries.select("section section a:not(.headerlink)")]
    assert links == [
        "chapter.html",
        "chapter.html#chapter",
        "chapter.html#book-chapter-1",
        "slides/chapter.html",
        "slides/chapter.html#one",
    ]
