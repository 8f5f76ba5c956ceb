"""When a run may write."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.guard.windows import is_open, outside_windows
from sync.model.live import LiveState
from sync.model.plan import Action, Plan
from sync.model.settings import DAYS, Window
from tests.shared.perfect_controller import converged, plan_for
from tests.shared.plans import make_change, make_plan_of
from tests.shared.tree import app

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""A Sunday."""

UPDATE = make_plan_of(make_change(Action.UPDATE, fields=["services[0].port"]))
REPLACE = make_plan_of(make_change(Action.REPLACE))
DELETE = make_plan_of(make_change(Action.DELETE))
CREATE = make_plan_of(make_change(Action.CREATE))
MARKS = make_plan_of(make_change(Action.UPDATE, fields=["markers[PausedUntil]"]))


def window(start: str, end: str, *days: Any, zone: str = "UTC", needed_for: Any = "all") -> Window:
    """A window, every day unless days are given."""
    return Window(
        days=days or DAYS,
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        timezone=ZoneInfo(zone),
        needed_for=needed_for,
    )


def at(day: int, clock: str) -> datetime:
    """A time in March 2026, UTC: the 1st is a Sunday, the 2nd a Monday."""
    return datetime.combine(datetime(2026, 3, day, tzinfo=UTC), time.fromisoformat(clock), tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(at(2, "08:59:59"), False, id="just before"),
        pytest.param(at(2, "09:00"), True, id="at its beginning"),
        pytest.param(at(2, "16:59:59"), True, id="just before its end"),
        pytest.param(at(2, "17:00"), False, id="at its end"),
        pytest.param(at(1, "12:00"), False, id="on another day"),
    ],
)
def test_a_window_is_open_from_its_beginning_until_its_end(now: datetime, expected: bool) -> None:
    """Mondays from nine to five; the end is outside."""
    assert is_open(window("09:00", "17:00", "Mon"), now) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(at(2, "21:59"), False, id="before"),
        pytest.param(at(2, "23:00"), True, id="in the evening"),
        pytest.param(at(3, "03:59"), True, id="after midnight"),
        pytest.param(at(3, "04:00"), False, id="at its end"),
        pytest.param(at(2, "03:00"), False, id="the night before"),
        pytest.param(at(3, "23:00"), False, id="the evening after"),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(now: datetime, expected: bool) -> None:
    """Monday at ten in the evening until Tuesday at four."""
    assert is_open(window("22:00", "04:00", "Mon"), now) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(at(1, "23:30"), True, id="Monday in Berlin already"),
        pytest.param(at(2, "00:30"), False, id="half past one in Berlin"),
        pytest.param(at(1, "22:30"), False, id="Sunday in Berlin"),
    ],
)
def test_days_and_times_are_those_of_the_time_zone(now: datetime, expected: bool) -> None:
    """Berlin is an hour ahead in winter."""
    assert is_open(window("00:00", "01:00", "Mon", zone="Europe/Berlin"), now) is expected


def test_summer_time_moves_the_window_along() -> None:
    """Ten in the evening in Berlin is nine UTC in winter, and eight in summer."""
    berlin = window("22:00", "23:00", zone="Europe/Berlin")
    summer = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)

    assert (is_open(berlin, at(2, "21:30")), is_open(berlin, summer), is_open(berlin, at(2, "20:30"))) == (
        True,
        True,
        False,
    )


@given(minutes=st.integers(0, 7 * 24 * 60 - 1), start=st.times(), end=st.times())
def test_a_window_and_the_rest_of_the_day_are_never_open_together(minutes: int, start: time, end: time) -> None:
    """At any time of the week one of the two is open, unless they are the same."""
    now = NOON + timedelta(minutes=minutes)
    one, other = Window(start=start, end=end), Window(start=end, end=start)

    assert is_open(one, now) is (not is_open(other, now) or start == end)


CLOSED = window("00:00", "01:00", "Mon")
OPEN = window("11:00", "13:00")
OPEN_TO_OUTAGES = window("11:00", "13:00", needed_for="disruptive")


@pytest.mark.parametrize(
    ("plan", "windows", "is_refused"),
    [
        pytest.param(UPDATE, [], False, id="no windows: always"),
        pytest.param(UPDATE, [CLOSED], True, id="closed"),
        pytest.param(UPDATE, [CLOSED, OPEN], False, id="one of two is open"),
        pytest.param(UPDATE, [CLOSED, OPEN_TO_OUTAGES], False, id="one for what disrupts is open"),
        pytest.param(CREATE, [CLOSED], True, id="a create needs one, too"),
        pytest.param(DELETE, [CLOSED], True, id="a delete needs one, too"),
        pytest.param(MARKS, [CLOSED], False, id="marks alone need none"),
    ],
)
def test_outside_of_all_windows_nothing_is_written(plan: Plan, windows: list[Window], is_refused: bool) -> None:
    """Marks, such as those of a pause, change no traffic."""
    assert bool([*outside_windows(plan, LiveState(), windows, NOON)]) is is_refused


DISRUPTIVE = window("00:00", "01:00", "Mon", needed_for="disruptive")
MOVE = make_plan_of(make_change(Action.UPDATE, fields=["se_group_ref"], is_disruptive=True))


@pytest.mark.parametrize(
    ("plan", "is_refused"),
    [
        pytest.param(UPDATE, False, id="update"),
        pytest.param(CREATE, False, id="create"),
        pytest.param(REPLACE, True, id="replace"),
        pytest.param(DELETE, True, id="delete"),
        pytest.param(MOVE, True, id="another Service Engine group"),
    ],
)
def test_a_window_for_what_disrupts_is_needed_by_that_alone(plan: Plan, is_refused: bool) -> None:
    """Everything else passes at any time."""
    assert bool([*outside_windows(plan, LiveState(), [DISRUPTIVE], NOON)]) is is_refused


def test_a_replace_that_shows_in_marks_alone_needs_a_window() -> None:
    """An address that is requested is a mark; where the owner is protected in the same commit, every difference is."""
    controller = converged(*app("web", address="10.10.10.5"))
    gateway, *others = app("web", address="10.10.10.6")
    protected = {**gateway, "metadata": {**gateway["metadata"], "annotations": {"avi-sync/protect": "true"}}}

    plan = plan_for(controller.live, protected, *others)

    assert {field.path for change in plan.changes for field in change.fields} == {
        "markers[AskedAddress]",
        "markers[Protected]",
    }
    assert [*outside_windows(plan, LiveState(), [DISRUPTIVE], NOON)]


def test_the_refusal_tells_the_time_and_when_to_come_back() -> None:
    """Each window is named once, with its days and its zone."""
    windows = [window("22:00", "04:00", "Tue", "Thu", zone="Europe/Berlin"), window("05:00", "06:00"), CLOSED, CLOSED]

    (refused,) = outside_windows(UPDATE, LiveState(), windows, NOON)

    assert refused.message == "the plan writes, and no change window is open at Sun 2026-03-01 12:00 UTC"
    assert refused.fix == (
        "run again Tue, Thu 22:00 to 04:00 Europe/Berlin or 05:00 to 06:00 UTC or Mon 00:00 to 01:00 UTC"
    )


def test_what_needs_a_window_for_breaking_connections_says_so() -> None:
    """The rest of the plan would pass."""
    (refused,) = outside_windows(REPLACE, LiveState(), [DISRUPTIVE], NOON)

    assert refused.message.startswith("the plan breaks connections")
