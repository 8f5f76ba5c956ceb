"""What every plan keeps, whatever the trees and whatever is live."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.model.live import LiveState
from sync.model.problem import Severity
from sync.plan.make import make_plan
from tests.plan.apps import APPS, manifests_of
from tests.plan.worlds import NETWORKS, SWAPPED, SWAPPED_BACK, TREES, WORLDS, Tree, World, without_rivals
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, plan_for


@pytest.mark.parametrize("world", WORLDS, ids=str)
@settings(max_examples=10, deadline=None)
@given(first=TREES, second=TREES)
def test_planning_after_a_perfect_apply_is_empty_and_nothing_in_it_is_refused(
    world: World, first: Tree, second: Tree
) -> None:
    """From any tree to any other: no write meets what a Controller refuses, and afterwards there is nothing to do."""
    controller = PerfectController(NETWORKS)

    for tree in (first, second):
        controller.apply(tree.plan(world, controller.live))

        assert tree.plan(world, controller.live).changes == ()


@pytest.mark.parametrize("world", WORLDS, ids=str)
@settings(max_examples=10, deadline=None)
@given(first=TREES.map(without_rivals), second=TREES.map(without_rivals))
@example(first=SWAPPED, second=SWAPPED_BACK)
def test_where_nothing_is_requested_twice_nobody_is_held(world: World, first: Tree, second: Tree) -> None:
    """Whatever has to pass from one owner to another, passes in one run."""
    controller = PerfectController(NETWORKS)
    controller.apply(first.plan(world, controller.live))

    plan = second.plan(world, controller.live)
    controller.apply(plan)

    assert [problem.message for problem in plan.problems if problem.severity is Severity.ERROR] == []
    assert controller.live.objects.keys() == second.desired(world).objects.keys()


@pytest.mark.parametrize("world", WORLDS, ids=str)
@settings(max_examples=4, deadline=None)
@given(first=TREES, second=TREES, chance=st.randoms(use_true_random=False))
def test_the_order_of_manifests_and_of_lists_changes_nothing(
    world: World, first: Tree, second: Tree, chance: random.Random
) -> None:
    """Shuffled input gives an equal plan, digest included."""
    controller = PerfectController(NETWORKS)
    controller.apply(first.plan(world, controller.live))
    manifests, objects = second.manifests(world), list(controller.live.objects.items())
    expected = second.plan(world, controller.live)
    chance.shuffle(manifests)
    chance.shuffle(objects)

    plan = make_plan(second.desired(world, manifests), LiveState(objects=dict(objects)), make_options())

    assert (expected.change_sets, expected.digest) == (plan.change_sets, plan.digest)


@settings(max_examples=25, deadline=None)
@given(first=APPS, second=APPS, taken=st.sets(st.sampled_from(["a", "b", "c", "d", "z"])))
def test_no_change_touches_what_is_not_ours(
    first: dict[str, tuple[str, tuple[int, ...], bool]],
    second: dict[str, tuple[str, tuple[int, ...], bool]],
    taken: set[str],
) -> None:
    """Objects of others, also under wanted names, are in no write; their owners are held."""
    controller = PerfectController()
    for name in taken:
        controller.put({"name": f"test--shop-{name}", "vip": [{"vip_id": "0"}]}, "VsVip")
    theirs = {key for key, item in controller.live.objects.items() if not item.is_ours}

    for apps in (first, second):
        plan = plan_for(controller.live, *manifests_of(apps))
        controller.apply(plan)

        assert theirs.isdisjoint(write.key for item in plan.change_sets for write in item.writes)
        assert {key.name for key in plan.foreign} <= {f"test--shop-{name}" for name in taken}
