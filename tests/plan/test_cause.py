"""Whether a change comes from Git or from somebody who edited the Controller."""

from sync.model.live import LiveState
from sync.model.plan import Cause, Plan
from sync.plan.drift import drift_of
from tests.plan.apps import edited
from tests.shared.perfect_controller import converged, plan_for
from tests.shared.tree import app


def causes(plan: Plan) -> set[tuple[str, Cause]]:
    """Kind and cause of each change."""
    return {(change.key.kind, change.cause) for change in plan.changes}


def test_what_somebody_edits_is_a_change_of_the_controller() -> None:
    """Git requests what was written last, so the difference cannot come from there."""
    live = edited(converged(*app("web")).live, "Pool", sni_enabled=True)

    assert causes(plan_for(live, *app("web"))) == {("Pool", Cause.LIVE)}


def test_what_changes_in_git_is_a_change_of_git() -> None:
    """Another hostname was never written."""
    live = converged(*app("web")).live

    assert causes(plan_for(live, *app("web", hostname="web.example.com"))) == {("VsVip", Cause.GIT)}


def test_a_deleted_object_of_an_unchanged_owner_is_a_change_of_the_controller() -> None:
    """The other objects are as Git asks: the missing one must have been there."""
    live = edited(converged(*app("web")).live, "Pool")

    assert causes(plan_for(live, *app("web"))) == {("Pool", Cause.LIVE)}


def test_a_new_owner_is_a_change_of_git() -> None:
    """It was never written."""
    assert {cause for _, cause in causes(plan_for(LiveState(), *app("web")))} == {Cause.GIT}


def test_both_are_told_apart_in_one_plan() -> None:
    """One Gateway is edited by hand, the other one in Git."""
    live = edited(converged(*app("a"), *app("b")).live, "Pool", sni_enabled=True)

    assert causes(plan_for(live, *app("a"), *app("b", hostname="b.example.com"))) == {
        ("Pool", Cause.LIVE),
        ("VsVip", Cause.GIT),
    }


def test_drift_is_what_was_edited_and_git_is_only_mentioned() -> None:
    """The same plan as drift: the edit with its write, and one warning that something waits in Git."""
    live = edited(converged(*app("a"), *app("b")).live, "Pool", sni_enabled=True)

    drift = drift_of(plan_for(live, *app("a"), *app("b", hostname="b.example.com")))

    assert causes(drift) == {("Pool", Cause.LIVE)}
    assert [write.key.kind for item in drift.change_sets for write in item.writes] == ["Pool", "Pool"]
    assert [problem.message for problem in drift.problems] == [
        "not drift, but not applied yet: update VsVip admin/test--shop-b"
    ]
