"""The markers of numbers and claims: what is read of a text."""

import notebooks
import pytest
from markers import markers, without_markers
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def found(text):
    return [(marker.kind, marker.said, marker.expression) for marker in markers(text)]


def test_a_number_is_the_literal_that_its_marker_touches():
    text = "At the end −1,234.5<!-- = gain :,.1f --> and 3<!-- = len(runs) :d --> of 7."
    assert found(text) == [("number", "−1,234.5", "gain"), ("number", "3", "len(runs)")]


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("B = 1 falls first<!-- ? a < b -->, then", "B = 1 falls first"),
        ("It ends. Then it rises<!-- ? a < b -->.", "Then it rises"),
        ("It ends.\n\nthen it rises<!-- ? a < b -->.", "then it rises"),
        ("- one\n- the second falls<!-- ? a < b -->", "the second falls"),
        (":::{question} Did it fall<!-- ? a < b -->?", "Did it fall"),
        ("| run | it fell<!-- ? a < b --> |", "it fell"),
        ("Two<!-- ? a < b -->, and three<!-- ? a < b -->.", "Two, and three"),
        ("After 3.5 epochs it is there<!-- ? a < b -->", "After 3.5 epochs it is there"),
        ("**It ends.** Then it rises<!-- ? a < b -->", "Then it rises"),
        ("The angle (3; 7 at most) stays<!-- ? a < b -->", "The angle (3; 7 at most) stays"),
        ("All of $a \\; B$ stays<!-- ? a < b -->", "All of $a \\; B$ stays"),
    ],
)
def test_a_claim_is_the_words_before_its_marker_from_the_start_of_their_sentence(text, statement):
    assert found(text)[-1] == ("claim", statement, "a < b")


@pytest.mark.parametrize(
    "text", ["3<!-- = a -->", "3 <!-- = a :d -->", "so<!-- ?a -->", "<!-- a -->"]
)
def test_what_is_malformed_is_no_marker(text):
    assert found(text) == []


def test_a_text_is_shown_without_markers():
    shown = without_markers("It is 3<!-- = a :d --> or less<!-- ? a <= 3 -->.")
    assert shown == "It is 3 or less."


def notebook():
    figure = {
        "figure": {"caption": "So 2<!-- = 1 + one :d -->."},
        "image": {"alt": "1<!-- = one :d -->"},
    }
    return new_notebook(
        cells=[
            new_code_cell("one = 1\none", metadata={"mystnb": figure}),
            new_markdown_cell("It is 0<!-- = one :d -->, no more<!-- ? one < 2 -->."),
        ]
    )


def test_the_markers_of_a_notebook_stand_in_its_prose_captions_alternative_texts_and_slides():
    said = [marker.said for marker in notebooks.checked(notebook(), "3<!-- = one :d -->")]
    assert said == ["2", "1", "0", "It is 0, no more", "3"]


def test_a_run_renews_the_numbers_and_leaves_the_claims():
    ran = notebook()
    slides = notebooks.execute(ran, "so 7<!-- = 2 * one :d -->")
    code, text = ran.cells
    assert text.source == "It is 1<!-- = one :d -->, no more<!-- ? one < 2 -->."
    assert code.metadata.mystnb.image.alt == "1<!-- = one :d -->"
    assert slides == "so 2<!-- = 2 * one :d -->"


def test_a_run_says_which_cells_show_something_new():
    text = new_output("execute_result", {"text/plain": "1"}, execution_count=1)
    picture = new_output("display_data", {"image/svg+xml": "<svg/>"})
    before = new_notebook(
        cells=[new_code_cell(id="a", outputs=[text]), new_code_cell(id="b", outputs=[picture])]
    )
    after = new_notebook(cells=[*map(dict.copy, before.cells), new_code_cell(id="c")])
    after = notebooks.nbformat.from_dict(after)
    assert notebooks.changes(before, after) == []
    after.cells[1].outputs = [new_output("display_data", {"image/svg+xml": "<svg></svg>"})]
    after.cells[2].outputs = [new_output("stream", name="stdout", text="new")]
    assert notebooks.changes(before, after) == ["b", "c"]
