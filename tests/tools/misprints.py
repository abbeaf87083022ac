"""Prove the tests of the equations: misprint each in every small way, and count what is noticed.

`make misprints` runs the tests once, remembers what each equation was asserted of, then asserts its
misprints of the same. A misprint that nothing notices is printed and fails the command.
"""

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from equations import KNOWN, Equation, Reader, bound, statements, tokens_of

TESTS = Path(__file__).parents[1] / "book/test_equations.py"
OTHER = {"+": "-", "-": "+", "log": "exp", "exp": "log", "sin": "tanh", "tanh": "sin", "<": "="}
DROPPED = ("sqrt", "mean", "log", "exp", "tanh", "σ", "φ", "𝔼", "'")


class Tracer(Reader):
    """Reads, and notes from where to where the parts of a statement go."""

    def __init__(self, text, scope):
        super().__init__(text, scope)
        self.parts = defaultdict(dict)  # kind → {(start, end): what it is}, each once
        self.factors = []

    def product(self):
        start, outer, self.factors = self.at, self.factors, []
        value = super().product()
        self.parts["term"][start, self.at] = value
        if self.factors[1:]:
            self.parts["factor"] |= dict(self.factors)
        for ((a, b), left), ((c, d), right) in zip(self.factors, self.factors[1:]):
            if b == c and min(matrix_size(left), matrix_size(right)) > 1:  # so their order matters
                self.parts["order"][a, d] = b
        self.factors = outer
        return value

    def power(self):
        start = self.at
        value = super().power()
        self.factors.append(((start, self.at), value))
        return value

    def atom(self):
        start = self.at
        value = super().atom()
        if self.tokens[start] == "frac":
            self.parts["fraction"][start, self.at] = value
        elif self.at == start + 1 and self.tokens[start].isdigit():
            self.parts["number"][start, self.at] = value
        return value

    def symbol(self):
        start = self.at
        value = super().symbol()
        if value is not None:
            self.parts["symbol"][start, self.at] = value
        return value


def matrix_size(value):
    """How many numbers a matrix holds; anything else is none."""
    return np.size(value) if np.ndim(value) == 2 else 0


def closing(tokens, start):
    """Where the group that opens there ends."""
    depth = 0
    for end in range(start, len(tokens)):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        if not depth:
            return end + 1
    raise ValueError("a group has no end")


def misprints(text, symbols):
    """(kind, tokens) of each misprint of a statement; one symbol for another if they differ."""
    tracer = Tracer(text, bound(KNOWN) | symbols)
    tracer.statement()
    t, parts = tracer.tokens[:-1], tracer.parts

    def put(i, j, *new):
        return [*t[:i], *new, *t[j:]]

    for i, token in enumerate(t):
        in_script = i > 0 and (t[i - 1] == "_" or t[i - 2 : i] == ["^", "("])
        if token in OTHER:
            yield ("sign" if token in "+-" else "function"), put(i, i + 1, OTHER[token])
        if token in DROPPED:
            yield "function", put(i, i + 1)
        if token == "⊤":
            yield "transpose", put(i - 1, i + 1)
        if token == "^" and t[i + 1].isdigit():
            yield "power", put(i, i + 2)
        if token == "Σ" and t[i + 1] == "_":
            end = closing(t, i + 2) if t[i + 2] == "{" else i + 3
            yield "sum", put(i, end + (2 if t[end : end + 1] == ["^"] else 0))
        if in_script and (token.isdigit() or (len(token) == 1 and token in "ltLkj")):
            yield from (("index", put(i, i + 1, token, sign, "1")) for sign in "+-")
        if in_script and token in "lt" and t[i + 1] in "+-":
            yield "index", put(i + 1, i + 3)
    for i, j in parts["number"]:
        yield "number", put(i, j, str(int(t[i]) + 1))
    for i, j in parts["factor"]:
        yield "factor", put(i, j)
    for i, j in parts["term"]:
        if t[i - 1 : i] in (["+"], ["-"]):
            yield "term", put(i - 1, j)
        elif t[j : j + 1] in (["+"], ["-"]):
            yield "term", put(i, j + (t[j] == "+"))
    for (i, j), middle in parts["order"].items():
        yield "order", put(i, j, *t[middle:j], *t[i:middle])
    for i, j in parts["fraction"]:
        middle = closing(t, i + 1)
        yield "fraction", put(i, j, "frac", *t[middle:j], *t[i + 1 : middle])
    for (i, j), value in parts["symbol"].items():
        if t[i] == "∂" and "/" in t[i:j]:
            middle = t.index("/", i)
            yield "fraction", put(i, j, *t[middle + 1 : j], "/", *t[i:middle])
        for name, other in symbols.items():
            plain = all(isinstance(token, str) for token in name)
            if plain and callable(other) == callable(value) and not same(other, value):
                yield "symbol", put(i, j, *name)


def same(one, other):
    """Whether two symbols are bound to the same, so that one for the other is no fault."""
    return one is other or (not callable(one) and np.array_equal(one, other))


def latex(tokens):
    """Tokens as a text that reads as them: an index in its braces."""
    return re.sub(r"([\^_]) (\( [^()]* \))", r"\1 { \2 }", " ".join(tokens))


def texts_of(text, symbols):
    """(kind, text) of each misprint of a formula, one statement at a time, each once."""
    parts, seen = [latex(tokens_of(part)) for part in statements(text)], set()
    for number, part in enumerate(parts):
        for kind, tokens in misprints(part, symbols):
            wrong = latex(tokens)
            if tokens_of(wrong) != tokens_of(part) and (number, wrong) not in seen:
                seen.add((number, wrong))
                yield kind, "\\qquad".join([*parts[:number], wrong, *parts[number + 1 :]])
    for script in re.finditer(r"[\^_]\{([^{}]+)\}", text):
        if len(tokens_of(script[1])) > 1:
            yield "braces", text[: script.start(1) - 1] + script[1] + text[script.end() :]


def asserted():
    """What the tests assert of each equation: {name: [(equation, symbols, options), …]}."""
    calls, holds = defaultdict(list), Equation.holds

    def spy(self, symbols, **options):
        calls[self.name, self.text].append((symbols, options))
        holds(self, symbols, **options)

    Equation.holds = spy
    try:
        if pytest.main(["--quiet", "--no-header", "-p", "no:cacheprovider", str(TESTS)]):
            sys.exit("The tests of the equations must pass first.")
    finally:
        Equation.holds = holds
    return calls


def noticed(name, text, calls):
    """Whether the tests would notice that a formula reads so."""
    for symbols, options in calls:
        try:
            Equation(name, text).holds(symbols, **options)
        except AssertionError:
            return True
    return False


def main():
    """Print the share that is noticed, and what is not."""
    count, missed = Counter(), []
    with np.errstate(all="ignore"):
        for (name, text), calls in asserted().items():
            for kind, wrong in texts_of(text, bound(calls[0][0])):
                count[kind] += 1
                if not noticed(name, wrong, calls):
                    missed.append(f"{name}: {kind}: {wrong}")
    print(*missed, sep="\n")
    total = sum(count.values())
    print(", ".join(f"{kind} {number}" for kind, number in count.most_common()))
    print(f"{total - len(missed)} of {total} misprints noticed, {1 - len(missed) / total:.1%}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
