"""Services that pass from one owner to another: what serves them stays while their new owner cannot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.desired import DesiredState, Held, ObjectKey, Owner, OwnerKind
from sync.model.live import LiveState
from sync.model.plan import Action, Plan, Selection
from sync.model.policy import Policy
from sync.model.problem import Severity
from sync.plan.make import make_plan
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, converged, desired_for
from tests.shared.tree import VALUES, Manifest, endpoints, gateway, load_balancer, service

PORTS = {"a": 81, "b": 82, "c": 83}
HOMES = {
    **{key: Owner(kind=OwnerKind.SHARED_VIP, namespace="shop", name=key) for key in ("k1", "k2")},
    **{name: Owner(kind=OwnerKind.GATEWAY, namespace="shop", name=name) for name in ("g1", "g2")},
}
"""Where a Service can belong besides to itself and to nobody."""


def home_of(name: str, home: str) -> Owner | None:
    """The owner of a Service in one of its homes."""
    return Owner(kind=OwnerKind.SERVICE, namespace="shop", name=name) if home == "own" else HOMES.get(home)


def manifest_of(name: str, home: str) -> Manifest:
    """A Service at home."""
    owner = HOMES.get(home)
    if home == "own":
        return load_balancer(name, port=PORTS[name])
    if owner is not None and owner.kind is OwnerKind.SHARED_VIP:
        return load_balancer(name, port=PORTS[name], shared_vip=home)
    return service(name, gateway=home if owner else "", ports=(PORTS[name],))


def manifests_of(homes: Mapping[str, str]) -> list[Manifest]:
    """Two Gateways that can serve any Service, and Services at home."""
    services = [manifest_of(name, home) for name, home in homes.items()]
    slices = [endpoints(name, ports=(PORTS[name],)) for name in homes]
    return [*(gateway(name, ports=tuple(PORTS.values())) for name in ("g1", "g2")), *services, *slices]


def desired_of(manifests: Iterable[Manifest], held: Iterable[Owner] = (), values: Manifest = VALUES) -> DesiredState:
    """What manifests ask for, where the source holds some owners."""
    desired, owners = desired_for(*manifests, values=values), frozenset(held)
    return replace(
        desired,
        objects={key: item for key, item in desired.objects.items() if item.owner not in owners},
        held=(*desired.held, *(Held(owner=owner, name=f"test--shop-{owner.name}") for owner in sorted(owners))),
    )


def plan_of(desired: DesiredState, live: LiveState, **options: Any) -> Plan:
    """The plan."""
    return make_plan(desired, live, make_options(**options))


def at_home(**homes: str) -> PerfectController:
    """A Controller on which Services are live at home."""
    return converged(*manifests_of(homes))


def serving(live: LiveState, name: str) -> Mapping[ObjectKey, object]:
    """Every object of the owners that serve a Service, with its body."""
    owners = {item.owner for item in live if item.markers.service == ("shop", name)}
    return {item.key: item.body for item in live if item.owner in owners}


def why(plan: Plan) -> list[str]:
    """Why owners are held, without the word itself."""
    errors = (problem for problem in plan.problems if problem.severity is Severity.ERROR)
    return [f"{problem.resource}: {problem.message.removeprefix('held: ')}" for problem in errors]


HOUSE = st.fixed_dictionaries(dict.fromkeys(PORTS, st.sampled_from(["own", *HOMES, "nobody"])))


@settings(max_examples=60, deadline=None)
@given(before=HOUSE, after=HOUSE, chance=st.data())
def test_nothing_that_serves_a_service_is_touched_while_its_new_owner_is_held(
    before: dict[str, str], after: dict[str, str], chance: st.DataObject
) -> None:
    """From any homes to any others, with any owners held; once nobody is held, live follows Git."""
    controller = at_home(**before)
    owners = sorted(owner for name, home in after.items() if (owner := home_of(name, home)))
    held = chance.draw(st.sets(st.sampled_from(owners))) if owners else set()
    expected = {name: serving(controller.live, name) for name in after if home_of(name, after[name]) in held}

    controller.apply(plan_of(desired_of(manifests_of(after), held), controller.live))

    assert expected == {name: serving(controller.live, name) for name in expected}
    controller.apply(plan_of(desired_of(manifests_of(after)), controller.live))
    assert plan_of(desired_of(manifests_of(after)), controller.live).is_empty


A = Owner(kind=OwnerKind.SERVICE, namespace="shop", name="a")
WAITS = "it keeps serving Service shop/a until {} can: that owner is {}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            [load_balancer("a", address="10.10.10.50")],
            [
                load_balancer("a", address="10.10.10.50", shared_vip="k"),
                load_balancer("b", port=26, address="10.10.10.60", shared_vip="k"),
            ],
            ["Service shop/a: " + WAITS.format("SharedVip shop/k", "held")],
            id="joins a shared VIP whose members disagree",
        ),
        pytest.param(
            [load_balancer("a")],
            [load_balancer("a", shared_vip="k"), load_balancer("b", shared_vip="k")],
            ["Service shop/a: " + WAITS.format("SharedVip shop/k", "held")],
            id="joins a shared VIP on which its port is taken",
        ),
        pytest.param(
            [load_balancer("a")],
            [service("a", gateway="g", ports=(25,)), gateway("g", ports=(25,), label_name="other")],
            ["Service shop/a: " + WAITS.format("Gateway shop/g", "held")],
            id="moves behind a Gateway that is held",
        ),
        pytest.param(
            [load_balancer("a")],
            [service("a", gateway="g", ports=(25,))],
            ["Service shop/a: it serves Service shop/a, which is in Git: Gateway shop/g is not in the tree"],
            id="moves behind a Gateway that is not there",
        ),
        pytest.param(
            [load_balancer("a")],
            [service("a", gateway="g", ports=(25,)), gateway("g", ports=(26,))],
            [
                "Service shop/a: it keeps serving Service shop/a until Gateway shop/g can: "
                "that owner has no port for it or is not served"
            ],
            id="moves behind a Gateway without a listener for it",
        ),
        pytest.param(
            [load_balancer("a", shared_vip="k"), load_balancer("b", port=26, shared_vip="k")],
            [load_balancer("a", address="10.10.10.300"), load_balancer("b", port=26, shared_vip="k")],
            ["SharedVip shop/k: " + WAITS.format("Service shop/a", "held")],
            id="leaves a shared VIP and cannot be served alone",
        ),
    ],
)
def test_a_predecessor_is_held_with_the_reason(
    before: Sequence[Manifest], after: Sequence[Manifest], expected: list[str]
) -> None:
    """Whatever the two owners are: nothing is deleted, and nothing is said to be gone from Git."""
    controller = converged(*before)

    plan = plan_of(desired_of(after), controller.live)

    assert (why(plan), plan.count(Action.DELETE), plan.count(Action.UPDATE)) == (expected, 0, 0)


def test_a_successor_that_a_switch_does_not_serve_takes_nothing_over() -> None:
    """Gateways are ignored: the Service would be served by nobody."""
    controller = converged(load_balancer("a"))
    values = {**VALUES, "AKOSettings": {**VALUES["AKOSettings"], "servicesAPI": False}}

    plan = plan_of(desired_of([gateway("g"), service("a", gateway="g")], values=values), controller.live)

    assert plan.is_empty
    assert "until Gateway shop/g can" in why(plan)[0]


def test_a_successor_that_is_held_for_what_is_live_takes_nothing_over() -> None:
    """Its name is taken on the Controller, which the source cannot know."""
    controller = at_home(a="own")
    controller.put({"name": "test--shop-k1", "vip": []}, "VsVip")

    plan = plan_of(desired_of(manifests_of({"a": "k1"})), controller.live)

    assert plan.is_empty
    assert [held.name for held in plan.held] == ["test--shop-a", "test--shop-k1"]


def test_holding_a_predecessor_holds_whoever_waits_for_a_service_of_its_own() -> None:
    """`b` cannot leave g1 for k1, so g1 stays as it is and cannot take `a` in: k2 keeps it."""
    controller = at_home(a="k2", b="g1", c="k2")

    plan = plan_of(desired_of(manifests_of({"a": "g1", "b": "k1", "c": "k2"}), [HOMES["k1"]]), controller.live)

    assert plan.is_empty
    assert [str(held.owner) for held in plan.held] == ["Gateway shop/g1", "SharedVip shop/k1", "SharedVip shop/k2"]


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        pytest.param([], "is no longer in Git", id="gone"),
        pytest.param([service("a", gateway="")], "is of type ClusterIP", id="another type"),
        pytest.param([load_balancer("a", shared_vip="k")], "shares the VIP of SharedVip shop/k", id="shares a VIP"),
        pytest.param(
            [{**load_balancer("a"), "spec": {**load_balancer("a")["spec"], "loadBalancerClass": "example.com/lb"}}],
            "is not served: its loadBalancerClass is example.com/lb",
            id="somebody else's",
        ),
    ],
)
def test_what_nobody_waits_for_goes_with_a_true_reason(after: Sequence[Manifest], reason: str) -> None:
    """Git proves that nobody wants it, and the plan says how."""
    controller = converged(load_balancer("a"))

    plan = plan_of(desired_of(after), controller.live)

    assert {change.reason for change in plan.changes if change.owner == A} == {f"{A} {reason}"}


def test_a_gateway_that_is_gone_takes_its_labelled_services_along() -> None:
    """The labels still name it, but nobody else: there is no successor to wait for."""
    controller = converged(gateway("g"), service("a", gateway="g"))

    plan = plan_of(desired_of([service("a", gateway="g")]), controller.live)

    assert len(plan.changes) == 4


@pytest.mark.parametrize(
    ("is_moved", "expected"),
    [
        pytest.param(False, [f"{A}: it keeps serving Service shop/a until SharedVip shop/k1 can: that owner is "
                             "not part of this run"], id="not served there yet"),
        pytest.param(True, [], id="served there already"),
    ],
)  # fmt: skip
def test_a_run_for_the_predecessor_alone_waits_for_the_other_one(is_moved: bool, expected: list[str]) -> None:
    """What is not selected does not change in this run."""
    controller = at_home(a="own")
    desired = desired_of(manifests_of({"a": "k1"}))
    if is_moved:
        moved = plan_of(desired, controller.live, policy=Policy.UPSERT_ONLY)
        controller.apply(moved)

    plan = plan_of(desired, controller.live, selection=Selection(owners=frozenset({A})))

    assert (why(plan), plan.is_empty) == (expected, not is_moved)


def test_a_service_of_another_namespace_is_told_from_its_namesake() -> None:
    """A Gateway serves `other/a`; that `shop/a` waits for a held owner is nothing to it."""
    labels = service("a", gateway="g1")["metadata"]["labels"]
    guest = {**service("a", ports=(81,)), "metadata": {"name": "a", "namespace": "other", "labels": labels}}
    controller = converged(gateway("g1", ports=(81,)), guest, load_balancer("a"))
    after = [{**guest, "metadata": {"name": "a", "namespace": "other"}}, load_balancer("a", shared_vip="k1")]

    plan = plan_of(desired_of(after, [HOMES["k1"]]), controller.live)

    assert [str(held.owner) for held in plan.held] == [str(A), "SharedVip shop/k1"]
    assert {str(change.owner) for change in plan.changes} == {"Gateway shop/g1"}


@pytest.mark.parametrize("shared", ["", "k"], ids=["its own VIP", "a shared VIP"])
def test_a_service_that_does_not_state_its_type_keeps_what_is_live(shared: str) -> None:
    """A lost line `type: LoadBalancer` makes a ClusterIP Service of it, and proves nothing."""
    others = [load_balancer("b", port=26, shared_vip=shared)] if shared else []
    manifest = load_balancer("a", shared_vip=shared)
    spec = {key: value for key, value in manifest["spec"].items() if key != "type"}
    controller = converged(manifest, *others)

    plan = plan_of(desired_of([{**manifest, "spec": spec}, *others]), controller.live)

    assert (plan.is_empty, [held.owner.namespace for held in plan.held]) == (True, ["shop"])
    assert "does not state its type" in plan.problems[0].message
