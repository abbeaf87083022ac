"""Exercises: a starter is «Not yet», its solution is «Right», and nothing else passes for right."""

import ast
import re
from math import inf, nan

import notebooks
import numpy as np
import pytest

CELLS = {
    (path.stem, cell.id): cell
    for path in sorted(notebooks.BOOK.glob("*.ipynb"))
    for cell in notebooks.read(path).cells
    if cell.cell_type == "code"
}
SOLUTIONS = [key for key in CELLS if key[1].startswith("solution-")]


def imports_of(chapter):
    """What the cells of a chapter import, as code; to run them all would take minutes."""
    sources = [cell.source for key, cell in CELLS.items() if key[0] == chapter]
    python = re.sub(r"^%.*", "", "\n".join(sources), flags=re.MULTILINE)
    kinds = ast.Import, ast.ImportFrom
    return "\n".join(
        ast.unparse(node) for node in ast.parse(python).body if isinstance(node, kinds)
    )


def attempts():
    """By (chapter, name of a check): the check, and what the cells that end in it hand to it."""
    names, found = {}, {}
    for (chapter, kind), cell in CELLS.items():
        if chapter not in names:
            exec(imports_of(chapter), names.setdefault(chapter, {}))
        if kind.startswith(("check-", "exercise-", "solution-")):
            exec(cell.source, names[chapter])
        if call := re.search(r"^(check_\w+)\((\w+)\)\Z", cell.source, re.MULTILINE):
            check, attempt = (names[chapter][name] for name in call.groups())
            found.setdefault((chapter, call[1]), (check, []))[1].append(attempt)
    return found


ATTEMPTS = attempts()


def returns(value):
    return lambda *args, **kwargs: value


def spoilt(spoil):
    """Of a right function, one whose answers are spoilt."""
    return lambda right: lambda *args, **kwargs: spoil(right(*args, **kwargs))


def fails(*args, **kwargs):
    raise KeyError("no")


def empties(right):
    """Makes the question so easy that zeros answer it."""

    def to_logistic(w, b):
        w[:], b[:] = 0.0, 0.0
        return right(w, b)

    return to_logistic


def layers(spoil):
    """A right backward pass whose every dL_dw and dL_db are spoilt."""
    return spoilt(lambda answer: [tuple(map(spoil, pair)) for pair in answer])


def part(l, i, value):
    """A right backward pass, but for one array."""

    def spoil(answer):
        answer = [list(pair) for pair in answer]
        answer[l][i] = value(answer[l][i]) if callable(value) else value
        return answer

    return spoilt(spoil)


def raises(error, *, instead_of):
    """A right test that raises where it should return this verdict."""

    def change(right):
        def accepts(version):
            if right(version) is instead_of:
                raise error
            return right(version)

        return accepts

    return change


# What anyone may hand in or return; then, by check, what a right function can be turned into.
VALUES = [None, nan, inf, -inf, 0, 0.0, 1.0, -1.0, 1e300, 1e-300, 1j, "text", "", True, False]
VALUES += [[], (), [()] * 2, [()] * 4, [None] * 2, [nan] * 2, {}, {1, 2}, range(4), len, object()]
VALUES += [np.zeros(shape) for shape in ((), 0, 2, (1, 3), (2, 2))]
VALUES += [np.full(2, nan), np.array(["a", "b"])]
ANYTHING = [None, [], 0.28, "text", fails, lambda: 1.0, lambda *args, **kwargs: 1 / 0]
ANYTHING += map(returns, VALUES)

TEST = [
    lambda right: lambda version: not right(version),
    spoilt(int),
    spoilt(str),
    spoilt(np.float64),
    spoilt(lambda verdict: [verdict]),
    spoilt(lambda verdict: verdict or None),
    spoilt(lambda verdict: np.array([verdict])),
    raises(KeyError("no"), instead_of=False),
    raises(AssertionError(), instead_of=True),
]
WRONG = {
    ("sgd", "check_limit"): [
        *(spoilt(lambda limit, k=k: k * limit) for k in (-1, 0, 0.5, 0.98, 1.02, 2, 1e300, nan)),
        spoilt(lambda limit: 1 / limit),
        spoilt(lambda limit: [limit]),
        spoilt(lambda limit: (limit, limit)),
        spoilt(lambda limit: np.full(3, limit)),
        spoilt(str),
        spoilt(complex),
    ],
    ("sgd", "check_test"): TEST,
    ("backprop", "check_backward"): [
        *(layers(lambda array, k=k: k * array) for k in (-1, 0, 0.5, 1.0001, 6, 1e300, nan, inf)),
        layers(np.transpose),
        layers(np.ravel),
        layers(lambda array: array[None]),
        layers(lambda array: array + 0j),
        layers(lambda array: array.astype(str)),
        layers(lambda array: None),
        *(part(l, i, k) for l in range(4) for i in (0, 1) for k in (nan, None, (), [[1], [2, 3]])),
        *(part(l, i, lambda array: 2 * array) for l in range(4) for i in (0, 1)),
        *(part(l, i, np.zeros_like) for l in range(4) for i in (0, 1)),
        *(part(l, 0, np.flipud) for l in range(4)),
        spoilt(lambda answer: answer[:-1]),
        spoilt(lambda answer: answer[1:]),
        spoilt(lambda answer: [*answer, answer[-1]]),
        spoilt(lambda answer: answer[::-1]),
        spoilt(lambda answer: [pair[::-1] for pair in answer]),
        spoilt(lambda answer: [pair[:1] for pair in answer]),
        spoilt(lambda answer: [(*pair, pair[1]) for pair in answer]),
        spoilt(lambda answer: np.concatenate([array.ravel() for pair in answer for array in pair])),
        spoilt(iter),
        spoilt(dict),
    ],
    ("backprop", "check_test"): TEST,
    ("end_to_end", "check_logistic"): [
        *(
            spoilt(lambda wb, k=k: (k * wb[0], k * wb[1]))
            for k in (-1, 0, 0.5, 1.01, 2, 1e300, nan)
        ),
        *(spoilt(lambda wb, k=k: (k * wb[0], wb[1])) for k in (-1, 0, 2, inf, nan)),
        *(spoilt(lambda wb, k=k: (wb[0], k * wb[1])) for k in (-1, 0, 2, inf, nan)),
        spoilt(lambda wb: wb[:1]),
        spoilt(lambda wb: (*wb, wb[1])),
        spoilt(lambda wb: wb[::-1]),
        spoilt(lambda wb: (wb[0][0], wb[1])),
        spoilt(lambda wb: (wb[0].T, wb[1])),
        spoilt(lambda wb: (wb[0], wb[1][0])),
        spoilt(lambda wb: (wb[0], None)),
        spoilt(lambda wb: (wb[0] + 0j, wb[1])),
        spoilt(lambda wb: np.append(*wb)),
        empties,
    ],
    ("end_to_end", "check_test"): TEST,
}
each_check = pytest.mark.parametrize("key", WRONG, ids=" ".join)
NOT_YET = re.compile(r"Not yet: .{10,}\.")  # and the reason


