"""Plans that pause an owner, or end its pause."""

from sync.model.desired import DesiredState
from sync.model.live import LiveState, Ownership
from sync.model.plan import Method, Plan
from sync.plan.pauses import pause_of
from sync.plan.pausing import Pause, make_pause
from tests.builders import make_options
from tests.plans import live_of, make_live, make_owner

PAUSE = ("2026-03-02T00:00:00+00:00", "a move")
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

    plan = plan_of(("2026-03-05T00:00:00+00:00", ""), paused)

    (field,) = plan.changes[0].fields
    assert (field.path, field.before, field.after) == (
        "markers[PausedUntil]",
        "2026-03-02T00:00:00+00:00, a move",
        "2026-03-05T00:00:00+00:00",
    )
    assert pause_of(plan.change_sets[0].writes[0].body or {}) == ("2026-03-05T00:00:00+00:00", "")


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
    assert plan_of(PAUSE, WEB).digest != plan_of(("2026-03-03T00:00:00+00:00", ""), WEB).digest
