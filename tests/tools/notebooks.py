"""The rules that hold prose, code and outputs of a notebook together.

`make notebooks` runs this file: it executes the notebooks, rewrites the numbers in their prose and
stores them in one canonical form; the tests hold the stored form to the same rules.
"""

import os
import platform
import re
from base64 import b64decode
from pathlib import Path

import nbformat
from nbclient import NotebookClient

BOOK = Path(__file__).parents[2] / "book"
README_PICTURE = BOOK / "_static" / "paths.png"

# A long run of SGD amplifies the last bit of a sum until every digit differs. So the kernels use
# one thread and the instructions that every x86-64 processor with AVX2 has.
CPU = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}

# A number in the prose and the invisible marker it touches: 98.5<!-- = 100 * accuracy :.1f -->
NUMBER = re.compile(r"([-−]?\d[\d,.]*)<!-- = ((?:(?!--).)+?) :(\S+) -->")

# What is not prose: code, math, the targets of links, comments, roles and directives' options.
NOT_PROSE = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]+\$|\]\([^)]*\)|<!--.*?-->|<[^>]*>|https?://\S+",
    re.DOTALL,
)


def reproducible():
    """Whether this machine gives the stored outputs to the bit: Linux on x86-64 with AVX2."""
    cpuinfo = Path("/proc/cpuinfo")
    return platform.machine() == "x86_64" and cpuinfo.exists() and " avx2 " in cpuinfo.read_text()


def read(path):
    """The notebook stored at `path`."""
    return nbformat.read(path, as_version=4)


def prose(cell):
    """What a reader reads of a cell: its Markdown, or the caption and alt text of its figure."""
    if cell.cell_type == "markdown":
        return cell.source
    shown = cell.metadata.get("mystnb", {})
    return "\n".join(
        [shown.get("figure", {}).get("caption", ""), shown.get("image", {}).get("alt", "")]
    )


def deck(path):
    """Where the slides of the notebook at `path` are, whose numbers its kernel computes too."""
    return path.parent / "slides" / path.with_suffix(".md").name


def slides_of(path):
    """The text of its deck, if there is one."""
    return deck(path).read_text(encoding="utf-8") if deck(path).exists() else ""


def numbers(notebook, slides):
    """The checked numbers of the prose, and of its slides, as (literal, code that gives it)."""
    text = "\n".join(prose(cell) for cell in notebook.cells if cell.cell_type == "markdown")
    found = NUMBER.findall(text + "\n" + slides)
    return [(literal, number_code(*rest)) for literal, *rest in found]


def equations():
    """The labels of all equations of the book."""
    pages = [page.read_text(encoding="utf-8") for page in BOOK.glob("*.md")]
    pages += ["\n".join(map(prose, read(path).cells)) for path in sorted(BOOK.glob("*.ipynb"))]
    return [label for page in pages for label in re.findall(r"\$\$ \(([^)]+)\)", page)]


def number_code(expression, spec):
    """Python that writes the value of a marker's expression as the prose does."""
    return f"format({expression}, {spec!r}).replace('-', '−')"


def dumps(notebook):
    """The canonical text of a notebook: only the metadata that matters, no trace of one run."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {
            k: v for k, v in cell.metadata.items() if k in ("jupyter", "mystnb", "tags")
        }
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def execute(notebook, slides):
    """Run every code cell in a fresh kernel and set the checked numbers of the prose.

    Returns the text of the slides with theirs.
    """
    client = NotebookClient(
        notebook,
        timeout=600,
        coalesce_streams=True,
        record_timing=False,
        resources={"metadata": {"path": str(BOOK)}},
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        prints = [f"print({code})" for _, code in numbers(notebook, slides)]
        notebook.cells.append(nbformat.v4.new_code_cell("\n".join(prints)))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        probe = notebook.cells.pop()
    values = iter("".join(output.text for output in probe.outputs).splitlines())

    def renew(marker):
        return next(values) + marker[0].removeprefix(marker[1])

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = NUMBER.sub(renew, cell.source)
    return NUMBER.sub(renew, slides)


def picture(notebook, name):
    """The PNG that the cell of that id has drawn."""
    cell = next(cell for cell in notebook.cells if cell.id == name)
    return b64decode(cell.outputs[0].data["image/png"])


if __name__ == "__main__":
    os.environ |= CPU
    for path in sorted(BOOK.glob("*.ipynb")):
        notebook = read(path)
        slides = execute(notebook, slides_of(path))
        path.write_text(dumps(notebook), encoding="utf-8")
        if slides:
            deck(path).write_text(slides, encoding="utf-8")
        print(f"{path.name}: {len(numbers(notebook, slides))} numbers set in prose and slides")
    README_PICTURE.write_bytes(picture(read(BOOK / "sgd.ipynb"), "fig-paths"))
