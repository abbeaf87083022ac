"""What a page or a file names exists, and is what it says of it."""

import inspect
import os
import re
import subprocess
import sys
import tomllib
from html import unescape
from itertools import chain, islice
from pathlib import Path

import notebooks
import numpy as np
import pytest
import yaml
from bench import report
from bench.peers import BOUNDS, PEERS
from bench.work import CHAPTER, CHAPTER_EPOCHS, WORKS
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from pulls import Pull
from slides import REVEAL

import previously

BOOK, ROOT = notebooks.BOOK, notebooks.BOOK.parent
PAGES = notebooks.pages()
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def code(path):
    """What a page sets as code, its directives left out."""
    pieces = re.findall(r"^```.*?^```|`[^`\n]+`", notebooks.text_of(path), re.DOTALL | re.MULTILINE)
    return [piece.strip("`") for piece in pieces if not piece.startswith("```{")]


# Sources


def sources():
    """By DOI or address, the surname of each source's first author, and its year."""
    entries = re.split(r"\n(?=@)", read("book/references.bib"))
    fields = [dict(re.findall(r"^  (\w+) = \{(.+)\},$", entry, re.MULTILINE)) for entry in entries]
    return {
        entry.get("doi", entry.get("url")): (entry["author"].split(",")[0], entry.get("year"))
        for entry in fields
    }


@each_page
def test_every_citation_names_a_source_of_the_bibliography_by_its_author_and_year(path):
    bibliography = sources()
    # A DOI may hold one pair of parentheses.
    link = r"\[([^\]]+)\]\((https?://[^\s()]+(?:\(\S+?\)[^\s()]*)?)\)"
    for words, address in re.findall(link, notebooks.text_of(path)):
        source = bibliography.get(address.removeprefix("https://doi.org/"))
        assert source, f"{words}: references.bib lacks it"
        assert all(part in words for part in source), f"{words}: {source}"


# Commands, files, keys and options


TARGETS = set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("path", GUIDES + PAGES, ids=lambda path: path.name)
def test_every_make_command_that_a_page_names_exists(path):
    assert set(re.findall(r"\bmake ([a-z-]+)", "\n".join(code(path)))) <= TARGETS


def test_readme_lists_every_target_of_the_makefile():
    listed = set(re.findall(r"^\| `make ([a-z-]+)` \|", read("README.md"), re.MULTILINE))
    assert listed == TARGETS - {"help"}  # which prints the same list
    (phony,) = re.findall(r"^\.PHONY: (.+)", read("Makefile"), re.MULTILINE)
    assert set(phony.split()) == TARGETS


def made(folder, *arguments, rule="", **variables):
    """What make prints in a folder that holds the Makefile, and a rule more."""
    (folder / "Makefile").write_text(f"{read('Makefile')}\n{rule}\n", "utf-8")
    command = ["make", "--no-print-directory", *arguments, f"BIN={Path(sys.executable).parent}"]
    environment = os.environ | variables
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=True
    ).stdout


def test_environment_that_was_not_finished_is_emptied(tmp_path):
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / ".venv").mkdir()
    assert "-m venv --clear .venv\n" in made(tmp_path, "--dry-run", ".venv/ready")
    (tmp_path / ".venv/ready").write_text(f"{tmp_path}\n", "utf-8")
    os.utime(tmp_path / ".venv/ready", (0, 0))
    finished = made(tmp_path, "--dry-run", ".venv/ready")
    assert "-m venv  .venv\n" in finished
    assert (
        finished.index("rm -f .venv/ready")
        < finished.index("-m pip")
        < finished.index("> .venv/ready")
    )


def test_environment_of_a_folder_that_was_copied_is_made_anew(tmp_path):
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / ".venv").mkdir()
    for place, remakes in ((tmp_path, False), (tmp_path.parent, True)):
        (tmp_path / ".venv/ready").write_text(f"{place}\n", "utf-8")
        assert ("-m venv --clear .venv\n" in made(tmp_path, "--dry-run", ".venv/ready")) is remakes


def test_variables_of_another_environment_do_not_count(tmp_path):
    python = "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONOPTIMIZE", "PYTHONWARNINGS"
    others = "PIP_TARGET", "PIP_PREFIX", "PIP_DRY_RUN", "JUPYTER_PATH", "SOURCE_DATE_EPOCH"
    theirs = dict.fromkeys(python + others, "x")
    shown = made(tmp_path, "show", rule="show: ; @env", **theirs)
    assert not {line.split("=")[0] for line in shown.splitlines()} & theirs.keys()


def test_targets_wait_for_each_other_whatever_is_asked(tmp_path):
    rule = "slow: ; @sleep 0.2; echo slow\nfast: ; @echo fast"
    assert made(tmp_path, "-j2", "slow", "fast", rule=rule) == "slow\nfast\n"


def test_check_runs_all_notebooks_where_git_does_not_know_which_changed(tmp_path):
    (tmp_path / "book").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"book/{name}.ipynb").touch()
    shown = made(tmp_path, "show", rule="show: ; @echo $(CHANGED)")
    assert shown == "book/a.ipynb book/b.ipynb\n"


