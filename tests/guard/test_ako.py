"""Whether AKO still writes, by the Controller's own time."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.controller.live import live_object
from sync.guard.ako import ako_still_writes
from sync.kinds import KINDS
from sync.model.live import LiveState
from sync.model.plan import Plan
from sync.plan.adoption import plan_adoption
from tests.shared.ako import ako_objects
from tests.shared.builders import make_options, markers
from tests.shared.perfect_controller import NAMES, PerfectController, desired_for, plan_for
from tests.shared.tree import app

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def live_of_ako(minutes_ago: float) -> LiveState:
    """What AKO made so long ago."""
    controller = PerfectController()
    for key, body in ako_objects(desired_for(*app("web"))):
        controller.put(body, key.kind)
    return written(controller.live, minutes_ago)


def written(live: LiveState, minutes_ago: float) -> LiveState:
    """The same objects, written so long ago."""
    stamp = {"_last_modified": str(int((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1e6))}
    found = [live_object({**item.body, **stamp}, KINDS[item.key.kind], NAMES) for item in live]
    return LiveState(objects={item.key: item for item in found})


def plan_of(live: LiveState) -> Plan:
    """The take-over."""
    return plan_adoption(desired_for(*app("web")), live, make_options())


@pytest.mark.parametrize(
    ("minutes_ago", "expected"),
    [
        pytest.param(10, [], id="ten minutes"),
        pytest.param(9.5, ["9 min 30 s"], id="half a minute less"),
        pytest.param(0, ["0 min 0 s"], id="now"),
        pytest.param(-1, ["0 min 0 s"], id="in the future, by a second of a clock that tells no fractions"),
    ],
)
def test_ten_minutes_must_have_passed(minutes_ago: float, expected: list[str]) -> None:
    """The youngest object counts; the refusal tells its age."""
    live = live_of_ako(minutes_ago)

    refused = [*ako_still_writes(plan_of(live), live, "test", NOW)]

    assert [message in item.message for item, message in zip(refused, expected, strict=True)] == [True] * len(expected)


def test_the_wait_that_is_told_is_long_enough() -> None:
    """Rounded up: who waits so long is let through."""
    live = live_of_ako(7.25)

    (refused,) = ako_still_writes(plan_of(live), live, "test", NOW)

    assert "wait for 2 min 46 s" in refused.fix


def test_without_the_controllers_time_nothing_is_taken_over() -> None:
    """Our own clock is no help: it may differ by hours."""
    live = live_of_ako(60)

    (refused,) = ako_still_writes(plan_of(live), live, "test", None)

    assert "sends no time" in refused.message


def test_a_plan_that_takes_nothing_over_does_not_ask() -> None:
    """A plain run beside a running AKO holds everything, and is not refused for that."""
    live = live_of_ako(0)
    plan = plan_for(live, *app("web"))

    assert [*ako_still_writes(plan, live, "test", NOW)] == []


def test_where_nothing_is_akos_nobody_waits() -> None:
    """Unmarked objects, made a moment ago."""
    controller = PerfectController()
    for key, body in ako_objects(desired_for(*app("web"))):
        controller.put({name: value for name, value in body.items() if name not in ("created_by", "markers")}, key.kind)
    live = written(controller.live, 0)

    assert plan_of(live).changes
    assert [*ako_still_writes(plan_of(live), live, "test", NOW)] == []


@pytest.mark.parametrize(
    ("created_by", "marks", "counts"),
    [
        pytest.param("ako-test", {"clustername": "test"}, True, id="of no owner that we know"),
        pytest.param("ako-test", {"clustername": "test", "IngressName": "shop"}, False, id="layer 7"),
        pytest.param("ako-test-2", {"clustername": "test-2"}, False, id="another cluster"),
    ],
)
def test_what_else_tells_that_ako_writes(created_by: str, marks: dict[str, str], counts: bool) -> None:
    """Anything that this cluster's AKO has just written, unless it is there for layer 7."""
    old = live_of_ako(60)
    body = {"name": "fresh", "created_by": created_by, "markers": markers(**marks)}
    controller = PerfectController()
    controller.put(body, "Pool")
    fresh = written(controller.live, 0)
    live = LiveState(objects={**old.objects, **fresh.objects})

    refused = [*ako_still_writes(plan_of(old), live, "test", NOW)]

    assert bool(refused) is counts
