"""What holds book and code together, read off the stored files; nbval runs the notebooks."""

import re
from pathlib import Path

import notebooks
import pytest

NOTEBOOKS = sorted(notebooks.BOOK.glob("*.ipynb"))
PAGES = sorted([*notebooks.BOOK.glob("*.md"), *notebooks.BOOK.glob("slides/*.md")])
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", NOTEBOOKS + PAGES, ids=lambda path: path.name)

# Numbers that no run of the book computes, and why they may stand unchecked.
EXCEPTIONS = {
    "3.11": "a version of Python",
    "4.0": "a version of the licence CC BY",
}


def texts(path):
    """The prose of a page, one piece a cell."""
    if path.suffix == ".md":
        return [path.read_text(encoding="utf-8")]
    return [notebooks.prose(cell) for cell in notebooks.read(path).cells]


def figures(path):
    """The cells of a notebook that draw."""
    return [
        cell
        for cell in notebooks.read(path).cells
        if cell.cell_type == "code"
        and any("image/png" in output.get("data", {}) for output in cell.outputs)
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


def test_the_picture_in_the_readme_is_the_figure_of_the_chapter():
    figure = notebooks.picture(notebooks.read(notebooks.BOOK / "sgd.ipynb"), "fig-paths")
    assert notebooks.README_PICTURE.read_bytes() == figure, "run `make notebooks`"


@each_page
def test_every_number_of_the_prose_is_checked(path):
    for text in texts(path):
        rest = notebooks.NOT_PROSE.sub(" ", notebooks.NUMBER.sub(" ", text))
        for number in re.findall(r"\d+[.,]?\d*\s?%|\d+\.\d+", rest):
            assert number in EXCEPTIONS, f"{number!r} has no marker in: {text[:80]!r}…"


@each_page
def test_every_marker_touches_its_number_and_reads_everywhere(path):
    for text in texts(path):
        markers = text.count("<!-- =")
        assert markers == len(notebooks.NUMBER.findall(text)), f"malformed marker in: {text!r}"
        if path.suffix == ".md" and path not in map(notebooks.deck, NOTEBOOKS):
            assert not markers, "only a notebook can check a number, on its own page and its slides"
        for line in text.splitlines():
            assert not re.match(r"\s*[-−\d.,]*<!-- =", line), f"a marker starts the line {line!r}"
            # A `|` in a marker would split the cell of a table, a `$` would start math.
            for marker in re.findall(r"<!-- =.*?-->", line):
                assert not set("|$") & set(marker), marker
        for formula in re.findall(r"\$\$.*?\$\$|\$[^$\n]+\$", text, re.DOTALL):
            assert "<!--" not in formula, f"a marker in the formula {formula!r}"


def test_every_equation_names_its_test_and_every_such_test_its_equation():
    labels = notebooks.equations()
    assert len(labels) == len(set(labels)), "two equations share a label"
    tests = Path(__file__).parents[1].rglob("test_*.py")
    sources = [path.read_text(encoding="utf-8") for path in tests]
    marks = re.findall(r'^@pytest\.mark\.equation\("([^"]+)"\)', "\n".join(sources), re.MULTILINE)
    assert set(labels) == set(marks)
