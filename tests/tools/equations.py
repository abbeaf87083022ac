"""Formulas of the book, computed as they are read.

A test binds symbols, written as the page on notation writes them, to what the package computes.
An index letter in a script is a hole: with "w⁽ˡ⁾" bound to a list, `w^{(l-1)}` is its item l − 1,
and a function bound to "∂o⁽ˡ⁾/∂a⁽ᵐ⁾" gets both indices. Σ, ∏ and 𝔼 are bound, with what stands
below them, to the things that they run over. Side by side means the matrix product, of numbers
the product. LaTeX and the Unicode of docstrings are read alike.
"""

import re
from functools import reduce
from itertools import pairwise
from unicodedata import normalize

import notebooks
import numpy as np

from previously import relative_error

LATEX = r"""\theta \eta \lambda \varepsilon \varphi \sigma \tau \beta \delta \nabla \partial \ell
    \sum \prod \cdot \in \leftarrow \approx \leq \top \| \mid \mathcal{L} \mathbb{E} − ′"""
UNICODE = dict(zip(LATEX.split(), "θηλεφστβδ∇∂ℓΣ∏⋅∈←≈≤⊤‖|ℒ𝔼-'"))
# Colours, braces below, alignment, spaces and the sizes of brackets are only looks.
LOOKS = re.compile(
    r"\\textcolor\{#\w+\}|\\underbrace|_\{\\text\{[^}]*\}\}|\\(?:begin|end)\{aligned\}|&|\\[,!;]"
    r"|\\(?:[bB]igg?[lr]?|left|right|quad)(?![a-zA-Z])"
)
TOKEN = re.compile(
    r"\\(?:text|operatorname|mathrm)\{([\w-]+)\}|\\math\w+\{\w+\}|\\[a-zA-Z]+|\\."
    r"|\d+(?:\.\d+)?|[a-z]{3,}(?:-[a-z]+)?|\S"
)
SCRIPTS = {"^": "[⁽⁾⁺⁻⁰¹²³⁴-⁹ˡᵗᵐᴸ]+", "_": "[₀-₉ⱼₖᵢ]+"}  # of Unicode
FUNCTIONS = {name: getattr(np, name) for name in ("log", "exp", "sin", "tanh", "mean")}
KNOWN = FUNCTIONS | {"e": np.e}
RELATIONS = ("=", "←", "≈", "<", "≤")
ENDS = (*RELATIONS, "+", "-", ")", "}", "]", "⌉", ",", "")  # of a product
CLOSING = {"(": ")", "{": "}", "⌈": "⌉", "‖": "‖", "|": "|"}


def tokens_of(text):
    """The tokens of a formula, the same however it is set."""
    for script, run in SCRIPTS.items():
        text = re.sub(run, lambda run, s=script: f"{s}{{{normalize('NFKC', run[0])}}}", text)
    text = LOOKS.sub(" ", text.replace("ᵀ", r"^\top "))
    tokens = (match[1] or match[0] for match in TOKEN.finditer(text))
    text = " ".join(UNICODE.get(token, token.removeprefix("\\")) for token in tokens)
    # Without braces only the parenthesis would be typeset as a script: let nothing read that.
    text = re.sub(r"([\^_]) \(", r"\1(", text)
    text = re.sub(r"([\^_]) \{ (\S|[a-z]+|\( [^{}()]* \)) \}", r"\1 \2", text)
    text = re.sub(r"_ \{ (\w) (\w) \}", r"_ \1 _ \2", text)  # of a matrix
    text = re.sub(r"∂ \{ ([^{}]*) \}", r"∂ \1", text)
    return re.sub(r"frac \{ (∂ [^{}]*) \} \{ (∂ [^{}]*) \}", r"\1 / \2", text).split()


def statements(text):
    """The statements of a display: its lines, and what a wide space sets apart."""
    return [part.strip(" \n.,") for part in re.split(r"\\\\|\\qquad", text)]


def pattern(symbol):
    """The tokens of a symbol; in the place of an index stands the number it counts from."""
    tokens = tokens_of(symbol)
    for before, last, token in zip(["", "", *tokens], ["", *tokens], tokens):
        superscript, subscript = (before, last) == ("^", "("), last == "_" and before != "Σ"
        index = len(token) == 1 and token in "ijklmt" and (superscript or subscript)
        yield int(subscript) if index else token


