"""Who is paused, and until when."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sync.avi.markers import Markers, Pause
from sync.model.desired import DesiredState
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.plan import Method, Plan
from sync.plan.owners import OwnerState
from sync.plan.pauses import make_pause, why_paused
from tests.shared.builders import make_options
from tests.shared.plans import live_of, make_live, make_owner

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RESUME = "wait, or run avi-sync resume Gateway/shop/web"


def paused(*values: str, **arguments: Any) -> LiveObject:
    """A live object with this mark."""
    return make_live(**arguments, markers=[{"key": "PausedUntil", "values": list(values)}])


def pair_of(*items: LiveObject) -> OwnerState:
    """The owner of these objects."""
    return OwnerState(name="north--shop-web", owner=make_owner(), desired={}, live={item.key: item for item in items})


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
    state = pair_of(paused("2026-03-01T12:00:01+00:00"))

    assert [*why_paused(state, NOW)] == [*why_paused(state, NOW.astimezone(timezone(timedelta(hours=2))))]


def test_who_is_not_paused_is_not_held() -> None:
    """The ordinary case."""
    assert [*why_paused(pair_of(make_live()), NOW)] == []


def test_one_paused_object_holds_the_owner_and_the_longest_pause_is_told_first() -> None:
    """A pause that broke off in the middle is a pause."""
    longer = paused("2026-03-03T00:00:00+00:00", "a move", kind="Pool")
    state = pair_of(make_live(kind="VsVip"), paused("2026-03-02T00:00:00+00:00"), longer)

    assert [*why_paused(state, NOW)] == [
        ("paused until 2026-03-03T00:00:00+00:00 (a move)", RESUME),
        ("paused until 2026-03-02T00:00:00+00:00", RESUME),
    ]


# --- pausing and resuming ---------------------------------------------------------------------------------------------


PAUSE = Pause("2026-03-02T00:00:00+00:00", "a move")
WEB = live_of(
    make_live("web", marks={"clustername": "north"}, enabled=False),
    make_live("web", "Pool", marks={"clustername": "north"}),
    make_live("api", marks={"clustername": "north"}),
    make_live("web", "VsVip", ownership=Ownership.FOREIGN),
)


def plan_of(pause: Pause | None, live: LiveState) -> Plan:
    """The plan that pauses the Gateway shop/web, or resumes it."""
    desired = DesiredState(commit="c0ffee", cluster="north", objects={})
    return make_pause(make_owner("web"), pause, desired, live, make_options())


def after(plan: Plan, live: LiveState) -> LiveState:
    """What is live once the plan is applied."""
    found = {item.key: item for item in live}
    for change_set in plan.change_sets:
        for write in change_set.writes:
            name = write.key.name.removeprefix("north--shop-")
            body = {key: value for key, value in (write.body or {}).items() if key not in ("uuid", "name")}
            found[write.key] = make_live(name, write.key.kind, **body)
    return LiveState(objects=found)


def test_all_objects_of_the_owner_get_the_mark_and_nobody_elses() -> None:
    """Those of other owners and those that are not ours stay out of it."""
    plan = plan_of(PAUSE, WEB)

    assert [str(change.key) for change in plan.changes] == [
        "Pool admin/north--shop-web",
        "VirtualService admin/north--shop-web",
    ]


def test_a_pause_changes_one_mark_and_nothing_else() -> None:
    """The body goes back as it was read."""
    plan = plan_of(PAUSE, WEB)

    for write in plan.change_sets[0].writes:
        seen = WEB.objects[write.key].body
        mark = {"key": "PausedUntil", "values": [*PAUSE]}
        assert (write.method, write.body) == (Method.PUT, {**seen, "markers": [*seen["markers"], mark]})


def test_a_paused_owner_is_not_paused_again() -> None:
    """The plan is empty, and says how many objects are as they should be."""
    plan = plan_of(PAUSE, after(plan_of(PAUSE, WEB), WEB))

    assert (plan.is_empty, plan.unchanged) == (True, 2)


def test_another_pause_takes_the_place_of_the_first() -> None:
    """There is one mark, and the change tells both."""
    paused = after(plan_of(PAUSE, WEB), WEB)

    plan = plan_of(Pause("2026-03-05T00:00:00+00:00", ""), paused)

    (field,) = plan.changes[0].fields
    assert (field.path, field.before, field.after) == (
        "markers[PausedUntil]",
        "2026-03-02T00:00:00+00:00, a move",
        "2026-03-05T00:00:00+00:00",
    )
    write = plan.change_sets[0].writes[0]
    assert Markers.of(write.body or {}).pause == ("2026-03-05T00:00:00+00:00", "")


def test_resuming_leaves_everything_as_it_was_before_the_pause() -> None:
    """Pause and resume are inverse."""
    paused = after(plan_of(PAUSE, WEB), WEB)

    resumed = after(plan_of(None, paused), paused)

    assert [item.body["markers"] for item in resumed] == [item.body["markers"] for item in WEB]


def test_an_owner_that_is_not_paused_is_not_resumed() -> None:
    """Nothing to do."""
    assert plan_of(None, WEB).is_empty


def test_another_pause_has_another_digest() -> None:
    """A permit for one is none for the other."""
    assert plan_of(PAUSE, WEB).digest != plan_of(Pause("2026-03-03T00:00:00+00:00", ""), WEB).digest
