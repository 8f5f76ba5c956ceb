"""What an interrupted run has left is completed, or restored."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.avi.addresses import addresses
from sync.model.desired import ObjectKey
from sync.model.live import Backup, LiveObject, LiveState
from sync.model.plan import Action, Cause, Method, Plan, Selection
from sync.model.policy import Policy
from sync.plan.make import make_plan
from sync.plan.stranded import still_needed
from tests.plan.apps import APPS, manifests_of
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, desired_for, plan_for
from tests.shared.tree import VALUES, Manifest, app, namespace

Apps = dict[str, tuple[str, tuple[int, ...], bool]]
WEB_ON_11, WEB_ON_12 = app("web", address="10.10.10.11"), app("web", address="10.10.10.12")
NEVER = 10**6


def apply_until(controller: PerfectController, plan: Plan, number: int) -> None:
    """The first so many writes of a plan, with what is stored before the first delete of a set.

    It is dropped after the set, which is a write, too.
    """
    backups: tuple[Backup, ...] = ()
    for change_set in plan.change_sets:
        group = str(change_set.owners[0])
        for write in change_set.writes:
            if number == 0:
                controller.live = replace(controller.live, backups=backups)
                return
            if write.method is Method.DELETE and not any(item.group == group for item in backups):
                backups += tuple(Backup(group=group, before=item) for item in change_set.replaced)
            controller.apply(replace(plan, change_sets=(replace(change_set, writes=(write,)),)))
            number -= 1
        if number == 0:
            controller.live = replace(controller.live, backups=backups)
            return
        number -= 1
        backups = tuple(item for item in backups if item.group != group)


def served(*before: Manifest, after: tuple[Manifest, ...], writes: int) -> PerfectController:
    """A Controller on which `before` is live, somebody has attached something, and a run to `after` died."""
    controller = PerfectController()
    controller.apply(plan_for(controller.live, *before))
    objects = {
        key: replace(item, body={**item.body, "description": f"about {key}"}) if item.is_ours else item
        for key, item in controller.live.objects.items()
    }
    controller.live = LiveState(objects=objects)
    apply_until(controller, plan_for(controller.live, *after), writes)
    return controller


def plan_that_holds(manifests: tuple[Manifest, ...], live: LiveState, **options: Any) -> Plan:
    """The plan of a tree in which something is wrong that all owners depend on."""
    desired = replace(desired_for(*manifests), holds_everything=True)
    return make_plan(desired, live, make_options(**options))


def seen(live: LiveState) -> Mapping[ObjectKey, Any]:
    """What is live, without what differs between two runs."""
    return {key: (item.body.get("description"), item.body.get("markers")) for key, item in live.objects.items()}


@settings(max_examples=60, deadline=None)
@given(first=APPS, second=APPS, writes=st.integers(min_value=0, max_value=30))
def test_after_one_more_run_nobody_can_tell_that_one_was_killed(first: Apps, second: Apps, writes: int) -> None:
    """Killed after any number of writes, from any tree to any other: the end is that of an undisturbed run."""
    before, after = tuple(manifests_of(first)), tuple(manifests_of(second))
    undisturbed = served(*before, after=after, writes=NEVER)
    controller = served(*before, after=after, writes=writes)

    controller.apply(plan_for(controller.live, *after))

    assert seen(controller.live) == seen(undisturbed.live)


def has_new_holder(live: LiveState, before: list[LiveObject]) -> bool:
    """Whether an owner of which nothing was taken down has an address of those of which something was."""
    lost = {address for item in before for address in addresses(item.body)}
    names = {item.owner_name for item in before}
    return any(item.owner_name not in names and lost & set(addresses(item.body)) for item in live)


@settings(max_examples=60, deadline=None)
@given(first=APPS, second=APPS, writes=st.integers(min_value=0, max_value=30))
@example(
    first={"a": ("", (80,), False), "b": ("10.10.10.1", (80,), True)},
    second={"a": ("10.10.10.1", (80,), True)},
    writes=5,
)
def test_held_owners_get_back_what_was_deleted(first: Apps, second: Apps, writes: int) -> None:
    """Whatever was in hand: all of it is as it was, addresses included, and nothing else is touched.

    Unless what is new in Git has one of the addresses by now: it was not in the way before, and nothing is deleted for
    what Git no longer requests. That is said.
    """
    controller = served(*manifests_of(first), after=tuple(manifests_of(second)), writes=writes)
    gone = {
        item.before.owner_name for item in controller.live.backups if item.before.key not in controller.live.objects
    }
    before = [item.before for item in controller.live.backups if item.before.owner_name in gone]

    plan = plan_that_holds(tuple(manifests_of(second)), controller.live)
    if has_new_holder(controller.live, before):
        assert plan.changes == ()
        assert any(
            "not restored" in problem.message and "has taken address" in problem.message for problem in plan.problems
        )
        return
    controller.apply(plan)

    back = [controller.live.objects[item.key] for item in before]
    assert [(addresses(item.body), item.body["description"]) for item in back] == [
        (addresses(item.body), item.body["description"]) for item in before
    ]
    assert {change.owner for change in plan.changes} == {item.owner for item in before}


@pytest.mark.parametrize("writes", range(10))
def test_a_move_to_another_tenant_that_was_killed_is_finished_or_undone(writes: int) -> None:
    """After any number of its writes; once it is done, it is not undone, even while the backups are there."""
    moved = (*WEB_ON_11, namespace("shop", tenant="team-a"))
    held = served(*WEB_ON_11, after=moved, writes=writes)
    finished = served(*WEB_ON_11, after=moved, writes=writes)

    held.apply(plan_that_holds(moved, held.live))
    finished.apply(plan_for(finished.live, *moved))

    tenants = {key.tenant for key in held.live.objects if key.kind in ("VsVip", "VirtualService")}
    assert tenants == ({"admin"} if writes < 8 else {"team-a"})
    assert seen(finished.live) == seen(served(*WEB_ON_11, after=moved, writes=NEVER).live)


def test_a_name_that_somebody_else_has_taken_is_left_alone() -> None:
    """Neither completed nor restored: the VsVip is not ours any more."""
    controller = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=2)
    controller.put({"name": "test--shop-web", "vip": [{"vip_id": "0"}]}, "VsVip")
    backups = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=2).live.backups

    plan = plan_that_holds(tuple(WEB_ON_12), replace(controller.live, backups=backups))

    assert (backups != (), plan.change_sets) == (True, ())


@pytest.mark.parametrize("options", [{"policy": Policy.UPSERT_ONLY}, {"may_replace": False}])
def test_what_must_not_be_deleted_is_not_put_back(options: dict[str, Any]) -> None:
    """A new VsVip is in the place of the old one, and this run may delete nothing."""
    controller = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=3)

    plan = plan_that_holds(tuple(WEB_ON_12), controller.live, **options)

    assert plan.change_sets == ()
    assert any("not restored" in problem.message for problem in plan.problems)


def test_an_owner_that_is_not_selected_is_not_put_back() -> None:
    """A run for another owner leaves it alone, and does not mention it."""
    controller = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=2)

    plan = plan_for(controller.live, *WEB_ON_12, selection=Selection(namespaces=frozenset({"elsewhere"})))

    assert (plan.change_sets, plan.problems) == ((), ())


def test_a_protected_owner_is_put_back_also_when_it_is_gone_from_git() -> None:
    """A replace that was interrupted must not end as a delete."""
    gateway, *others = WEB_ON_11
    annotated = {**gateway, "metadata": {**gateway["metadata"], "annotations": {"avi-sync/protect": "true"}}}
    moved = {**annotated, "spec": WEB_ON_12[0]["spec"]}
    controller = served(annotated, *others, after=(moved, *others), writes=2)

    plan = plan_for(controller.live)

    assert {change.action for change in plan.changes} == {Action.CREATE}
    assert any("protected" in problem.message for problem in plan.problems)


def test_a_switch_leaves_nobody_stranded() -> None:
    """Switched off in values.yaml since: it is held as any other that is live, and restored."""
    controller = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=2)
    off = {**VALUES, "AKOSettings": {"clusterName": "test", "servicesAPI": False}}

    plan = plan_for(controller.live, *WEB_ON_12, values=off)

    assert {change.key.kind for change in plan.changes} == {"VirtualService", "VsVip"}


def test_what_is_stored_is_forgotten_once_it_is_of_no_use() -> None:
    """What is live again, and what nobody wants; but not before a run has looked at everything."""
    live = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=2).live
    back = replace(live, objects={**live.objects, **{item.before.key: item.before for item in live.backups}})
    wanted = frozenset({"test--shop-web"})

    assert still_needed(live, wanted, is_everything=True) == live.backups
    assert still_needed(back, wanted, is_everything=True) == ()
    assert still_needed(live, frozenset(), is_everything=True) == ()
    assert still_needed(live, frozenset(), is_everything=False) == live.backups


def test_who_took_an_owner_down_changes_nothing_about_the_plan() -> None:
    """While another run holds the lock it is named; the digest that somebody has read stays good when it is gone."""
    live = served(*WEB_ON_11, after=tuple(WEB_ON_12), writes=2).live

    meanwhile = plan_for(replace(live, holder="ci@runner (pid 1, run two)"), *WEB_ON_12)
    after = plan_for(live, *WEB_ON_12)

    reasons = {change.reason for change in meanwhile.changes if change.cause is Cause.IN_PROGRESS}
    assert reasons == {"deleted by ci@runner (pid 1, run two), which holds the lock"}
    assert meanwhile.digest == after.digest
