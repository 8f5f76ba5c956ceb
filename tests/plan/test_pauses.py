"""Who is paused, and until when."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sync.model.live import LiveObject
from sync.plan.owners import Pair
from sync.plan.pauses import pause_of, why_paused
from tests.plans import make_live, make_owner

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RESUME = "wait, or run avi-sync resume Gateway/shop/web"


def paused(*values: str, **arguments: Any) -> LiveObject:
    """A live object with this mark."""
    return make_live(**arguments, markers=[{"key": "PausedUntil", "values": list(values)}])


def pair_of(*items: LiveObject) -> Pair:
    """The owner of these objects."""
    return Pair(name="north--shop-web", owner=make_owner(), desired={}, live={item.key: item for item in items})


@pytest.mark.parametrize(
    ("markers", "expected"),
    [
        pytest.param(None, None, id="no markers"),
        pytest.param([{"key": "clustername", "values": ["north"]}], None, id="others"),
        pytest.param([{"key": "PausedUntil", "values": ["2026-03-02"]}], ("2026-03-02", ""), id="without a reason"),
        pytest.param([{"key": "PausedUntil", "values": ["2026-03-02", "a move"]}], ("2026-03-02", "a move"), id="why"),
        pytest.param([{"key": "PausedUntil"}], ("", ""), id="no values"),
    ],
)
def test_a_pause_is_read_as_it_is_written(markers: Any, expected: tuple[str, str] | None) -> None:
    """Until when, and why."""
    assert pause_of({"markers": markers}) == expected


@pytest.mark.parametrize(
    ("until", "is_held"),
    [
        pytest.param("2026-03-01T12:00:01+00:00", True, id="a second from now"),
        pytest.param("2026-03-01T12:00:00+00:00", False, id="now"),
        pytest.param("2026-03-01T13:30:00+02:00", False, id="over, in another zone"),
        pytest.param("2026-03-01T12:30:00", True, id="without a zone: UTC"),
        pytest.param("2026-03-01T11:30:00", False, id="without a zone, over"),
        pytest.param("tomorrow", True, id="no time: until somebody looks"),
        pytest.param("", True, id="nothing: until somebody looks"),
    ],
)
def test_a_pause_holds_until_its_time(until: str, is_held: bool) -> None:
    """What cannot be read holds: somebody meant something by it."""
    assert bool([*why_paused(pair_of(paused(until)), NOW)]) is is_held


def test_the_zone_of_now_does_not_matter() -> None:
    """Noon UTC is two hours later on a clock in another zone."""
    pair = pair_of(paused("2026-03-01T12:00:01+00:00"))

    assert [*why_paused(pair, NOW)] == [*why_paused(pair, NOW.astimezone(timezone(timedelta(hours=2))))]


def test_who_is_not_paused_is_not_held() -> None:
    """The ordinary case."""
    assert [*why_paused(pair_of(make_live()), NOW)] == []


def test_one_paused_object_holds_the_owner_and_the_longest_pause_is_told_first() -> None:
    """A pause that broke off in the middle is a pause."""
    longer = paused("2026-03-03T00:00:00+00:00", "a move", kind="Pool")
    pair = pair_of(make_live(kind="VsVip"), paused("2026-03-02T00:00:00+00:00"), longer)

    assert [*why_paused(pair, NOW)] == [
        ("paused until 2026-03-03T00:00:00+00:00 (a move)", RESUME),
        ("paused until 2026-03-02T00:00:00+00:00", RESUME),
    ]
