"""The chapter's whole job by one contestant, timed from outside: `-m bench.job NAME EPOCHS`."""

import re
import resource
import sys
from pathlib import Path

from previously import accuracy

from .peers import PEERS
from .work import CHAPTER


def peak_memory():
    """In megabytes; the kernel's own note on Linux, where getrusage counts the parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


name, epochs = sys.argv[1], int(sys.argv[2])
contestant = PEERS[name](CHAPTER, threads=1)
contestant.start(CHAPTER.theta)
contestant.run(seed=0, epochs=epochs)
o = CHAPTER.model.predict(contestant.theta(), CHAPTER.dataset.x)
print(f"accuracy {accuracy(o, CHAPTER.dataset.y):.4f}, peak {peak_memory():.1f} MB")
