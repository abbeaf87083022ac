"""The invisible markers of the prose: how a number or a statement is checked.

    accuracy is 98.5<!-- = 100 * accuracy :.1f -->%
    it had seen less than a quarter of the data<!-- ? cost[1] < n / 4 -->

A number is compared with its expression, a claim must be true, both in the kernel of the notebook
when it has run. Markers stand in Markdown, captions, alternative texts and slides.
"""

import re
from typing import NamedTuple

NUMBER = re.compile(r"([-−]?\d[\d,.]*)<!-- = ((?:(?!--).)+?) :(\S+) -->")
CLAIM = re.compile(r"<!-- \? ((?:(?!--).)+?) -->")
MARKER = re.compile(rf"{NUMBER.pattern}|{CLAIM.pattern}")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
FORMULA = re.compile(r"\$[^$\n]+\$")
# Where a statement begins: after a sentence, a colon or a paragraph, in an item, question or cell.
BEGIN = re.compile(
    r"(?:[.!?:;][)*_]*\s+(?=[^\sa-z])|\n\s*\n|^\s*(?:[-*]|\d+\.|:::\{question\})\s|\|)\s*",
    re.MULTILINE,
)


class Marker(NamedTuple):
    """What is said, the code that tells whether it is so, and what that code must give."""

    kind: str
    said: str
    expression: str
    code: str
    expected: tuple


def markers(text):
    """The markers of a text, in order."""
    for found in MARKER.finditer(text):
        literal, expression, spec, claim = found.groups()
        if claim:
            said = statement(text[: found.start()])
            yield Marker("claim", said, claim, claim, ("True", "np.True_"))
        else:
            code = f"format({expression}, {spec!r}).replace('-', '−')"
            yield Marker("number", literal, expression, code, (repr(literal),))


def statement(before):
    """The words of a claim: what stands before its marker, from where its sentence begins."""
    before = COMMENT.sub("", before)
    return before[beginning(before) :].strip()


def beginning(before):
    """Where the last statement of a text begins: not in a formula, nor in parentheses."""
    plain = FORMULA.sub(lambda formula: "x" * len(formula[0]), before.rstrip())
    ends = [match.end() for match in BEGIN.finditer(plain)]
    return max((end for end in ends if plain.count("(", end) >= plain.count(")", end)), default=0)


def without_markers(text):
    """The text as it is shown where no HTML is read, as in an alternative text."""
    return COMMENT.sub("", text)
