"""What others install: its name, what is in it, and what is said of it."""

import os
import re
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml
from flit_core import buildapi

import previously

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FILES = {path.name for path in (ROOT / "src/previously").iterdir() if path.suffix != ".pyc"} - {
    "__pycache__"
}


def build(folder):
    """The names of the wheel and the sdist, built in a folder."""
    return buildapi.build_wheel(folder), buildapi.build_sdist(folder)


@pytest.fixture(scope="module")
def distribution(tmp_path_factory):
    """The files of a wheel and of an sdist, by name; each built twice, to the same bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        folders = [tmp_path_factory.mktemp("dist") for _ in range(2)]
        (wheel, sdist), again = map(build, folders)
    assert (wheel, sdist) == again
    for name in again:
        assert len({(folder / name).read_bytes() for folder in folders}) == 1, name
    with zipfile.ZipFile(folders[0] / wheel) as archive:
        in_wheel = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(folders[0] / sdist) as archive:
        members = [member for member in archive if member.isfile()]
        in_sdist = {member.name: archive.extractfile(member).read() for member in members}
    return wheel, in_wheel, sdist, in_sdist


def test_wheel_and_sdist_hold_the_package_and_its_papers_and_nothing_else(distribution):
    wheel, in_wheel, sdist, in_sdist = distribution
    stem = f"previously_on-{previously.__version__}"
    assert (wheel, sdist) == (f"{stem}-py3-none-any.whl", f"{stem}.tar.gz")
    papers = {f"{stem}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")}
    licence = f"{stem}.dist-info/licenses/LICENSE"
    assert set(in_wheel) == {f"previously/{name}" for name in FILES} | papers | {licence}
    beside = {"pyproject.toml", "LICENSE", "CHANGELOG.md", "CITATION.cff", "PKG-INFO"}
    inside = {f"src/previously/{name}" for name in FILES}
    assert set(in_sdist) == {f"{stem}/{name}" for name in inside | beside}
    assert {"py.typed", "digits.npz"} <= FILES


def test_metadata_says_what_the_project_says(distribution):
    _, in_wheel, _, _ = distribution
    (metadata,) = (text for name, text in in_wheel.items() if name.endswith("METADATA"))
    said = message_from_bytes(metadata)
    assert (said["Name"], said["Version"]) == ("previously-on", previously.__version__)
    assert said["Description-Content-Type"] == "text/markdown"
    assert said["License-Expression"] == "BSD-3-Clause"
    description = said.get_payload(decode=True).decode()
    assert description.strip() == PROJECT["readme"]["text"].strip()
    assert not re.findall(r"\]\((?!https://)", description), "a relative link leads nowhere on PyPI"


def test_example_of_the_description_prints_what_it_says(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", PROJECT["readme"]["text"], re.DOTALL)
    (said,) = re.findall(r"^print\(.*\)  # (.+)$", example, re.MULTILINE)
    exec(example, {})
    assert capsys.readouterr().out.strip() == said


def test_version_is_that_of_the_changelog_and_the_citation():
    (newest, *_) = re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert newest == citation["version"] == previously.__version__


def test_addresses_are_those_of_the_configuration():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    repository, site = config["repository"]["url"], config["html"].get("baseurl")
    urls = {"Repository": repository, "Documentation": site}
    assert PROJECT.get("urls", {}) == {name: url for name, url in urls.items() if url}
    assert citation.get("repository-code", "") == repository
    assert citation.get("url") == site


TEXTS = {".md", ".py", ".toml", ".yml", ".cff", ".ipynb", ".txt", ".html", ".js", ""}
UNREAD = re.compile(r"(\.(?!github|binder|ci\b)|_build|work\b|__pycache__)")


def texts():
    """The text of every file of the project, built ones left out."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not UNREAD.match(name)]
        for path in (Path(folder, name) for name in files if not UNREAD.match(name)):
            if path.suffix in TEXTS:
                yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def test_nothing_tells_anyone_to_install_the_project_that_has_our_name_on_pypi():
    taken = re.compile(r"\binstall\b[^\n]*?[\s'\"]previously(?![\w./-])")
    found = [
        f"{name}: {line.strip()}"
        for name, text in texts()
        for line in text.splitlines()
        if "pip" in line and taken.search(line)
    ]
    assert not found