def bound(symbols):
    """The values of symbols, by their patterns."""
    return {tuple(pattern(symbol)): value for symbol, value in symbols.items()}


def product(left, right):
    """Of matrices, a row times a Jacobian of three axes included; of numbers and anything."""
    if np.ndim(left) < 2 or np.ndim(right) < 2:
        return left * right
    result = np.tensordot(left, right, 1)
    return result[0] if result.ndim == 3 else result


def item(family, index):
    """The item of a list, an array or a dictionary; no index counts from the end."""
    if not isinstance(family, dict) and index < 0:
        raise IndexError(f"an index is {index}")
    return family[index]


def within(opening, value):
    """What brackets make of the value in them: a length, a size or how many, a ceiling."""
    size = abs if hasattr(value, "__abs__") else len
    return {"‖": np.linalg.norm, "|": size, "⌈": np.ceil}.get(opening, lambda value: value)(value)


class Reader:
    """Reads a statement from left to right: relations, sums, products, powers, atoms."""

    def __init__(self, text, scope):
        self.tokens, self.at, self.scope, self.bar = [*tokens_of(text), ""], 0, scope, None

    @property
    def next(self):
        return self.tokens[self.at]

    @property
    def rest(self):
        return " ".join(self.tokens[self.at : -1])

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def eat(self, *tokens):
        return self.take() if self.next in tokens else None

    def expect(self, token):
        if self.eat(token) is None:
            raise SyntaxError(f"cannot read on at «{self.rest}»")

    def statement(self):
        """[(relation, side), …], the first side without a relation."""
        sides = [(None, self.sum())]
        while relation := self.eat(*RELATIONS):
            sides.append((relation, self.sum()))
        self.expect("")
        return sides

    def sum(self):
        value = -self.product() if self.eat("-") else self.product()
        while sign := self.eat("+", "-"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self):
        value = self.power()
        while self.next not in (*ENDS, self.bar):
            if self.eat("/"):
                value = value / self.power()
            else:
                self.eat("⋅")
                value = product(value, self.power())
        return value

    def power(self):
        value = self.atom()
        while script := self.eat("^", "_"):
            if script == "_":
                value = self.entry(value)
            elif self.eat("⊤"):
                value = np.transpose(value)
            elif self.next == "(":
                raise NameError("a superscript in parentheses is an index, but its symbol has none")
            else:
                value = value ** self.atom()
        return value

    def entry(self, value):
        """Of a row or a column, by one index, or of a matrix, by two; the book counts from 1."""
        index = self.atom() - 1
        if self.eat("_"):
            return item(item(value, index), self.atom() - 1)
        return item(np.ravel(value), index)

    def atom(self):
        if self.next in ("Σ", "∏", "𝔼"):
            return self.repeated(self.take())
        if (value := self.symbol()) is not None:
            return value(*self.arguments()) if callable(value) else value
        if self.next[:1].isdigit():
            return float(token) if "." in (token := self.take()) else int(token)
        if self.eat("frac"):
            return self.atom() / self.atom()
        if self.eat("sqrt"):
            return self.root()
        if self.next not in CLOSING:
            raise NameError(f"no symbol is bound at «{self.rest}»")
        opening = self.take()
        closing = CLOSING[opening]
        self.bar, outer = closing if opening == closing else None, self.bar
        value = self.sum()
        self.expect(closing)
        self.bar = outer
        return within(opening, value)

    def root(self):
        """Of the degree in brackets, or the square root."""
        degree = 2
        if self.eat("["):
            degree = self.atom()
            self.expect("]")
        return self.atom() ** (1 / degree)

    def arguments(self):
        """What stands in the parentheses or, without any, the next factor."""
        if not self.eat("("):
            return [self.power()]
        arguments = [self.sum()]
        while self.eat(","):
            arguments.append(self.sum())
        self.expect(")")
        return arguments

    def symbol(self):
        """The value of the longest bound symbol that stands here, or None."""
        start = self.at
        for name in sorted(self.scope, key=len, reverse=True):
            value, indices = self.scope[name], []
            for token in name:
                if isinstance(token, int):
                    indices.append(self.atom() - 1 if token else self.sum())
                elif self.eat(token) is None:
                    break
            else:
                if indices and callable(value):
                    return value(*indices)
                return reduce(item, indices, value)
            self.at = start
        return None

    def repeated(self, sign):
        """Σ, ∏ and 𝔼 read the product behind them once for each thing that they run over."""
        things = self.scope["𝔼",] if sign == "𝔼" else self.domain()
        outer, start, values = self.scope, self.at, []
        for thing in things:
            self.scope, self.at = outer | bound(thing), start
            values.append(self.product())
        self.scope = outer
        total = reduce(product if sign == "∏" else np.add, values)
        return total / len(values) if sign == "𝔼" else total

    def domain(self):
        """What stands below Σ: from a number to a number, the pairs of a data set, or a name."""
        if not self.eat("_"):
            return self.scope["Σ",]
        below, end = self.at, {"{": "}", "(": ")"}.get(self.next, self.next)
        inside = self.tokens[below : self.tokens.index(end, below) + 1]
        head = next((i for i, token in enumerate(inside) if token in ("=", "∈")), len(inside))
        names = [token for token in inside[:head] if token not in "{(,)}"]
        self.at += head
        if self.eat("="):
            first = self.sum()
            self.expect("}")
            self.expect("^")
            return [{names[0]: k} for k in range(first, self.atom() + 1)]
        if self.eat("∈"):
            pairs = self.symbol()
            self.expect("}")
            columns = ((x[:, None], y[:, None]) for x, y in zip(pairs.x, pairs.y))
            return [dict(zip(names, pair)) for pair in columns]
        over = self.scope["Σ", "_", *inside]
        return [thing if isinstance(thing, dict) else {names[0]: thing} for thing in over]


