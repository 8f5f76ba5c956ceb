"""Whether a change comes from Git or from somebody who edited the Controller."""

from dataclasses import replace
from typing import Any

from sync.model.live import LiveState
from sync.model.plan import Cause, Plan
from sync.plan.drift import drift_of
from sync.plan.make import make_plan
from tests.builders import make_options
from tests.end_to_end.tree import Manifest, app
from tests.plan.controller import PerfectController, desired_for


def planned(live: LiveState, *manifests: Manifest) -> Plan:
    """The plan for some manifests."""
    return make_plan(desired_for(*manifests), live, make_options())


def converged(*manifests: Manifest) -> LiveState:
    """What is live after a run."""
    controller = PerfectController()
    controller.apply(planned(controller.live, *manifests))
    return controller.live


def edited(live: LiveState, kind: str, **fields: Any) -> LiveState:
    """The same with other fields on every object of a kind; without fields, without these objects."""
    objects = {
        key: replace(item, body={**item.body, **fields}) if key.kind == kind else item
        for key, item in live.objects.items()
        if fields or key.kind != kind
    }
    return LiveState(objects=objects)


def causes(plan: Plan) -> set[tuple[str, Cause]]:
    """Kind and cause of each change."""
    return {(change.key.kind, change.cause) for change in plan.changes}


def test_what_somebody_edits_is_a_change_of_the_controller() -> None:
    """Git asks for what was written last, so the difference cannot come from there."""
    live = edited(converged(*app("web")), "Pool", sni_enabled=True)

    assert causes(planned(live, *app("web"))) == {("Pool", Cause.LIVE)}


def test_what_changes_in_git_is_a_change_of_git() -> None:
    """Another hostname was never written."""
    live = converged(*app("web"))

    assert causes(planned(live, *app("web", hostname="web.example.com"))) == {("VsVip", Cause.GIT)}


def test_a_deleted_object_of_an_unchanged_owner_is_a_change_of_the_controller() -> None:
    """The other objects are as Git asks: the missing one must have been there."""
    live = edited(converged(*app("web")), "Pool")

    assert causes(planned(live, *app("web"))) == {("Pool", Cause.LIVE)}


def test_a_new_owner_is_a_change_of_git() -> None:
    """Nothing of it was ever written."""
    assert {cause for _, cause in causes(planned(LiveState(), *app("web")))} == {Cause.GIT}


def test_both_are_told_apart_in_one_plan() -> None:
    """One Gateway is edited by hand, the other one in Git."""
    live = edited(converged(*app("a"), *app("b")), "Pool", sni_enabled=True)

    assert causes(planned(live, *app("a"), *app("b", hostname="b.example.com"))) == {
        ("Pool", Cause.LIVE),
        ("VsVip", Cause.GIT),
    }


def test_drift_is_what_was_edited_and_git_is_only_mentioned() -> None:
    """The same plan as drift: the edit with its write, and one warning that something waits in Git."""
    live = edited(converged(*app("a"), *app("b")), "Pool", sni_enabled=True)

    drift = drift_of(planned(live, *app("a"), *app("b", hostname="b.example.com")))

    assert causes(drift) == {("Pool", Cause.LIVE)}
    assert [write.key.kind for item in drift.change_sets for write in item.writes] == ["Pool", "Pool"]
    assert [problem.message for problem in drift.problems] == [
        "not drift, but not applied yet: update VsVip admin/test--shop-b"
    ]
