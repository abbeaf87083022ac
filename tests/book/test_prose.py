"""What holds book and code together, read off the stored files; nbval runs the notebooks."""

import ast
import builtins
import re
from hashlib import sha256

import markers
import nbformat
import notebooks
import pytest
from PIL import Image

NOTEBOOKS = sorted(notebooks.BOOK.glob("*.ipynb"))
PAGES = notebooks.pages()
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)

# Numbers that no run of the book computes, as the phrase they stand in on a page, and why.
EXCEPTIONS = {
    "index.md": {
        "Python 3.11": "a version",
        "CC BY 4.0": "a licence",
    },
    "teach.md": {
        "2,000": "students, as an example",
        "Python 3.11": "a version",
        "0.7 GB": "measured once, on a JupyterHub",
    },
}

# What must be checked: decimals, percentages, integers from 100 on, fractions; in math, powers of
# ten too. A formula or a fraction cannot hold a marker inside, so the marker of a claim touches it.
SUSPECT = re.compile(
    r"10\^\{?-?\d+|\d[\d,]*\.\d+|\d[\d,.]*\s?%|\d+/\d+|(?<!\w)(?:\d{1,3}(?:,\d{3})+|\d{3,})|[¼-¾⅐-⅞]"
)
TOUCHED = re.compile(rf"({markers.FORMULA.pattern}|\d+/\d+|[¼-¾⅐-⅞])?{markers.CLAIM.pattern}")
TAGS = (
    "a|b|br|button|canvas|details|div|em|fieldset|figure|form|i|img|input|kbd|label|legend|li"
    "|option|output|p|select|span|sub|summary|sup|table|td|th|ul"
)
NOT_PROSE = re.compile(
    rf"```.*?```|`[^`]*`|\$\$.*?\$\$|\]\((?:[^()]|\([^)]*\))*\)|<!--.*?-->|</?(?:{TAGS})\b[^>]*>|https?://\S+"
    r"|\{[\w:-]+\}",
    re.DOTALL,
)
YEAR = re.compile(r"1[5-9]\d\d|20\d\d")


def passages(path):
    """The prose of a page, cell by cell, and the code beside it: that of its sections."""
    if path.suffix == ".md":
        text = notebooks.text_of(path)
        yield text, "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
        return
    cells = notebooks.read(path).cells
    heads = [i for i, cell in enumerate(cells) if re.search("^## ", cell.source, re.MULTILINE)]
    for i, cell in enumerate(cells):
        # A heading may stand in the middle of its cell, so this may belong to the section before.
        first = max((head for head in heads if head < i), default=0)
        last = min((head for head in heads if head > i), default=len(cells))
        code = [cell.source for cell in cells[first:last] if cell.cell_type == "code"]
        yield notebooks.prose(nbformat.v4.new_notebook(cells=[cell])), "\n".join(code)


def settings(code):
    """The numbers that stand in some code."""
    numbers = re.findall(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e-?\d+)?", code)
    return {float(number.replace("_", "")) for number in numbers}


def value(number):
    """The value of a number as prose writes it."""
    if power := re.match(r"10\^\{?(-?\d+)", number):
        return float(f"1e{power[1]}")
    plain = number.replace(",", "").rstrip(".% ")
    return None if "/" in plain or not plain.isascii() else float(plain)


def unchecked(path):
    """The numbers of a page that nothing holds, each at the end of some words before it."""
    excepted = EXCEPTIONS.get(path.name, {})
    for text, code in passages(path):
        for phrase in excepted:
            text = text.replace(phrase, " ")
        rest = NOT_PROSE.sub(" ", TOUCHED.sub(" ", markers.NUMBER.sub(" ", text)))
        for found in SUSPECT.finditer(rest):
            if not YEAR.fullmatch(found[0]) and value(found[0]) not in settings(code):
                yield " ".join(["…", *rest[: found.end()].split()[-8:]])


def figures(path):
    """The cells of a notebook that draw."""
    return [
        cell
        for cell in notebooks.read(path).cells
        if cell.cell_type == "code"
        and any("image/svg+xml" in output.get("data", {}) for output in cell.outputs)
    ]


@each_notebook
def test_notebook_is_stored_in_its_canonical_form(path):
    assert path.read_text(encoding="utf-8") == notebooks.dumps(notebooks.read(path)), (
        f"{path.name}: run `make notebooks`"
    )


@each_notebook
def test_every_cell_was_executed_in_order(path):
    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1)), f"{path.name}: run `make notebooks`"


@each_notebook
def test_no_cell_escapes_the_comparison_of_outputs(path):
    for cell in notebooks.read(path).cells:
        tags = [tag.lower() for tag in cell.metadata.get("tags", [])]
        assert not any("nbval" in tag or tag == "raises-exception" for tag in tags), cell.id
        assert cell.cell_type != "code" or "NBVAL" not in cell.source.upper(), cell.id


@each_notebook
def test_every_computed_figure_has_a_name_a_caption_and_an_alternative_text(path):
    for cell in figures(path):
        shown = cell.metadata.get("mystnb", {})
        assert shown.get("figure", {}).get("name"), f"{cell.id}: no label"
        assert shown.get("figure", {}).get("caption"), f"{cell.id}: no caption"
        assert len(shown.get("image", {}).get("alt", "")) > 40, f"{cell.id}: no alternative text"


