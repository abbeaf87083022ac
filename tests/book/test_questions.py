"""The questions for those who teach: their points add up, and each says where its answer stands."""

import re

import notebooks
import pytest

CELLS = {cell.id: cell.source for cell in notebooks.read(notebooks.BOOK / "questions.ipynb").cells}
EXAM = {name: text for name, text in CELLS.items() if re.fullmatch(r"exam-\d+", name)}
ROOM = {name: text for name, text in CELLS.items() if re.fullmatch(r"room-\d+", name)}
each_question = pytest.mark.parametrize("text", EXAM.values(), ids=EXAM)
each_ask = pytest.mark.parametrize("text", ROOM.values(), ids=ROOM)


def points(text):
    """What each part of a question is worth, or of its answer, by its letter."""
    _, *parts = re.split(r"^(?:- )?(\([a-e]\)) ", text, flags=re.MULTILINE)
    worth = [sum(map(int, re.findall(r"\*\((\d)\)\*", part))) for part in parts[1::2]]
    return dict(zip(parts[::2], worth, strict=True))


def places(text):
    """The chapters that a text links, each with what is said of it."""
    _, *parts = re.split(r"\]\((\w+\.ipynb)\)", text)
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_there_are_ten_questions_for_an_exam_and_a_dozen_for_a_room():
    for cells, count in ((EXAM, 10), (ROOM, 12)):
        numbers = [int(re.match(r"### (\d+)\. ", text)[1]) for text in cells.values()]
        assert numbers == list(range(1, count + 1))


def test_the_exam_has_the_points_and_the_time_that_it_names():
    assert "Sixty points in two hours: a point is worth two minutes." in CELLS["exam"]
    assert sum(sum(points(text.split("<details>")[0]).values()) for text in EXAM.values()) == 60


@each_question
def test_every_part_of_an_answer_gets_the_points_of_its_question(text):
    question, answer = text.split("<details>")
    assert points(question) == points(answer)
    assert f"<summary>Answer, {sum(points(answer).values())} points</summary>" in answer


@pytest.mark.parametrize("text", [*EXAM.values(), *ROOM.values()], ids=[*EXAM, *ROOM])
def test_where_an_answer_stands_is_in_the_chapter_named(text):
    _, where = text.split("**Where it stands:** ")
    assert places(where)
    for chapter, said in places(where):
        prose = notebooks.prose(notebooks.read(notebooks.BOOK / chapter))
        labels = set(re.findall(r"^\$\$ \(([\w-]+)\)|^\(([\w-]+)\)=", prose, re.MULTILINE))
        labels = {label for pair in labels for label in pair}
        labels |= {cell.id for cell in notebooks.read(notebooks.BOOK / chapter).cells}
        assert set(re.findall(r"\]\(#([\w-]+)\)", said)) <= labels
        plain = re.sub(r"[$*\\]|<!--.*?-->", "", prose).replace("eta", "η")
        for name in re.findall(r"\*([^*]+)\*", said):
            assert name in plain, f"{chapter} has no «{name}»"


@each_ask
def test_every_question_for_a_room_has_its_wrong_answers_and_the_right_one(text):
    wrong = re.findall(r"^- \*\*“[^”]+”\*\* \S.{20,}", text, re.MULTILINE)
    assert len(wrong) >= 2
    assert re.search(r"^:::\{question\} .+\?\n:name: ask-\S+\n\n\S", text, re.MULTILINE)
