"""The reader of formulas: what it makes of them, and what it refuses."""

import re
import shutil
import subprocess
import sys

import notebooks
import numpy as np
import pytest
from equations import Equation, statements, tokens_of

from previously import Dataset

W = [np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[7.0, 8.0, 9.0]])]


def check(text, symbols, **options):
    Equation("page, label", text).holds(symbols, **options)


@pytest.mark.parametrize(
    ("latex", "unicode"),
    [
        (r"\theta^{(t+1)} \leftarrow \theta^{(t)} - \eta", "θ⁽ᵗ⁺¹⁾ ← θ⁽ᵗ⁾ − η"),
        (r"\frac{\partial \mathcal{L}}{\partial w^{(l-1)}}", "∂ℒ/∂w⁽ˡ⁻¹⁾"),
        (r"\Bigl(a^{(l)}\Bigr)^{\!\top} \, x", "(a⁽ˡ⁾)ᵀ x"),
        (r"\textcolor{#0064a8}{w_j}", "{wⱼ}"),
    ],
)
def test_latex_and_unicode_read_alike(latex, unicode):
    assert tokens_of(latex) == tokens_of(unicode)


def test_a_display_is_cut_at_its_lines_and_its_wide_spaces():
    assert statements("a = b , \\qquad c = d \\\\ e = f .") == ["a = b", "c = d", "e = f"]


@pytest.mark.parametrize(
    ("formula", "symbols"),
    [
        ("y = 2 x + 1", {"x": 3, "y": 7}),
        ("y = x - 2 - 1", {"x": 3, "y": 0}),
        ("y = -x^2", {"x": 3, "y": -9}),
        (r"y = \frac{x}{2} \cdot 4 / 3", {"x": 3, "y": 2}),
        (r"y = \sqrt{x} + \sqrt[3]{8}", {"x": 9, "y": 5}),
        (r"y = \|x\| / |z|", {"x": np.array([3.0, 4.0]), "z": [1, 1], "y": 2.5}),
        ("y = ⌈n / B⌉", {"n": 7, "B": 2, "y": 4}),
        ("w^{(1)} w^{(0)} = y", {"w⁽ˡ⁾": W, "y": W[1] @ W[0]}),
        (r"{w^{(l-1)}}^\top = y", {"w⁽ˡ⁾": W, "l": 1, "y": W[0].T}),
        ("x_2 = y", {"x": np.array([3.0, 4.0]), "y": 4.0}),
        ("f(x, 2) = f x + y", {"f": lambda x, k=1: k * x, "x": 3, "y": 3}),
        (r"\sum_{k=1}^{3} k x_k = y", {"xᵢ": [1, 2, 3], "y": 14}),
        (r"\prod_{k=1}^{3} x_k = y", {"xᵢ": [1, 2, 4], "y": 8}),
        (
            r"\sum_{(x, y) \in \text{dataset}} x y = s",
            {"dataset": Dataset(np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])), "s": 11.0},
        ),
        (r"\mathbb{E} x = y", {"𝔼": [{"x": 1}, {"x": 2}], "y": 1.5}),
        ("x < y = 2 \\leq z", {"x": 1, "y": 2, "z": 2}),
    ],
)
def test_what_is_true_holds_and_what_is_read_is_computed(formula, symbols):
    check(formula, symbols)
    with pytest.raises(AssertionError, match="it holds, and should not"):
        check(formula, symbols, iff=False)


@pytest.mark.parametrize(
    ("formula", "symbols", "complaint"),
    [
        ("y = q", {"y": 1}, "no symbol is bound at «q»"),
        ("y = w^{(2)}", {"y": 1, "w⁽ˡ⁾": W}, "index out of range"),
        ("y = w^{(-1)}", {"y": 1, "w⁽ˡ⁾": W}, "an index is -1"),
        ("y = x^{(2)}", {"y": 1, "x": 1}, "an index, but its symbol has none"),
        ("y = x^(2)", {"y": 1, "x": 1}, "no symbol is bound"),
        ("y = (x", {"y": 1, "x": 1}, "cannot read on"),
        ("y = x )", {"y": 1, "x": 1}, "cannot read on at «\\)"),
        ("y", {"y": 1}, "two sides"),
        ("y = w^{(0)} w^{(1)} x", {"y": 1, "x": 1, "w⁽ˡ⁾": W[::-1]}, "shape"),
        ("w^{(0)} w^{(1)} = y", {"y": 1, "w⁽ˡ⁾": W}, "shape"),
        ("w^{(0)} = y", {"y": W[0].T, "w⁽ˡ⁾": W}, r"left side has shape \(3, 2\).*\(2, 3\)"),
        ("x = y", {"x": 1.0, "y": 1.001}, "the sides differ, relative error 5.0e-04"),
        ("x = y", {"x": 1.0, "y": np.nan}, "the sides differ"),
        ("x < y", {"x": 2, "y": 2}, "not <"),
        ("x < y", {"x": np.nan, "y": 2}, "not <"),
    ],
)
def test_what_is_refused_and_how(formula, symbols, complaint):
    with pytest.raises(AssertionError, match=complaint) as refused:
        check(formula, symbols)
    assert str(refused.value).startswith("page, label: ")
    assert formula in str(refused.value)


def test_only_what_is_said_to_be_about_so_may_be_far_off():
    check("x ≈ y", {"x": 1.0, "y": 1.05}, rtol=0.03)
    with pytest.raises(AssertionError, match="held to 1e-06 at least"):
        check("x = y", {"x": 1.0, "y": 1.05}, rtol=0.03)
    with pytest.raises(AssertionError, match=r"held to 0\.05 at least"):
        check("x ≈ y", {"x": 1.0, "y": 9.0}, rtol=5)


def test_a_formula_without_a_relation_has_a_value():
    formula = Equation("page", "x / 2")
    formula.gives(1.5, {"x": 3})
    with pytest.raises(AssertionError, match="the sides differ"):
        formula.gives(1.6, {"x": 3})


HOLLOW = """
import pytest

eta = pytest.mark.equation("⌈n / B⌉")
true = {"n": 7, "B": 2}

@eta
def test_sound(equation):
    equation.gives(4, true)

@eta
def test_wrong(equation):
    equation.gives(3, true)

@eta
def test_emptied(equation):
    pass

@eta
def test_without_the_equation():
    pass

@eta
@pytest.mark.skip
def test_skipped(equation):
    equation.gives(4, true)

@eta
def test_that_skips(equation):
    pytest.skip("not today")

@eta
@pytest.mark.xfail
def test_expected_to_fail(equation):
    equation.gives(3, true)

@eta
def test_tolerant(equation):
    equation.gives(9, true, rtol=5)

@pytest.mark.equation("$no = such$")
def test_of_nothing(equation):
    equation.holds(true)
"""


def test_a_test_that_names_an_equation_must_read_it_and_pass(tmp_path):
    root = notebooks.BOOK.parent
    shutil.copy(root / "conftest.py", tmp_path)
    (tmp_path / "test_hollow.py").write_text(HOLLOW, "utf-8")
    command = [sys.executable, "-m", "pytest", f"--config-file={root / 'pyproject.toml'}", "-q"]
    options = ["--rootdir", root, "-p", "no:cacheprovider", tmp_path]
    run = subprocess.run([*command, *options], capture_output=True, text=True, encoding="utf-8")
    bad = set(re.findall(r"^(?:FAILED|ERROR) \S+::test_(\w+)", run.stdout, re.MULTILINE))
    assert bad == {*re.findall(r"def test_(\w+)", HOLLOW)} - {"sound"}, run.stdout
