"""What students take away: plain, whole, true to the book, and without an answer in it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from zipfile import ZipFile

import notebooks
import plain
import pytest
import students
import work
from browsing import soup
from bs4 import BeautifulSoup, Comment
from markdown_it import MarkdownIt
from markers import without_markers
from pulls import source_of
from sphinx.errors import ExtensionError

ROOT = notebooks.BOOK.parent
CHAPTERS = [
    path.stem for path in sorted(notebooks.BOOK.glob("*.ipynb")) if notebooks.deck(path).exists()
]
OPEN = [f"{chapter}.ipynb" for chapter in CHAPTERS]
SOLVED = [f"solutions/{name}" for name in [*OPEN, "questions.ipynb"]]
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)

each_open = pytest.mark.parametrize("name", OPEN)
each_solved = pytest.mark.parametrize("name", SOLVED)
each = pytest.mark.parametrize("name", OPEN + SOLVED)
everywhere = pytest.mark.parametrize("site_of", ["built", "elsewhere"])


@cache
def read(path):
    """A notebook; leave it as it is."""
    return notebooks.read(path)


@pytest.fixture
def folder(built):
    return built / "html/notebooks"


def chapter(name):
    """The source of an edition."""
    return read(notebooks.BOOK / Path(name).name)


def code(notebook):
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def words(notebook):
    """All Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@cache
def rendered(path):
    """The Markdown of a notebook as one sees it who has no MyST, a cross for each formula."""
    commonmark = MarkdownIt("commonmark").enable("table")
    return BeautifulSoup(commonmark.render(FORMULA.sub("×", words(read(path)))), "html.parser")


def page(built, name):
    return soup(built / f"html/book/{Path(name).stem}.html")