def test_no_claim_has_other_words_than_those_that_were_read_beside_its_expression():
    stored, now = (
        text.split("\n\n") for text in (notebooks.CLAIMS.read_text("utf-8"), notebooks.claims())
    )
    changed = [claim for claim in now if claim not in stored]
    assert not changed, "read them again, then run `make notebooks`:\n" + "\n".join(changed)
    assert now == stored, "run `make notebooks`"


def test_the_counts_in_the_readme_are_those_of_the_book():
    text = notebooks.README.read_text(encoding="utf-8")
    assert set(re.findall(r"\d<!-- (\w+) -->", text)) == set(notebooks.counts())
    assert notebooks.counted(text) == text, "run `make notebooks`"


def test_counts_are_renewed_where_they_stand():
    text = "1<!-- cells --> cells, 2,000<!-- numbers --> numbers, 3 others"
    now = notebooks.counts()
    expected = f"{now['cells']}<!-- cells --> cells, {now['numbers']}<!-- numbers --> numbers"
    assert notebooks.counted(text) == f"{expected}, 3 others"


def test_the_picture_in_the_readme_is_the_figure_of_the_chapter():
    cells = {cell.id: cell for cell in notebooks.read(notebooks.BOOK / "sgd.ipynb").cells}
    cell = cells[notebooks.PICTURED]
    figure = cell.outputs[0].data["image/svg+xml"]
    source = Image.open(notebooks.README_PICTURE).text["Source"]
    assert source == sha256(figure.encode()).hexdigest(), "run `make notebooks`"
    said = markers.without_markers(cell.metadata.mystnb.image.alt)
    assert f"![{said}](book/_static/paths.png)" in notebooks.text_of(notebooks.README)


def test_the_readme_says_of_each_chapter_what_the_front_page_does():
    cards = re.findall(
        r"^  \[(.+)\]\((.+)\): (.+)\.$", notebooks.text_of(notebooks.BOOK / "index.md"), re.M
    )
    assert len(cards) == 3
    for title, page, words in cards:
        assert f"| [{title}](book/{page}) | {words} |" in notebooks.text_of(notebooks.README)


@each_page
def test_every_number_of_the_prose_is_checked(path):
    assert list(unchecked(path)) == []


@pytest.mark.parametrize("page", EXCEPTIONS)
def test_every_exception_is_still_on_its_page(page):
    (path,) = [path for path in PAGES if path.name == page]
    assert [phrase for phrase in EXCEPTIONS[page] if phrase not in notebooks.text_of(path)] == []


@each_page
def test_every_marker_is_whole_and_reads_everywhere(path):
    text = notebooks.text_of(path)
    found = list(markers.markers(text))
    assert len(found) == text.count("<!--"), "a marker is malformed, or a comment is no marker"
    if path.suffix == ".md" and path not in map(notebooks.deck, NOTEBOOKS):
        assert not found, "only a notebook can check, on its own page and its slides"
    for line in text.splitlines():
        assert not re.match(r"\s*[-−\d.,]*<!--", line), f"a marker starts the line {line!r}"
        # A `|` in a marker would split the cell of a table, a `$` would start math.
        assert not any(set("|$") & set(comment) for comment in markers.COMMENT.findall(line)), line
    for formula in re.findall(rf"\$\$.*?\$\$|{markers.FORMULA.pattern}", text, re.DOTALL):
        assert "<!--" not in formula, f"a marker in the formula {formula!r}"


@each_page
def test_every_marker_names_something_computed(path):
    for marker in markers.markers(notebooks.text_of(path)):
        names = {
            node.id for node in ast.walk(ast.parse(marker.expression)) if isinstance(node, ast.Name)
        }
        assert names - {"np", *dir(builtins)}, f"{marker.expression} depends on no run"


# The lines of code that are equations of their chapter, by their cell and how they begin.
IN_CODE = {
    "sgd": {
        "objective": ("margin =", "return"),
        "three-lines": ("g =", "theta ="),
        "measure": ("z =", "v =", "law ="),
        "predict": ("parts =", "c =", "noise =", "return"),
        "momentum-adam": ("slope =", "m ="),
    },
    "backprop": {"loop": ("dL_do =", "dL_dw =", "dL_db =", "dL_da =")},
    "end_to_end": {"boundary": ("do_do =", "do_da =")},
}
PHONE = 42  # letters in a line of code there


def test_code_that_is_an_equation_fits_a_phone():
    for chapter, cells in IN_CODE.items():
        sources = {
            c.id: c.source for c in notebooks.read(notebooks.BOOK / f"{chapter}.ipynb").cells
        }
        for cell, beginnings in cells.items():
            for beginning in beginnings:
                lines = re.findall(rf"^ *{beginning}.*", sources[cell], re.MULTILINE)
                assert lines, (cell, beginning)
                assert max(map(len, lines)) <= PHONE, lines


@each_notebook
def test_answers_are_folded_under_the_same_words(path):
    cells = notebooks.read(path).cells
    prompts = [c.metadata.get("mystnb", {}).get("code_prompt_show", "") for c in cells]
    folds = re.findall("<summary>(.*?)</summary>", "\n".join(c.source for c in cells))
    answers = [words for words in [*prompts, *folds] if "solution" in words.lower()]
    assert all(words.startswith("Show the solution") for words in answers), answers
