"""The words that all reports share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.plan import Action
from sync.model.problem import Origin, Problem, Severity
from sync.report.text import plain, problem_lines
from sync.report.words import MAX_VALUE_LENGTH, SYMBOLS, one_line, shown, shown_pair


@given(text=st.text())
def test_a_line_is_one_line_and_hides_nothing(text: str) -> None:
    """Whatever a manifest or the Controller says; what can be printed stays as it is."""
    line = one_line(text)

    assert line.isprintable()
    assert line == text or not text.isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\nb", "a\\nb", id="line break"),
        pytest.param("\x1b[2Jgone", "\\x1b[2Jgone", id="escape sequence"),
        pytest.param("80\u202e 344", "80\\u202e 344", id="right to left"),
        pytest.param("größer → 9", "größer → 9", id="other alphabets"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, expected: str) -> None:
    """A value of a manifest cannot draw over the report, nor turn its words round."""
    assert one_line(text) == expected


def test_a_problem_cannot_paint_the_terminal() -> None:
    """Its texts hold what an author wrote."""
    problem = Problem(
        severity=Severity.ERROR,
        message='port "\x1b[31m\n"',
        fix="\x07",
        origin=Origin(file="a\nb.yaml"),
        resource="Gateway shop/\x1b",
        field=("\t",),
    )

    lines = list(problem_lines([problem], plain))

    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, "none", id="nothing"),
        pytest.param("x", "x", id="text"),
        pytest.param({"a": [1, True]}, '{"a": [1, true]}', id="JSON"),
        pytest.param("x" * 200, "x" * 99 + "…", id="too long"),
    ],
)
def test_a_value_is_shown_on_one_line(value: object, expected: str) -> None:
    """And not longer than a line."""
    assert shown(value) == expected


LONG = [f"10.0.0.{number}" for number in range(40)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(LONG, [*LONG[:-1], "10.9.9.9"], id="at the end"),
        pytest.param(LONG, [*LONG[:20], "10.9.9.9", *LONG[21:]], id="in the middle"),
        pytest.param(LONG, LONG[:-1], id="shorter"),
        pytest.param("x" * 300 + "a", "x" * 300 + "b", id="text"),
        pytest.param([1], [2], id="short"),
    ],
)
def test_two_values_are_shown_where_they_differ(before: object, after: object) -> None:
    """However long they are, a reader sees a difference, on one line each."""
    old, new = shown_pair(before, after)

    assert old != new
    assert max(len(old), len(new)) <= MAX_VALUE_LENGTH


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_a_symbol_of_its_own(action: Action) -> None:
    """Without colours, too, each can be told from the others."""
    assert list(SYMBOLS.values()).count(SYMBOLS[action]) == 1
