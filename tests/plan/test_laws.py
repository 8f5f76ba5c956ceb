"""What every plan keeps, whatever the trees and whatever is live."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.live import LiveState
from sync.model.plan import Plan
from sync.plan.make import make_plan
from tests.builders import make_options
from tests.end_to_end.tree import Manifest, app, endpoints, load_balancer
from tests.plan.controller import PerfectController, wish_for

ADDRESSES = st.sampled_from(["", "", "10.10.10.1", "10.10.10.2", "10.10.10.3"])
APPS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.tuples(ADDRESSES, st.sampled_from([(80,), (80, 81), (443,)]), st.booleans()),
    max_size=4,
)


def manifests_of(apps: dict[str, tuple[str, tuple[int, ...], bool]]) -> list[Manifest]:
    """Gateways `a` to `c`, and `d` as a LoadBalancer Service."""
    found: list[Manifest] = []
    for name, (address, ports, has_label) in apps.items():
        if name == "d":
            found += [load_balancer(name, address=address), endpoints(name, ports=(25,))]
        else:
            found += app(name, address=address, ports=ports, label_name="" if has_label else "other")
    return found


def plan_for(manifests: list[Manifest], live: LiveState) -> Plan:
    """The plan for some manifests."""
    return make_plan(wish_for(*manifests).desired, live, make_options())


@settings(max_examples=30, deadline=None)
@given(first=APPS, second=APPS)
def test_planning_after_a_perfect_apply_is_empty_and_references_are_never_broken(
    first: dict[str, tuple[str, tuple[int, ...], bool]], second: dict[str, tuple[str, tuple[int, ...], bool]]
) -> None:
    """From any tree to any other: each write finds what it refers to, and afterwards there is nothing to do."""
    controller = PerfectController()

    for apps in (first, second):
        controller.apply(plan_for(manifests_of(apps), controller.live))

        assert plan_for(manifests_of(apps), controller.live).changes == ()


@settings(max_examples=25, deadline=None)
@given(first=APPS, second=APPS, chance=st.randoms(use_true_random=False))
def test_the_order_of_manifests_and_of_lists_changes_nothing(
    first: dict[str, tuple[str, tuple[int, ...], bool]],
    second: dict[str, tuple[str, tuple[int, ...], bool]],
    chance: random.Random,
) -> None:
    """Shuffled input gives an equal plan, digest included."""
    controller = PerfectController()
    controller.apply(plan_for(manifests_of(first), controller.live))
    manifests, objects = manifests_of(second), list(controller.live.objects.items())
    expected = plan_for(manifests, controller.live)
    chance.shuffle(manifests)
    chance.shuffle(objects)

    plan = plan_for(manifests, LiveState(objects=dict(objects)))

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
        plan = plan_for(manifests_of(apps), controller.live)
        controller.apply(plan)

        assert theirs.isdisjoint(write.key for item in plan.change_sets for write in item.writes)
        assert {key.name for key in plan.foreign} <= {f"test--shop-{name}" for name in taken}