def test_every_check_is_tried_on_a_starter_a_solution_and_wrong_answers():
    defined = {
        (chapter, name)
        for (chapter, _), cell in CELLS.items()
        for name in re.findall(r"^def (check_\w+)", cell.source, re.MULTILINE)
    }
    assert defined == ATTEMPTS.keys() == WRONG.keys()
    assert all(len(tried) == 2 for _, tried in ATTEMPTS.values())


@each_check
def test_starter_is_not_yet_and_solution_is_right(key):
    check, (starter, solution) = ATTEMPTS[key]
    assert NOT_YET.fullmatch(check(starter))
    assert re.fullmatch(r"Right: .{10,}\.", check(solution))


@each_check
def test_wrong_answer_is_not_yet(key):
    check, (_, solution) = ATTEMPTS[key]
    wrong = ANYTHING + [spoil(solution) for spoil in WRONG[key]]
    answers = [check(attempt) for attempt in wrong]
    assert not [pair for pair in enumerate(answers) if not NOT_YET.fullmatch(pair[1])]


@each_check
def test_reason_blames_the_code_of_the_learner_only_when_it_raises(key):
    check, _ = ATTEMPTS[key]
    assert "your code raises" not in "".join(map(check, map(returns, VALUES)))
    assert re.search(r"(your code|your test) raises KeyError: 'no'", check(fails))
    assert check(None) == "Not yet: expected a function, got NoneType None."


@pytest.mark.parametrize(
    ("factor", "reason"),
    [
        (1e-300, "too small"),
        (0.98, "too small"),
        (1.02, "too large"),
        (5, "too large"),
        (1e300, "too large"),
    ],
)
def test_limit_is_said_to_be_too_small_or_too_large(factor, reason):
    check, (_, solution) = ATTEMPTS["sgd", "check_limit"]
    assert reason in check(spoilt(lambda limit: factor * limit)(solution))


@pytest.mark.parametrize(("l", "i", "name"), [(3, 0, "dL_dw"), (2, 1, "dL_db"), (0, 0, "dL_dw")])
def test_wrong_part_of_a_backward_pass_is_named(l, i, name):
    check, (_, solution) = ATTEMPTS["backprop", "check_backward"]
    tripled = part(l, i, lambda array: 3 * array)
    assert check(tripled(solution)) == f"Not yet: {name} of layer {l} is 3 times what it should be."


@pytest.mark.parametrize("key", [key for key in ATTEMPTS if key[1] == "check_test"], ids=" ".join)
def test_a_test_may_reject_by_an_assert_and_answer_as_numpy_does(key):
    check, (_, solution) = ATTEMPTS[key]
    for change in (raises(AssertionError(), instead_of=False), spoilt(np.bool_)):
        assert check(change(solution)) == check(solution)


@pytest.mark.parametrize("key", SOLUTIONS, ids=" ".join)
def test_solution_is_folded_and_checked_by_an_assertion(key):
    cell = CELLS[key]
    assert "hide-cell" in cell.metadata["tags"]
    assert cell.metadata["jupyter"]["source_hidden"]
    *_, last = cell.source.strip().splitlines()
    checked = f'assert {last}.startswith("Right")' if last.startswith("check_") else "assert "
    assert checked in cell.source


@pytest.mark.parametrize("key", [key for key in CELLS if key[1].startswith("check-")], ids=" ".join)
def test_check_is_folded_and_its_starter_is_not(key):
    assert "hide-input" in CELLS[key].metadata["tags"]
    assert CELLS[key].metadata["jupyter"]["source_hidden"]


@pytest.mark.parametrize(
    "key", [key for key in CELLS if key[1].startswith("exercise-")], ids=" ".join
)
def test_starter_stands_open(key):
    assert not CELLS[key].metadata
