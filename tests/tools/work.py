"""The student's own copies of the notebooks, in `work/`: made once and never written to again.

`make lab` runs this file. What a student has changed stays; a fresh copy is put beside it.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EDITIONS, WORK = ROOT / "_build/html/notebooks", ROOT / "work"


def place(edition, wanted):
    """Have a copy of an edition at `wanted`, or at the first place beside it that is free."""
    fresh, number = edition.read_bytes(), 1
    path = wanted
    while path.exists() and path.read_bytes() != fresh:
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fresh)
    return path


def hand_out(editions=EDITIONS, work=WORK):
    """Put a copy of each edition into the folder, and say where a fresh one is not in its place."""
    for edition in sorted(editions.rglob("*.ipynb")):
        wanted = work / edition.relative_to(editions)
        path = place(edition, wanted)
        if path != wanted:
            print(f"{wanted.relative_to(work)} has been changed and stays; fresh: {path.name}")


if __name__ == "__main__":
    sys.exit(hand_out())
