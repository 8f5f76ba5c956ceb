"""What others set on our objects and every run leaves alone."""

from hypothesis import given, settings

from sync.model.desired import Owner, OwnerKind
from sync.model.plan import Edit, Selection
from sync.plan.drift import edit_problems, edit_text, edits_of
from tests.plan.apps import APPS, edited, manifests_of
from tests.shared.perfect_controller import PerfectController, converged, desired_for, plan_for
from tests.shared.tree import app

EVERYTHING = Selection()


@settings(max_examples=25, deadline=None)
@given(first=APPS, second=APPS)
def test_after_a_perfect_apply_nobody_has_edited_anything(
    first: dict[str, tuple[str, tuple[int, ...], bool]], second: dict[str, tuple[str, tuple[int, ...], bool]]
) -> None:
    """From any tree to any other: what the Controller completes is never taken for the work of a person."""
    controller = PerfectController()
    for apps in (first, second):
        manifests = manifests_of(apps)
        controller.apply(plan_for(controller.live, *manifests))

        assert edits_of(desired_for(*manifests), controller.live, EVERYTHING) == ()


def test_an_edit_is_told_with_its_owner_whether_git_asks_for_the_object_or_not() -> None:
    """In key order; the object of a Gateway that is gone from Git is somebody's work as well."""
    live = edited(converged(*app("a"), *app("b")).live, "VirtualService", enabled=False)

    found = edits_of(desired_for(*app("a")), live, EVERYTHING)

    assert [(str(edit.owner), edit.key.name, edit_text(edit)) for edit in found] == [
        ("Gateway shop/a", "test--shop-a", "enabled: false"),
        ("Gateway shop/b", "test--shop-b", "enabled: false"),
    ]


def test_only_selected_owners_and_objects_of_ours_are_looked_at() -> None:
    """What somebody does with his own objects is his business."""
    controller = PerfectController()
    controller.put({"name": "theirs", "lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN"}, "Pool")
    controller.apply(plan_for(controller.live, *app("a"), *app("b")))
    live = edited(controller.live, "VirtualService", enabled=False)
    only_b = Selection(owners=frozenset({Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="b")}))

    found = edits_of(desired_for(*app("a"), *app("b")), live, only_b)

    assert [edit.key.name for edit in found] == ["test--shop-b"]


def test_an_edit_is_a_warning_at_the_manifest() -> None:
    """It names the object, the fields and their values, and what to do."""
    desired = desired_for(*app("web"))
    live = edited(converged(*app("web")).live, "Pool", enabled=False, server_timeout=7)
    edits: tuple[Edit, ...] = edits_of(desired, live, EVERYTHING)

    (problem,) = edit_problems(edits, desired, live)

    assert problem.message == (
        "edited, left alone: Pool admin/test--shop-web-svc-web-TCP-80: enabled: false, server_timeout: 7"
    )
    assert (problem.file, problem.resource) == ("all.yaml", "Gateway shop/web")
