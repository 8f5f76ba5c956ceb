"""A saved plan is known again, and what has moved since is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import UsageError
from sync.model.live import LiveState
from sync.model.plan import Plan, SavedPlan
from sync.plan.saving import described, fingerprints
from sync.plan.saving import moved as refusals_of
from sync.report.plan_file import plan_file_text, read_plan_file
from tests.shared.builders import make_options
from tests.shared.perfect_controller import converged, plan_for
from tests.shared.tree import app

COMMIT = "c0ffee"


def saved(plan: Plan, live: LiveState) -> SavedPlan:
    """The plan as it would be saved."""
    return SavedPlan(
        source="https://git.example.com/net.git",
        ref="main",
        path="",
        controller="https://avi.example.com",
        cluster="test",
        commit=COMMIT,
        digest=plan.digest,
        options=make_options(),
        changes=tuple(described(change) for change in plan.changes),
        writes=fingerprints(plan, live),
    )


def moved(kept: SavedPlan, commit: str, plan: Plan, live: LiveState) -> tuple[str, ...]:
    """What has moved, without the words around it."""
    found = (item.message for item in refusals_of(kept, commit, plan, live))
    return tuple(message.removeprefix("the saved plan is out of date: ") for message in found)


def touched(live: LiveState) -> LiveState:
    """The same objects, each written once more by somebody who changed nothing that is ours."""
    return LiveState(
        objects={
            key: replace(item, body={**item.body, "_last_modified": "2", "description": "by hand"})
            for key, item in live.objects.items()
        }
    )


def test_the_same_plan_is_the_same_plan() -> None:
    """Nothing has moved."""
    live = converged(*app("web")).live
    plan = plan_for(live, *app("web", hostname="web.example.com"))

    assert moved(saved(plan, live), COMMIT, plan, live) == ()


def test_another_commit_is_named() -> None:
    """Also where it plans the same."""
    live = converged(*app("web")).live
    plan = plan_for(live, *app("web", hostname="web.example.com"))

    assert moved(saved(plan, live), "facade", plan, live) == ("the commit: c0ffee was planned, now it is facade",)


def test_changes_that_came_and_went_are_named() -> None:
    """One line for each."""
    live = converged(*app("web")).live
    before = plan_for(live, *app("web", hostname="web.example.com"))
    after = plan_for(live, *app("web"), *app("other"))

    found = moved(saved(before, live), COMMIT, after, live)

    assert "no longer planned: update VsVip admin/test--shop-web (dns_info)" in found
    assert "planned now: create VirtualService admin/test--shop-other" in found


@pytest.mark.parametrize("edit", [touched])
def test_a_live_object_that_was_written_since_is_named(edit: Callable[[LiveState], LiveState]) -> None:
    """Even if the same change would be planned: it is no longer the same request."""
    live = converged(*app("web")).live
    manifests = app("web", hostname="web.example.com")
    plan = plan_for(live, *manifests)
    later = edit(live)

    found = moved(saved(plan, live), COMMIT, plan_for(later, *manifests), later)

    assert found == ("the live object or the request for it has changed: PUT VsVip admin/test--shop-web",)


names = st.sampled_from(["a", "b", "c"])


@settings(max_examples=25, deadline=None)
@given(before=st.sets(names), after=st.sets(names))
def test_a_file_gives_back_the_plan_that_was_saved(before: set[str], after: set[str]) -> None:
    """Reading what was written returns it, whatever changes."""
    live = converged(*(manifest for name in before for manifest in app(name))).live
    plan = plan_for(live, *(manifest for name in after for manifest in app(name)))
    kept = saved(plan, live)

    assert read_plan_file(plan_file_text(kept, {"digest": plan.digest}), "plan.json") == kept


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: text.replace("c0ffee", "facade"), id="another commit"),
        pytest.param(lambda text: text.replace('"schema_version": 1', '"schema_version": 2'), id="another version"),
        pytest.param(lambda text: text[:-20], id="cut"),
        pytest.param(lambda text: "[]", id="something else"),
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: "[" * 100_000, id="brackets"),
        pytest.param(lambda text: '{"a":' * 100_000, id="braces"),
    ],
)
def test_a_file_that_was_changed_is_refused(spoil: Callable[[str], str]) -> None:
    """A plan that nobody has reviewed must not pass for one that somebody has."""
    live = LiveState()
    text = plan_file_text(saved(plan_for(live, *app("web")), live), {})

    with pytest.raises(UsageError, match="plan file"):
        read_plan_file(spoil(text), "plan.json")