def test_address_that_make_prints_can_be_followed(tmp_path):
    folder = tmp_path / "a cours d'été"
    folder.mkdir()
    shown = made(folder, "show", rule="show: ; @$(ADDRESSES) page.html")
    assert shown == f"{(folder / 'page.html').as_uri()}\n"
    assert re.fullmatch(r"file:///[\w/.%'-]+\n", shown, re.ASCII)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_file_that_a_guide_names_exists(path):
    links = re.findall(r"\]\((?!http|#)([^)]+)\)", notebooks.text_of(path))
    words = [word for piece in code(path) for word in piece.split()]
    files = [word for word in words if re.fullmatch(r"[\w.-]+/[\w./-]*|[\w-]+\.[a-z]+", word)]
    made = r"_build\b|\.venv|site\.css|work/"  # by a build, or by `make lab`
    named = {file for file in links + files if not re.match(made, file)}
    ours = [ROOT, *(ROOT / folder for folder in ("book", "book/_static", "tests/tools"))]
    assert len(named) > 5
    assert not [file for file in named if not any((folder / file).exists() for folder in ours)]


def test_every_key_on_the_page_for_teachers_is_bound():
    player = (REVEAL / "dist/reveal.js").read_text(encoding="utf-8")
    shortcuts = re.findall(r'shortcuts(?:\["([^"]+)"\]|\.(\w+))=', player)
    keys = {key.strip() for pair in shortcuts for key in unescape("".join(pair)).split(",")}
    notes, zoom = (
        (REVEAL / f"plugin/{name}/{name}.js").read_text(encoding="utf-8")
        for name in ("notes", "zoom")
    )
    ours = read("book/_static/slides.js")
    bound = re.findall(r'addKeyBinding\(\{.*?key: ?"(\w)"', notes + ours)
    bound += re.findall(r'\b([A-Z]): "', ours)  # the tools
    bound += [key.upper() for key in ("alt", "ctrl") if f'"{key}"' in zoom]
    by_code = {"PAGE UP": "33===", "PAGE DOWN": "34===", "?": "63!=="}  # without a shortcut's name
    keys |= {*bound, *(key for key, test in by_code.items() if test in player)}
    named = {key.upper() for key in re.findall(r"<kbd>(.+?)</kbd>", read("book/teach.md"))}
    assert named - keys == set()
    assert "S" in named


@each_page
def test_every_option_that_a_page_names_is_one_of_a_pull(path):
    options = re.findall(r"`:([a-z-]+):`", notebooks.text_of(path))
    assert set(options) <= Pull.option_spec.keys()


# Versions


PYPROJECT = tomllib.loads(read("pyproject.toml"))
PROJECT = PYPROJECT["project"]
PINS = dict(re.findall(r"^([\w-]+)==([^\s;]+)", read("requirements.txt"), re.MULTILINE))
TESTED = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]


def python_of(job):
    """The Python that the workflow of the tests sets up for a job."""
    return next(step["with"]["python-version"] for step in job["steps"] if "with" in step)


def test_pins_are_what_the_project_asks_for():
    extras = chain(*PROJECT["optional-dependencies"].values())
    wanted = chain(PROJECT["dependencies"], extras, PYPROJECT["build-system"]["requires"])
    for requirement in map(Requirement, wanted):
        pin = PINS[requirement.name.lower().replace("_", "-")]
        assert requirement.specifier.contains(pin), requirement
    for requirement in map(Requirement, PYPROJECT["tool"]["uv"]["constraint-dependencies"]):
        assert requirement.specifier.contains(PINS[requirement.name]), requirement


def test_every_python_that_runs_the_book_is_one_that_the_package_allows():
    allowed = SpecifierSet(PROJECT["requires-python"])
    (binder,) = re.findall(r"^python-([\d.]+)$", read(".binder/runtime.txt").strip())
    (publishing,) = re.findall(r'python-version: "(.+)"', read(".github/workflows/publish.yml"))
    tested = TESTED["test"]["strategy"]["matrix"]["python"]
    assert all(version in allowed for version in tested)
    others = {python_of(job) for name, job in TESTED.items() if name != "test"}
    assert {binder, publishing, *others} <= set(tested)
    assert f">={tested[0]}" == str(allowed)
    named = [name.split(" :: ")[-1] for name in PROJECT["classifiers"] if ":: 3." in name]
    assert named == tested


def test_binder_needs_what_the_chapters_import_with_the_pins_of_the_book():
    pins, *needs, package = read(".binder/requirements.txt").split("\n")[:-1]
    assert (pins, package) == ("-c ../requirements.txt", ".")
    chapters = [path for path in BOOK.glob("*.ipynb") if notebooks.is_chapter(path)]
    cells = [cell for path in chapters for cell in notebooks.read(path).cells]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", code, re.MULTILINE))
    brought = {"IPython", "contourpy"}  # by Jupyter and matplotlib
    assert imported - set(sys.stdlib_module_names) == {*needs, *brought, "previously"}


