"""Where measurements are kept, and on what processor they were made; it needs nothing installed."""

import csv
import platform
from pathlib import Path

MEASURED = Path(__file__).parents[3] / "book/speed/measured"


def store(name, rows):
    """Write rows, dictionaries with the same keys, as a table; numbers with six digits."""
    rows = [{k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows]
    MEASURED.mkdir(parents=True, exist_ok=True)
    with (MEASURED / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def processor():
    """The name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
