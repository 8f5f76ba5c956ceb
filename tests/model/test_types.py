"""Leaf types of manifests and settings."""

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from sync.model.types import QuotedFlag, calendar_day, clock_time

FLAG: TypeAdapter[bool] = TypeAdapter(QuotedFlag)


@given(at=st.times().map(lambda found: found.replace(second=0, microsecond=0)))
def test_a_time_of_the_day_is_read_as_it_is_written(at: time) -> None:
    """As a text, or as the number in base 60 that YAML 1.1 makes of it."""
    assert clock_time(f"{at:%H:%M}") == clock_time(at.hour * 60 + at.minute) == clock_time(at) == at


def test_an_hour_may_have_one_digit() -> None:
    """And spaces around it."""
    assert clock_time(" 7:05 ") == time(7, 5)


@pytest.mark.parametrize("value", ["24:00", "12:60", "12", "12:5", "noon", "", -1, 24 * 60, True, None, 7.5, [7, 5]])
def test_what_is_no_time_of_the_day_is_an_error(value: Any) -> None:
    """Midnight is 00:00; a window must not be guessed."""
    with pytest.raises(PydanticCustomError, match="no time of the day"):
        clock_time(value)


@given(day=st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    """As a text, or as the date that YAML makes of it."""
    assert calendar_day(f" {day.isoformat()} ") == calendar_day(day) == day


@pytest.mark.parametrize("value", ["2026-02-30", "31.12.2026", "tomorrow", "", None, 20.5])
def test_what_is_no_day_is_an_error(value: Any) -> None:
    """A rule must not last by mistake."""
    with pytest.raises(PydanticCustomError, match="no day"):
        calendar_day(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), ("true", True), ("True", True), ("false", False), ("False", False)],
)
def test_a_flag_may_stand_in_quotes(value: Any, expected: bool) -> None:
    """As in AKO's own chart."""
    assert FLAG.validate_python(value) is expected


@pytest.mark.parametrize("value", ["yes", "TRUE", "", 1, 0, None])
def test_nothing_else_is_a_flag(value: Any) -> None:
    """A switch that deletes must not be guessed."""
    with pytest.raises(ValidationError):
        FLAG.validate_python(value)