def texts(node):
    """Every text that a notebook holds: sources, metadata and outputs."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def answers(notebook):
    """The lines that only answers hold: of solutions in code, and in words."""
    cells = code(notebook).values()
    solutions = [cell.source for cell in cells if cell.id.startswith("solution-")]
    others = "\n".join(cell.source for cell in cells if not cell.id.startswith("solution-"))
    folded = plain.ANSWER.findall(words(notebook))
    texts = map(without_markers, [*solutions, *folded])
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return {line for line in lines if len(line) > 12 and line not in others and "<" not in line}


# Plain


@each
def test_nothing_that_only_myst_reads_is_left(folder, name):
    parts = rendered(folder / name).find_all(string=True)
    seen = "".join(part for part in parts if part.parent.name != "code")
    assert not re.search(r"[{}$`]|:::|\]\(|<!--|\)=|^%", seen, re.MULTILINE)
    assert not rendered(folder / name).find(string=lambda text: isinstance(text, Comment))


@pytest.mark.parametrize(
    "text",
    [":::{note}\nOne.\n:::", "```{note}\n```", "{cite}`a`", "(a)=", "+++", "% not", "$$ (eq)"],
)
def test_what_has_no_plain_form_stops_the_build(text):
    env = SimpleNamespace(doc2path=lambda docname: f"{docname}.ipynb")
    edition = plain.Plain(SimpleNamespace(env=env), "book/sgd", solved=False)
    with pytest.raises(ExtensionError, match=r"sgd\.ipynb: cell law: no plain form"):
        edition.plain(f"Before.\n\n{text}", "law")


@pytest.mark.parametrize(
    ("options", "place"), [("", ""), (":name: ask-one\n", '<a id="ask-one"></a>')]
)
@pytest.mark.parametrize("choices", ["", "- Yes.\n- No.\n\n"])
def test_question_is_bold_and_its_answer_folded(options, place, choices):
    edition = plain.Plain(SimpleNamespace(env=None), "book/sgd", solved=False)
    block = f":::{{question}} Is $a$ one?\n{options}\n{choices}It is 1<!-- = a :d -->.\n\nSo.\n:::"
    assert edition.plain(block, "law") == (
        f"{place}**Is $a$ one?**\n\n{choices}"
        "<details>\n<summary>Answer</summary>\n\nIt is 1.\n\nSo.\n\n</details>"
    )


def test_colours_are_those_that_every_renderer_knows(folder):
    """Without a package MathJax gives \\color two arguments, KaTeX one; MathJax 2 has no other."""
    text = words(read(folder / "backprop.ipynb"))
    coloured = re.findall(
        r"\\textcolor(\{#\w+\}\{\w\^\{\(\d\)\}\})", words(chapter("backprop.ipynb"))
    )
    assert coloured == re.findall(r"\{\\color(\{#\w+\}\{\w\^\{\(\d\)\}\})\}", text)
    assert len(coloured) > 20


@each
def test_equations_have_the_numbers_of_the_book(built, folder, name):
    text = words(read(folder / name))
    found = re.findall(
        r'<a id="(eq-[^"]+)"></a>\n\n\$\$\n.*?\\tag\{([\d.]+)\}\n\$\$$', text, re.S | re.M
    )
    numbers = {
        formula["id"].removeprefix("equation-"): formula.select_one(".eqno")
        .get_text()
        .strip("()#¶ ")
        for formula in page(built, name).select("div.math[id]")
    }
    assert dict(found) == numbers
    assert len(found) == text.count("$$") / 2


@each
def test_figures_have_the_numbers_and_captions_of_the_book(built, folder, name):
    def letters(text):
        return re.sub(r"\W", "", text)

    cells = read(folder / name).cells
    found = {}
    for drawing, cell in pairwise(cells):
        caption = r'<a id="([^"]+)"></a>\*\*Figure ([\d.]+)\.\*\* (.*)'
        if cell.id.startswith("caption-"):
            label, number, text = re.fullmatch(caption, cell.source, re.DOTALL).groups()
            assert cell.id == f"caption-{drawing.id}"
            found[label] = number, letters(FORMULA.sub("", text))
    shown = {}
    for figure in page(built, name).select("figure[id]"):
        caption = BeautifulSoup(str(figure.select_one("figcaption .caption-text")), "html.parser")
        for formula in caption.select(".katex, .headerlink"):
            formula.decompose()
        number = re.search(r"[\d.]+\d", figure.select_one(".caption-number").get_text())[0]
        shown[figure["id"]] = number, letters(caption.get_text())
    assert found == shown


@each
def test_chapters_have_the_numbers_of_the_book(built, folder, name):
    title = rendered(folder / name).h1.get_text()
    heading = page(built, name).h1
    assert title == heading.get_text().removesuffix(heading.select_one(".headerlink").get_text())


@everywhere
@each
def test_every_link_leads_somewhere(request, site_of, name):
    html = request.getfixturevalue(site_of) / "html"
    path = html / "notebooks" / name
    links = [link["href"] for link in rendered(path).find_all("a", href=True)]
    ours = [link for link in links if not link.startswith("http") or "someone" in link]
    for link in ours:
        address, (_, _, target, _, anchor) = path, urlsplit(link)
        if link.startswith("http"):
            address = html / target.removeprefix("/somewhere/")
            ids = {element["id"] for element in soup(address).find_all(id=True)}
        else:
            address = path.parent / target if target else path
            ids = {element["id"] for element in rendered(address).find_all(id=True)}
        assert not anchor or anchor in ids, link
    assert ours


@each
def test_code_is_that_of_the_chapter(folder, name):
    """A title, which folds a cell in Colab, is all that is added; answers are all that is lost."""
    source, edition = code(chapter(name)), code(read(folder / name))
    assert next(iter(edition)) == "find-package"
    for cell in list(edition.values())[1:]:
        stem, title = source[cell.id], cell.source.startswith("# @title ")
        folded = "hide-input" in stem.metadata.get("tags", [])
        assert cell.metadata == (
            {"jupyter": {"source_hidden": True}, "cellView": "form"} if folded else {}
        )
        assert title == folded
        given = cell.source.partition("\n")[2] if title else cell.source
        if name in OPEN or not cell.id.startswith("exercise-"):
            assert given == stem.source
            assert [notebooks.shown_by(cell)] == [notebooks.shown_by(stem)]
        else:
            assert given in stem.source
            assert not cell.outputs
    lost = [cell.id for cell in source.values() if cell.id not in edition]
    kinds = ("solution-",) if name in OPEN else ("exercise-",)
    assert all(cell.startswith(kinds) for cell in lost), lost


# Exercises and their solutions


@each_open
def test_what_students_get_holds_no_answer(folder, name):
    secret = answers(chapter(name))
    assert len(secret) > 10
    held = "\n".join(texts(json.loads((folder / name).read_text("utf-8"))))
    assert not [line for line in secret if line in held]
    assert "'Right: " not in held
    assert "solution-" not in held


@each_open
def test_every_exercise_is_open_and_not_yet_solved(folder, name):
    cells = code(read(folder / name))
    asked = [cell for cell in cells.values() if cell.id.startswith("exercise-")]
    assert len(asked) >= 2
    for cell in asked:
        assert not cell.metadata
        (output,) = cell.outputs
        assert output.data["text/plain"].startswith("'Not yet: ")


@each_solved
def test_solutions_answer_everything(folder, name):
    notebook = read(folder / name)
    held = "\n".join(texts(notebook))
    assert not [line for line in answers(chapter(name)) if line not in held]
    assert "your code here" not in held
    assert "Not yet:" not in held
    checks = Counter(re.findall(r"^(check_\w+)\(", held, re.MULTILINE))
    right = [
        cell
        for cell in code(notebook).values()
        if cell.source.rpartition("\n")[2].startswith("check_")
    ]
    assert len(right) == sum(checks.values())
    for cell in right:
        assert cell.outputs[0].data["text/plain"].startswith("'Right: ")


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_text_after_a_solution_gives_it_away(name):
    cells = read(notebooks.BOOK / f"{name}.ipynb").cells
    after = [b for a, b in pairwise(cells) if a.id.startswith("solution-")]
    allowed = r"<details>\n<summary>[^\n]*[Ss]olution|\*\*|## "
    assert not [
        cell.id
        for cell in after
        if cell.cell_type == "markdown" and not re.match(allowed, cell.source)
    ]


@each
def test_outputs_are_cleared_where_the_settings_say_so(elsewhere, name):
    assert not any(
        cell.outputs for cell in code(read(elsewhere / "html/notebooks" / name)).values()
    )


# The package


HIDE = """
import sys
from pathlib import Path
sys.path[:] = [folder for folder in sys.path if not Path(folder, "previously").is_dir()]
"""
USE = """
import previously
previously.load_digits()
print(previously.__file__)
"""


def first_cell(where, address="", needs=("numpy",), hide=True, use=True):
    """What the first cell prints in a folder, or the last line of its error."""
    call = f"make_importable('ours.whl', {address!r}, {list(needs)!r})"
    cell = f"{source_of(students.make_importable)}\n\n{call}"
    text = "\n".join([HIDE * hide, cell, USE * use])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return (done.stderr if done.returncode else done.stdout).strip()


@pytest.fixture
def wheel(folder, tmp_path):
    """The package as it lies beside the notebooks, in a folder of its own."""
    (built,) = folder.glob("*.whl")
    (tmp_path / "shelf").mkdir()
    return Path(shutil.copy(built, tmp_path / "shelf/ours.whl"))


def test_first_cell_finds_the_wheel_beside_the_notebook_or_above(wheel):
    (wheel.parent / "solutions").mkdir()
    for where in (wheel.parent, wheel.parent / "solutions"):
        assert first_cell(where) == str(wheel / "previously/__init__.py")


def test_first_cell_takes_the_wheel_from_the_site(wheel, tmp_path):
    address = wheel.parent.as_uri() + "/"
    said = first_cell(tmp_path, address)
    assert said.splitlines() == [
        f"Fetched {address}ours.whl",
        str(tmp_path / "ours.whl/previously/__init__.py"),
    ]
    assert first_cell(tmp_path, address) == str(tmp_path / "ours.whl/previously/__init__.py")


def test_first_cell_says_where_the_wheel_is_wanted(tmp_path):
    assert first_cell(tmp_path).endswith(
        f"ModuleNotFoundError: put ours.whl, from the archive, into {tmp_path}"
    )


def test_first_cell_says_how_to_install_what_is_missing(wheel):
    needs = ["numpy", "no_such_thing", "nor_this"]
    said = first_cell(wheel.parent, needs=needs)
    assert said.endswith("%pip install no_such_thing nor_this")


def test_first_cell_is_not_led_astray_by_another_project(wheel):
    (wheel.parent / "previously.py").write_text("")
    assert first_cell(wheel.parent) == str(wheel / "previously/__init__.py")


def test_first_cell_does_nothing_where_the_package_is_installed(wheel):
    assert first_cell(wheel.parent, hide=False, use=False) == ""
    assert first_cell(wheel.parent, hide=False) != str(wheel / "previously/__init__.py")


@everywhere
@each
def test_first_cell_names_the_wheel_the_site_and_the_needs(request, site_of, name):
    folder = request.getfixturevalue(site_of) / "html/notebooks"
    (wheel,) = folder.glob("*.whl")
    cell = code(read(folder / name))["find-package"]
    address = {"built": "", "elsewhere": "https://someone.github.io/somewhere/notebooks/"}[site_of]
    needs = ["numpy", "matplotlib", "autograd"] if "backprop" in name else ["numpy", "matplotlib"]
    needs = needs[:1] if "questions" in name else needs
    call = f"make_importable({wheel.name!r}, {address!r}, {json.dumps(needs)})"
    assert cell.source.endswith("\n" + call)


def test_wheel_is_reproducible(tmp_path):
    copy = tmp_path / "copy"  # whose files are younger
    shutil.copytree(ROOT / "src", copy / "src", copy_function=shutil.copyfile)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, copy / name)
    for root, folder in ((ROOT, "a"), (copy, "b")):
        (tmp_path / folder).mkdir()
        students.build_wheel(root, tmp_path / folder)
    (first,), (second,) = ((tmp_path / folder).iterdir() for folder in ("a", "b"))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


# The archive


def test_archive_holds_all_of_it_and_is_reproducible(folder, tmp_path):
    here = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    stored = here.pop(students.ARCHIVE).read_bytes()
    with ZipFile(folder / students.ARCHIVE) as file:
        assert {f"previously-on/{name}" for name in here} == set(file.namelist())
        for name, path in here.items():
            assert file.read(f"previously-on/{name}") == path.read_bytes()
    copy = Path(shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile))
    (copy / students.ARCHIVE).unlink()
    students.archive(copy, copy / students.ARCHIVE)
    assert (copy / students.ARCHIVE).read_bytes() == stored


def test_requirements_are_a_few_of_our_pins(folder):
    pins = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    few = (folder / "requirements.txt").read_text("utf-8").splitlines()
    assert set(few) <= set(pins)
    assert [pin.partition("==")[0] for pin in few] == sorted([*students.NEEDS, "jupyterlab"])


@pytest.mark.parametrize("name", [*CHAPTERS, "questions"])
def test_page_offers_what_can_be_taken_away(built, name):
    path = built / f"html/book/{name}.html"
    links = {link.get_text(): link["href"] for link in soup(path).select("#actions a[download]")}
    files = {text: (path.parent / link).resolve() for text, link in links.items()}
    folder = (built / "html/notebooks").resolve()
    expected = {
        "Download this notebook": folder / f"{name}.ipynb",
        "Download it with solutions": folder / f"solutions/{name}.ipynb",
        "Download all notebooks": folder / students.ARCHIVE,
    }
    if name == "questions":  # which are all for instructors
        expected["Download this notebook"] = expected.pop("Download it with solutions")
    assert files == expected
    assert all(file.exists() for file in files.values())


# The student's own copies


@pytest.fixture
def shelf(tmp_path):
    """Editions to copy from, and where the copies go."""
    editions = tmp_path / "editions"
    (editions / "solutions").mkdir(parents=True)
    for name in ("a.ipynb", "solutions/a.ipynb"):
        (editions / name).write_text(f"new {name}")
    return editions, tmp_path / "work"


def held(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*.ipynb")}


def test_copies_are_made_once(shelf, capsys):
    editions, mine = shelf
    for _ in range(2):
        work.hand_out(editions, mine)
        assert held(mine) == held(editions)
    assert capsys.readouterr().out == ""


def test_what_a_student_changed_stays_and_a_fresh_copy_is_offered(shelf, capsys):
    editions, mine = shelf
    work.hand_out(editions, mine)
    (mine / "a.ipynb").write_text("mine")
    for _ in range(2):
        work.hand_out(editions, mine)
        said = capsys.readouterr().out
        assert said == "a.ipynb has been changed and stays; fresh: a-2.ipynb\n"
    assert held(mine) == {**held(editions), "a.ipynb": "mine", "a-2.ipynb": "new a.ipynb"}

    (mine / "a-2.ipynb").write_text("mine too")
    (editions / "a.ipynb").write_text("newer")
    work.hand_out(editions, mine)
    texts = {"a.ipynb": "mine", "a-2.ipynb": "mine too", "a-3.ipynb": "newer"}
    assert held(mine) == {**held(editions), **texts}


def test_whatever_a_student_saves_is_no_part_of_the_tests(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["pytest"]["ini_options"]["testpaths"] == ["tests", "book"]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "work/mine.py").write_text("import os, sys\nx=(1")
    ruff = [sys.executable, "-m", "ruff"]
    for command in ("check", "format --check"):
        subprocess.run([*ruff, *command.split(), tmp_path], check=True, cwd=tmp_path)
