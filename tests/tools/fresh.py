"""Run what students get where nothing of the book is: from the archive, in a new environment.

`make students` runs this file. It installs what the archive says, and nothing else, runs each
notebook from top to bottom, and compares the texts that it shows with those of the chapter. What
is named on the command line is installed instead: `numpy==2.0.2 matplotlib==3.10.0 …`.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import notebooks

ARCHIVE = notebooks.BOOK.parent / "_build/html/notebooks/previously-on.zip"
OURS = ("PYTHON", "JUPYTER", "IPYTHON", "VIRTUAL_ENV")  # variables that would lead elsewhere
RUNNER = "nbconvert"  # comes with JupyterLab; whoever names other packages has it all the same


def install(folder, pins):
    """A new environment; its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([programs / "python", "-m", "pip", "install", *quiet, *pins], check=True)
    return programs


def run(path, programs, home):
    """The notebook as it is when it has run, and what went wrong."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    environment |= {"HOME": str(home), **notebooks.CPU}
    out = home / path.parent.name
    command = [programs / "python", "-m", "jupyter", "nbconvert", path, "--output-dir", out]
    options = ["--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=600"]
    result = subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    return (None, result.stderr) if result.returncode else (notebooks.read(out / path.name), "")


def texts(outputs):
    """What a reader reads of the outputs of a cell: all but the pictures."""
    shown = {}
    for output in outputs:
        if output.output_type == "stream":
            shown[output.name] = shown.get(output.name, "") + output.text
        else:
            data = output.data.items()
            shown |= {kind: text for kind, text in data if not kind.startswith("image/")}
    return shown


def differences(ran, chapter, solved):
    """The cells that show another text than in the chapter."""
    known = {cell.id: texts(cell.outputs) for cell in chapter.cells if cell.cell_type == "code"}
    known["find-package"] = {}
    for cell in ran.cells:
        if cell.cell_type != "code" or (solved and cell.id.startswith("exercise-")):
            continue
        if (text := texts(cell.outputs)) != known[cell.id]:
            yield f"cell {cell.id}: {text}\nin the chapter: {known[cell.id]}"


def faults(path, programs, home):
    """What is wrong with a notebook of the archive, once it has run."""
    ran, error = run(path, programs, home)
    if error:
        return error
    if not notebooks.reproducible():
        return ""
    chapter = notebooks.read(notebooks.BOOK / path.name)
    return "\n".join(differences(ran, chapter, path.parent.name == "solutions"))


def main(pins):
    """Run all of them, two at a time."""
    failed = 0
    with TemporaryDirectory() as folder:
        shutil.unpack_archive(ARCHIVE, folder)
        root = Path(folder, ARCHIVE.stem)
        print(f"Installing {' '.join(pins) or 'requirements.txt'}", flush=True)
        programs = install(
            Path(folder, "environment"),
            [*pins, RUNNER] if pins else ["--requirement", root / "requirements.txt"],
        )
        paths, home = sorted(root.rglob("*.ipynb")), Path(folder, "home")
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(lambda path: faults(path, programs, home), paths)
            for path, fault in zip(paths, found):
                print(f"{path.relative_to(root)}: {fault or 'as in the book'}", flush=True)
                failed += bool(fault)
    print(f"{len(paths) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