def test_commands_without_make_are_those_that_the_workflow_runs():
    job = TESTED["without-make"]
    on_windows = job["strategy"]["matrix"]["include"][0]

    def command(step):
        return re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda name: on_windows[name[1]], step["run"])

    commands = "\n".join(command(step) for step in job["steps"] if "run" in step)
    assert f"```\n{commands}\n```" in read("README.md")


# Notation


ROWS = [
    [cell.strip() for cell in row.split("|")[1:-1]]
    for row in re.findall(r"^\|.*", read("book/notation.md"), re.MULTILINE)[2:]
]


def test_every_name_of_the_notation_exists_in_the_package():
    names = re.findall(r"`previously\.([\w.]+)`", read("book/notation.md"))
    assert names
    for name in names:
        thing = previously
        for part in name.split("."):
            thing = getattr(thing, part)


@pytest.fixture(scope="module")
def names():
    """What the code of the notation means, for a network all of whose layers differ in size."""
    n, sizes, l = 6, (3, 4, 5, 2), 1
    rng = np.random.default_rng(0)
    model = previously.MLP(sizes)
    theta, phi = model.init(rng), model.phi
    dataset = previously.Dataset(rng.standard_normal((n, 3)), rng.standard_normal((n, 2)))
    loss, gradient = previously.objective(model, previously.squared_error)
    eta, eps, batch_size, i, t = 0.1, 1e-6, 2, 0, 2
    steps = previously.sgd(gradient, theta, dataset, eta, batch_size, rng)
    thetas = [theta, *islice(steps, 3)]
    theta_star, true = thetas[-1], gradient(dataset, theta)
    single = np.array([gradient(dataset[[row]], theta) for row in range(n)])
    H = np.array([gradient(dataset, theta + eps * e) - true for e in np.eye(model.p)]) / eps
    v, c = np.square(single - true).sum(axis=1).mean(), np.var(single, axis=0)
    m, q, beta, beta_2 = true, true**2, 0.9, 0.999
    gain, tau, u = 1.0, 500, np.finfo(float).eps / 2
    o, a = model.forward(theta, dataset.x)
    dL_da = previously.squared_error.grad(a[-1], dataset.y)
    for k in (3, 2, 1):
        w, b = model.layers(theta)[k - 1]
        dL_do = dL_da * (phi if k < 3 else model.phi_out).prime(o[k], a[k])
        dL_dw, dL_db = dL_do.T @ a[k - 1], dL_do.sum(0)
        dL_da = dL_do @ w if k > 1 else dL_da
    d, k, p = 3, 2, model.p
    return locals()


@pytest.mark.parametrize(
    ("shape", "code"),
    [row[2:] for row in ROWS if row[2]],
    ids=[row[0] for row in ROWS if row[2]],
)
def test_code_of_the_notation_has_the_shape_that_the_page_gives(names, shape, code):
    expressions = re.findall(r"`(?!previously\.)([^`]+)`", code)
    values = [eval(expression, {"np": np}, names) for expression in expressions]
    shape = re.sub(r"units of (l(\+1)?)", r"sizes[\1]", shape.replace("$", ""))
    shapes = [
        () if number else eval(axes, {}, names) if axes else np.shape(eval(like, {}, names))
        for axes, like, number in re.findall(r"(\([^()]+\))|`([^`]+)`|(number|integer)", shape)
    ]
    if len(shapes) > len(values):
        (values,) = values  # w and b
    elif len(shapes) == 1:
        shapes *= len(values)  # each of them is a number
    assert [np.shape(value) for value in values] == shapes


def test_code_of_the_notation_is_that_of_the_chapters():
    chapters = [notebooks.read(path) for path in BOOK.glob("*.ipynb")]
    cells = [cell.source for chapter in chapters for cell in chapter.cells]
    code = "\n".join(
        [*cells, *map(inspect.getsource, (previously.sgd, previously.numerical_gradient))]
    )
    for name in re.findall(r"`([a-zA-Z_]+)`", read("book/notation.md")):
        assert re.search(rf"\b{name}\b", code), name


# The page on speed


def test_page_on_speed_describes_the_networks_and_contestants_of_the_benchmark():
    page = read("book/speed.md")
    networks = {
        (report.NETWORKS[name].split(",")[0], "-".join(map(str, work.sizes)), str(work.batch_size))
        for name, work in WORKS.items()
    }
    described = r"(\w+) is ([\d-]+)(?:, [^,;]+,)? with (?:minibatches of )?(\d+)"
    assert set(re.findall(described, page)) == networks
    contestants = re.findall(r"^- \*\*([^*]+)\*\*", page.split("## A step")[0], re.MULTILINE)
    assert set(contestants) == {name.split(",")[0] for name in PEERS | BOUNDS}
    assert f"{CHAPTER_EPOCHS} epochs of {CHAPTER.steps} steps" in page
