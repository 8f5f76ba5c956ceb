"""What an apply does when requests go wrong: every class of failure, at every kind of write."""

from dataclasses import replace

import pytest

from sync.model.outcome import Outcome, SetState
from tests.controller.workshop import UPGRADE, Workshop
from tests.shared.tree import app

OLD, NEW = "10.10.10.11", "10.10.10.12"


def states(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    """Kind → how its change ended, of a plan for one owner."""
    return {item.change.key.kind: item.state.value for outcome in outcomes for item in outcome.changes}


@pytest.mark.parametrize(
    "trouble",
    [
        {"do": "reset"},
        {"do": "commit-and-reset"},
        {"do": "truncate"},
        *[{"do": "status", "status": status} for status in (401, 419, 429, 500, 503)],
        {"do": "status", **UPGRADE},
    ],
    ids=lambda trouble: f"{trouble['do']} {trouble.get('status', '')}".strip(),
)
def test_what_passes_is_met_by_trying_again(workshop: Workshop, trouble: dict[str, object]) -> None:
    """Create, update, replace and delete each meet the trouble once: all is applied, nothing is doubled."""
    workshop.converge(*app("change"), *app("move", address=OLD), *app("go"))
    wanted = [*app("change", ports=(80, 81)), *app("move", address=NEW), *app("come")]
    plan = workshop.plan(*wanted)
    kinds = ("vsvip", "pool", "l4policyset", "virtualservice")
    workshop.faults(
        *(
            {"method": method, "path": f"/api/{kind}*", "nth": 1, **trouble}
            for method in ("POST", "PUT", "DELETE")
            for kind in kinds
        )
    )

    outcomes = workshop.apply(plan, parallelism=1)

    assert {outcome.state for outcome in outcomes} == {SetState.APPLIED}
    workshop.faults()
    assert workshop.plan(*wanted).changes == ()


def test_a_create_whose_answer_was_lost_is_found_by_its_name(workshop: Workshop) -> None:
    """It was done: it is not sent again."""
    workshop.faults({"method": "POST", "path": "/api/vsvip", "nth": 1, "do": "commit-and-reset"})

    outcomes = workshop.apply(workshop.plan(*app("web")))

    assert outcomes[0].state is SetState.APPLIED
    assert [line for line in workshop.writes() if "vsvip" in line] == ["POST vsvip commit-and-reset"]


def test_a_create_that_left_nothing_is_sent_again_three_times_at_most(workshop: Workshop) -> None:
    """It is looked for after each try; then the set fails, and the owner's other objects are skipped."""
    plan = workshop.plan(*app("web"))
    workshop.faults({"method": "POST", "path": "/api/pool", "do": "reset"})

    outcomes = workshop.apply(plan)

    assert [line for line in workshop.writes() if "pool" in line] == ["POST pool reset"] * 3
    assert states(outcomes) == {
        "VsVip": "applied",
        "Pool": "failed",
        "L4PolicySet": "skipped",
        "VirtualService": "skipped",
    }
    assert "it was not created" in outcomes[0].said


def test_a_name_that_somebody_else_took_meanwhile_makes_the_plan_stale(workshop: Workshop) -> None:
    """What is found under the name is not what was sent: it is left alone."""
    plan = workshop.plan(*app("web"))
    with workshop.client() as other:
        theirs = other.post("/api/vsvip", {"name": "test--shop-web", "vip": [{"vip_id": "0"}]}, tenant="admin")
    workshop.faults({"method": "POST", "path": "/api/vsvip", "nth": 1, "do": "reset"})

    outcomes = workshop.apply(plan)

    assert (outcomes[0].state, outcomes[0].is_stale) == (SetState.FAILED, True)
    assert [item.uuid for item in workshop.live()] == [theirs["uuid"]]


def test_an_update_whose_answer_was_lost_is_known_by_what_is_there(workshop: Workshop) -> None:
    """The repetition meets 412; reading again shows that the first one got through, and it counts as applied."""
    workshop.converge(*app("web"))
    plan = workshop.plan(*app("web", hostname="web.avi.internal"))
    workshop.faults({"method": "PUT", "path": "/api/vsvip/*", "nth": 1, "do": "commit-and-reset"})

    outcomes = workshop.apply(plan)

    assert states(outcomes) == {"VsVip": "applied"}
    assert workshop.writes() == ["PUT vsvip commit-and-reset", "PUT vsvip"]


def test_an_object_that_was_edited_after_the_plan_is_neither_updated_nor_deleted(workshop: Workshop) -> None:
    """412 before an update, another body before a delete: the edit is not lost, and the plan is stale."""
    workshop.converge(*app("change"), *app("go"), *app("stay"))
    plan = workshop.plan(*app("change", ports=(80, 81)), *app("stay"))
    for item in workshop.live():
        with workshop.client() as other:
            if item.key.kind in ("VirtualService", "L4PolicySet"):
                other.put(
                    f"/api/{item.key.kind.lower()}/{item.uuid}", {**item.body, "description": "by hand"}, tenant="admin"
                )

    outcomes = workshop.apply(plan)

    assert [(outcome.state, outcome.is_stale) for outcome in outcomes] == [(SetState.FAILED, True)] * 2
    bodies = [item.body for item in workshop.live() if item.key.kind == "VirtualService"]
    assert [body["description"] for body in bodies] == ["by hand"] * 3


def test_a_write_of_the_controller_itself_does_not_make_a_plan_stale(workshop: Workshop) -> None:
    """Another `_last_modified` alone does not keep an object from being deleted."""
    workshop.converge(*app("go"), *app("stay"))
    plan = workshop.plan(*app("stay"))
    for item in workshop.live():
        with workshop.client() as other:
            other.put(f"/api/{item.key.kind.lower()}/{item.uuid}", dict(item.body), tenant="admin")

    outcomes = workshop.apply(plan)

    assert [outcome.state for outcome in outcomes] == [SetState.APPLIED]


def test_during_an_upgrade_nothing_more_is_begun(workshop: Workshop) -> None:
    """The first refusal that stays ends the run for everybody: the others are not tried."""
    plan = workshop.plan(*app("a"), *app("b"), *app("c"))
    workshop.faults({"method": "POST", "path": "/api/*", "do": "status", **UPGRADE})

    outcomes = workshop.apply(plan, parallelism=1)

    assert [outcome.state for outcome in outcomes] == [SetState.FAILED, SetState.NOT_TRIED, SetState.NOT_TRIED]
    assert outcomes[1].said == "the Controller is being upgraded"


def test_after_the_deadline_nothing_more_is_begun(workshop: Workshop) -> None:
    """What is in hand ends at its next object; the owners after it are not tried."""
    plan = workshop.plan(*app("a"), *app("b"))
    timing = workshop.clock.timing.ending_after(10)

    def on_write(_: object) -> None:
        workshop.clock.seconds = 11

    outcomes = workshop.apply(plan, parallelism=1, timing=timing, on_write=on_write)

    assert [outcome.state for outcome in outcomes] == [SetState.STOPPED, SetState.NOT_TRIED]
    assert {outcome.said for outcome in outcomes} == {"the deadline of the run has passed"}
    assert [item.state.value for item in outcomes[0].writes] == ["applied", "not tried", "not tried", "not tried"]


def test_a_stop_ends_a_set_at_its_next_object(workshop: Workshop) -> None:
    """Each change says whether it was applied or not tried; the next run does the rest."""
    heard: list[object] = []

    outcomes = workshop.apply(workshop.plan(*app("a")), on_write=heard.append, should_stop=lambda: len(heard) == 2)

    assert states(outcomes) == {
        "VsVip": "applied",
        "Pool": "applied",
        "L4PolicySet": "not tried",
        "VirtualService": "not tried",
    }
    workshop.converge(*app("a"))


def test_a_replace_in_hand_is_completed_when_the_run_is_stopped(workshop: Workshop) -> None:
    """Between its first delete and its last create a set does not stop."""
    workshop.converge(*app("a", address=OLD))
    heard: list[object] = []

    outcomes = workshop.apply(
        workshop.plan(*app("a", address=NEW)), on_write=heard.append, should_stop=lambda: len(heard) == 1
    )

    assert outcomes[0].state is SetState.APPLIED


def test_a_defect_in_one_set_is_the_failure_of_that_set(workshop: Workshop) -> None:
    """An exception that nobody foresaw is reported in words; the owners beside it are applied."""
    plan = workshop.plan(*app("bad"), *app("good"))
    bad, good = plan.change_sets
    unsendable = replace(bad, writes=tuple(replace(write, body={"name": object()}) for write in bad.writes))

    outcomes = workshop.apply(replace(plan, change_sets=(unsendable, good)))

    assert [outcome.state for outcome in outcomes] == [SetState.FAILED, SetState.APPLIED]
    assert "please report this" in outcomes[0].said


def test_a_defect_around_a_set_is_the_failure_of_that_set(workshop: Workshop) -> None:
    """Whatever is called beside the writes: the other owners are applied."""
    asked: list[int] = []

    def confirm_hold() -> None:
        asked.append(1)
        if len(asked) == 1:
            raise ZeroDivisionError("no such luck")

    outcomes = workshop.apply(workshop.plan(*app("a"), *app("b")), parallelism=1, confirm_hold=confirm_hold)

    assert [outcome.state for outcome in outcomes] == [SetState.FAILED, SetState.APPLIED]
    assert "unexpected ZeroDivisionError: no such luck; please report this" in outcomes[0].said


def test_a_listener_that_fails_changes_nothing(workshop: Workshop) -> None:
    """Whoever hears of writes cannot end a set halfway."""

    def on_write(_: object) -> None:
        raise OSError("no space left on device")

    outcomes = workshop.apply(workshop.plan(*app("web")), on_write=on_write)

    assert outcomes[0].state is SetState.APPLIED