class Equation:
    """A formula of the book, as its page writes it."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def gives(self, value, symbols, **options):
        """Assert that a formula without a relation has that value."""
        Equation(self.name, f"value ≈ {self.text}").holds({"value": value, **symbols}, **options)

    def holds(self, symbols, rtol=1e-9, iff=True):
        """Assert that each statement is true of the symbols or, if iff is false, that it is not."""
        scope = bound(KNOWN) | bound(symbols)
        for statement in statements(self.text):
            try:
                sides = Reader(statement, scope).statement()
                if len(sides) < 2:
                    raise SyntaxError("a statement needs two sides")
                pairs = [(left, *right) for (_, left), right in pairwise(sides)]
                faults = [fault_of(relation, left, right, rtol) for left, relation, right in pairs]
            except Exception as error:
                raise AssertionError(f"{self.name}: {error}\n    {statement}") from error
            wrong = next((i for i, fault in enumerate(faults) if fault), 0)
            left, _, right = pairs[wrong]
            assert any(faults) != iff, (
                f"{self.name}: {faults[wrong] or 'it holds, and should not'}\n    {statement}\n"
                f"  left side: {left}\n  right side: {right}"
            )


def fault_of(relation, left, right, rtol):
    """Why a relation is not true, in words; nothing where it is."""
    strictest = 0.05 if relation == "≈" else 1e-6
    if rtol > strictest:
        raise ValueError(f"{relation} is held to {strictest} at least, not to {rtol}")
    if relation in ("<", "≤"):
        return "" if left < right or (relation == "≤" and left == right) else f"not {relation}"
    left, right = (np.squeeze(side) if np.size(side) == 1 else side for side in (left, right))
    if np.shape(left) != np.shape(right):
        return f"the left side has shape {np.shape(left)}, the right side {np.shape(right)}"
    error = relative_error(left, right)
    return "" if error <= rtol else f"the sides differ, relative error {error:.1e}"


def of_the_book():
    """The formulas of the pages: displays by their labels, those in the text by themselves."""
    formula = re.compile(r"\$\$(.+?)\$\$(?: \(([^)]+)\))?|(\$[^$\n]+\$)", re.DOTALL)
    return {
        label or inline or display: Equation(
            f"{path.relative_to(notebooks.BOOK)}, {label or inline or 'no label'}",
            (display or inline).strip("$\n"),
        )
        for path in sorted(notebooks.pages(), key=notebooks.is_chapter)  # which has the last word
        for display, label, inline in formula.findall(notebooks.text_of(path))
    }


def of_a_docstring(formula):
    """A formula that stands, as it is, in a docstring of the package."""
    paths = notebooks.BOOK.parent.glob("src/*/*.py")
    found = [path.name for path in paths if formula in " ".join(path.read_text("utf-8").split())]
    if not found:
        raise LookupError(f"no page and no docstring has the equation {formula}")
    return Equation(f"{found[0]}, {formula}", formula)
