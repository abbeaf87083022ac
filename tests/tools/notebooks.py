"""The rules that hold prose, code and outputs of a notebook together.

`make notebooks` runs this file: it executes the notebooks, rewrites the numbers in their prose and
stores them in one canonical form; the tests hold the stored form to the same rules. The README says
how many things that are.
"""

import os
import platform
import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np
from markers import MARKER, markers
from nbclient import NotebookClient
from proofs import is_display, proofs

BOOK = Path(__file__).parents[2] / "book"
README = BOOK.parent / "README.md"
CLAIMS = BOOK.parent / "tests/book/claims.txt"
# README and those who share a page show a PNG of one figure, which names the SVG it is a twin of.
README_PICTURE, PICTURED = BOOK / "_static" / "paths.png", "fig-paths"
SAVE_PICTURE = f"""
from hashlib import sha256
twin = {{"Source": sha256(plot.svg(fig).encode()).hexdigest()}}
fig.savefig({str(README_PICTURE)!r}, dpi=2 * fig.dpi, bbox_inches="tight", metadata=twin)
"""
SHOWN = ("figure", "caption"), ("image", "alt")  # of a figure, in the metadata of its cell

# A long run of SGD amplifies the last bit of a sum until every digit differs. So the kernels use
# one thread and the instructions that every x86-64 processor with AVX2 has. NumPy warns of names
# that it does not know, which are others in each version and on each processor.
INSTRUCTIONS = np.show_config("dicts")["SIMD Extensions"]
OPTIONAL = {*INSTRUCTIONS.get("found", ()), *INSTRUCTIONS.get("not found", ())}
# The settings are those that the libraries come with, not those of whoever runs this.
CPU = {
    "MATPLOTLIBRC": str(Path(find_spec("matplotlib").origin).parent / "mpl-data/matplotlibrc"),
    "IPYTHONDIR": str(Path(sys.prefix, "ipython")),
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": " ".join(sorted(OPTIONAL & {"X86_V4", "AVX512_ICL", "AVX512_SPR"})),
}


def reproducible():
    """Whether this machine gives the stored outputs to the bit: Linux on x86-64 with AVX2."""
    cpuinfo = Path("/proc/cpuinfo")
    return platform.machine() == "x86_64" and cpuinfo.exists() and " avx2 " in cpuinfo.read_text()


def read(path):
    """The notebook stored at `path`."""
    return nbformat.read(path, as_version=4)


def pieces(notebook):
    """What a reader reads, as (holder, key): Markdown, captions, alternative texts, in order."""
    for cell in notebook.cells:
        shown = cell.metadata.get("mystnb", {})
        if cell.cell_type == "markdown":
            yield cell, "source"
        yield from ((shown[part], key) for part, key in SHOWN if key in shown.get(part, {}))


def prose(notebook):
    """The text of a notebook that is no code."""
    return "\n\n".join(holder[key] for holder, key in pieces(notebook))


def pages():
    """The notebooks, the other pages, and the decks."""
    return sorted([*BOOK.glob("*.ipynb"), *BOOK.glob("*.md"), *BOOK.glob("slides/*.md")])


def text_of(path):
    """What a reader reads of a page."""
    return prose(read(path)) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")


def deck(path):
    """Where the slides of the notebook at `path` are, whose markers its kernel checks too."""
    return path.parent / "slides" / path.with_suffix(".md").name


def is_chapter(path):
    """Whether a page is a chapter: a notebook with a deck."""
    return path.suffix == ".ipynb" and deck(path).exists()


def slides_of(path):
    """The text of its deck, if there is one."""
    return deck(path).read_text(encoding="utf-8") if deck(path).exists() else ""


def checked(notebook, slides):
    """The markers of the prose, and of its slides, in order."""
    return list(markers(prose(notebook) + "\n\n" + slides))


def equations():
    """The labels of all equations of the book."""
    return [label for path in pages() for label in re.findall(r"\$\$ \(([^)]+)\)", text_of(path))]


def counts():
    """How much the tests hold."""
    stored = [(read(path), slides_of(path)) for path in sorted(BOOK.glob("*.ipynb"))]
    said = Counter(marker.kind for pair in stored for marker in checked(*pair))
    formulas = proofs(BOOK.parent / "tests")
    displays = sum(map(is_display, formulas))
    return {
        "equations": displays,
        "formulas": len(formulas) - displays,
        "numbers": said["number"],
        "claims": said["claim"],
        "cells": sum(cell.cell_type == "code" for book, _ in stored for cell in book.cells),
    }


def counted(text):
    """The text of the README with these counts, `24<!-- equations -->` and so on, as they are."""
    now = counts()
    return re.sub(r"[\d,]+<!-- (\w+) -->", lambda m: f"{now[m[1]]:,}<!-- {m[1]} -->", text)


def claims():
    """Every claim of the book, its words above its expression, to be read side by side."""
    entries = []
    for path in sorted(BOOK.glob("*.ipynb")):
        held = [m for m in checked(read(path), slides_of(path)) if m.kind == "claim"]
        entries.append(f"# {path.stem}")
        entries += [f"{' '.join(m.said.split())}\n    {m.expression}" for m in held]
    return "\n\n".join(entries) + "\n"


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
        extra_arguments=["--log-level=ERROR"],  # a warning would stand in the midst of our lines
        resources={"metadata": {"path": str(BOOK)}},
    )

    def run(code):
        """What other code prints in the same kernel."""
        notebook.cells.append(nbformat.v4.new_code_cell(code))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1, store_history=False)
        return "".join(output.text for output in notebook.cells.pop().outputs)

    with client.setup_kernel():
        for index, cell in enumerate(list(notebook.cells)):
            client.execute_cell(cell, index)
            if cell.id == PICTURED:
                run(SAVE_PICTURE)
        numbers = [m.code for m in checked(notebook, slides) if m.kind == "number"]
        values = iter(run("\n".join(f"print({code})" for code in numbers)).splitlines())

    def renew(marker):
        literal = marker[1]  # of a number; a claim has none, and stands as it is
        return next(values) + marker[0].removeprefix(literal) if literal else marker[0]

    for holder, key in pieces(notebook):
        holder[key] = MARKER.sub(renew, holder[key])
    return MARKER.sub(renew, slides)


def shown_by(cell):
    """What the outputs of a cell show: texts and pictures."""
    return [
        output.get("text") or output.get("data") or output.get("traceback")
        for output in cell.get("outputs", [])
    ]


def changes(before, after):
    """What another run changed: the cells, by id, whose text or picture is another."""
    known = {cell.id: shown_by(cell) for cell in before.cells}
    return [cell.id for cell in after.cells if shown_by(cell) != known.get(cell.id, [])]


def main():
    """Run every notebook, and say what that changed, so that nobody blesses a figure unseen."""
    os.environ |= CPU
    paths = sorted(BOOK.glob("*.ipynb"))
    for count, path in enumerate(paths, 1):
        print(f"{count} of {len(paths)}: {path.name} …", end=" ", flush=True)
        stored, notebook = read(path), read(path)
        slides = execute(notebook, slides_of(path))
        path.write_text(dumps(notebook), encoding="utf-8")
        if slides:
            deck(path).write_text(slides, encoding="utf-8")
        changed = changes(stored, notebook)
        print(f"{len(changed)} cells show something new" + ": " * bool(changed), *changed)
    known, now = CLAIMS.read_text("utf-8").split("\n\n"), claims()
    CLAIMS.write_text(now, "utf-8")
    for claim in now.split("\n\n"):
        if claim not in known:
            print(f"Does the expression say what the words say?\n{claim}")
    README.write_text(counted(README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
