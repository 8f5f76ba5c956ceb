"""A manifest that is there and nearly right proves nothing: what is live for it stays."""

from collections.abc import Mapping
from typing import Any

import pytest

from sync.model.desired import Owner, OwnerKind
from sync.model.plan import Action, Plan
from sync.model.problem import Severity
from tests.shared.perfect_controller import converged, plan_for
from tests.shared.tree import Manifest, endpoints, gateway, load_balancer, service

NAME, NAMESPACE = "ako.vmware.com/gateway-name", "ako.vmware.com/gateway-namespace"
WEB = gateway("web", ports=(80, 443))
FRONT = service("front")
SLICE = endpoints("front")


def held_by(plan: Plan) -> list[tuple[str, str]]:
    """The file that holds each owner, and why."""
    errors = (problem for problem in plan.problems if problem.severity is Severity.ERROR)
    return [(problem.file, f"{problem.resource}: {problem.message.removeprefix('held: ')}") for problem in errors]


def labelled(labels: Mapping[str, str]) -> Manifest:
    """The Service with other labels."""
    return {**FRONT, "metadata": {**FRONT["metadata"], "labels": labels}}


def renamed(manifest: Manifest, **metadata: Any) -> Manifest:
    """A manifest with another name or namespace."""
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


RIGHT = {NAME: "web", NAMESPACE: "shop"}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        pytest.param({**RIGHT, NAME: "webb"}, "Gateway shop/webb is not in the tree", id="misspelt name"),
        pytest.param({**RIGHT, NAME: "other"}, "Gateway shop/other is not in the tree", id="another name"),
        pytest.param({**RIGHT, NAMESPACE: "shpo"}, "Gateway shpo/web is not in the tree", id="misspelt namespace"),
        pytest.param({NAME: "web"}, f"without the label {NAMESPACE} it belongs to no Gateway", id="namespace lost"),
        pytest.param({NAMESPACE: "shop"}, f"without the label {NAME} it belongs to no Gateway", id="name lost"),
        pytest.param(
            {NAMESPACE: "shop", "ako.vmware.com/gateway-nam": "web"},
            "unknown label ako.vmware.com/gateway-nam",
            id="misspelt key",
        ),
    ],
)
def test_a_gateway_keeps_the_pool_of_a_service_whose_labels_are_nearly_right(
    labels: Mapping[str, str], reason: str
) -> None:
    """It is held, at the place of the Service."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, WEB, labelled(labels), SLICE)

    expected = f"Gateway shop/web: it serves Service shop/front, which is in Git: {reason}"
    assert (plan.is_empty, held_by(plan)) == (True, [("all.yaml", expected)])


@pytest.mark.parametrize(
    ("after", "deleted"),
    [
        pytest.param([WEB], 2, id="the Service is gone"),
        pytest.param([WEB, labelled({})], 2, id="it carries neither label"),
        pytest.param([WEB, gateway("other"), labelled({**RIGHT, NAME: "other"})], 2, id="another Gateway serves it"),
        pytest.param([gateway("web", ports=(443,)), FRONT], 1, id="the listener is gone"),
        pytest.param([WEB, {**FRONT, "spec": {"ports": [{"port": 8080}]}}], 1, id="the port is gone"),
        pytest.param([FRONT], 4, id="the Gateway is gone"),
    ],
)
def test_a_pool_goes_where_git_proves_that_nobody_wants_it(after: list[Manifest], deleted: int) -> None:
    """Deliberate changes are carried out at once."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, *after, SLICE)

    assert (plan.count(Action.DELETE), plan.held) == (deleted, ())


def test_a_gateway_may_be_renamed_together_with_the_labels_of_its_services() -> None:
    """However near the two names are: all that belongs to it says the new one."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, gateway("wab", ports=(80, 443)), labelled({**RIGHT, NAME: "wab"}), SLICE)

    assert (plan.count(Action.DELETE), plan.count(Action.CREATE), plan.held) == (4, 4, ())


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param({**WEB, "apiVersion": "gateway.networking.k8s.io/v1"}, id="Gateway API v1"),
        pytest.param({**WEB, "apiVersion": "gateway.networking.k8s.io/v1beta1"}, id="Gateway API v1beta1"),
        pytest.param({**WEB, "apiVersion": "networking.istio.io/v1"}, id="Istio"),
    ],
)
def test_a_live_gateway_stays_while_a_manifest_of_another_group_has_its_name(manifest: Manifest) -> None:
    """A group that is not served deletes none of its objects."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, manifest, FRONT, SLICE)

    expected = f"Gateway shop/web: its manifest is of {manifest['apiVersion']}, which is not served"
    assert (plan.is_empty, held_by(plan)) == (True, [("all.yaml", expected)])


def test_somebody_elses_gateway_is_no_matter_where_nothing_live_has_its_name() -> None:
    """Istio's Gateway of another name, and one beside the Gateway that is ours."""
    other = {**WEB, "apiVersion": "networking.istio.io/v1"}

    live = converged(WEB, FRONT, SLICE, other, renamed(other, name="mesh")).live

    assert plan_for(live, FRONT, SLICE, renamed(other, name="mesh")).count(Action.DELETE) == 4


@pytest.mark.parametrize("before", [[WEB, FRONT], [load_balancer("front")]], ids=["behind a Gateway", "of its own"])
def test_a_live_service_stays_while_a_manifest_of_another_group_has_its_name(before: list[Manifest]) -> None:
    """Knative has Services, too; one that has the name of a live one may have been meant for it."""
    live = converged(*before).live

    plan = plan_for(live, *before[:-1], {**before[-1], "apiVersion": "serving.knative.dev/v1"})

    assert plan.is_empty
    assert "its manifest is of serving.knative.dev/v1, which is not served" in held_by(plan)[0][1]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({key: value for key, value in WEB["metadata"].items() if key != "namespace"}, id="no namespace"),
        pytest.param({"name": "web", "namespace": "shpo"}, id="misspelt namespace"),
        pytest.param({"name": "wweb", "namespace": "shop"}, id="misspelt name"),
    ],
)
def test_a_live_gateway_stays_while_what_may_be_meant_for_it_is_held(after: Mapping[str, str]) -> None:
    """Its listeners still select by the right labels, so the misspelt one is held."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, {**WEB, "metadata": after}, FRONT, SLICE)

    assert plan.is_empty
    assert "Gateway shop/web: it is not in Git, but Gateway" in held_by(plan)[0][1]
    assert "(all.yaml:" in held_by(plan)[0][1]


def test_what_the_plan_holds_may_be_meant_for_a_live_owner_too() -> None:
    """Its name is taken on the Controller, which the source cannot know."""
    controller = converged(load_balancer("relay"))
    controller.put({"name": "test--shop-relays", "vip": []}, "VsVip")

    plan = plan_for(controller.live, load_balancer("relays"))

    owners = [Owner(kind=OwnerKind.SERVICE, namespace="shop", name=name) for name in ("relay", "relays")]
    assert (plan.is_empty, [held.owner for held in plan.held]) == (True, owners)


def test_a_held_owner_of_another_name_keeps_nobody_alive() -> None:
    """A Gateway that is gone goes, whatever else is held."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, gateway("payments", label_name="other"))

    assert plan.count(Action.DELETE) == 4


def test_a_service_that_cannot_be_used_and_has_lost_its_labels_keeps_its_pool() -> None:
    """Nothing tells any more that it belongs to the Gateway, and nothing that it does not."""
    live = converged(WEB, FRONT, SLICE).live
    broken = {**labelled({}), "spec": {"ports": [{"name": "p80", "port": "eighty"}]}}

    plan = plan_for(live, WEB, broken, SLICE)

    assert plan.changes == ()
    (message,) = [problem.message for problem in plan.problems if problem.severity is Severity.ERROR]
    assert "it serves Service shop/front, which is in Git: its manifest cannot be used" in message


def test_a_shared_vip_keeps_a_member_that_would_leave_it_for_one_of_nearly_its_name() -> None:
    """Nothing but the name brings members together; one of quite another name is another VIP."""
    members = [load_balancer("a", shared_vip="voice"), load_balancer("b", port=26, shared_vip="voice")]
    live = converged(*members).live

    misspelt = plan_for(live, members[0], load_balancer("b", port=26, shared_vip="voicee"))
    moved = plan_for(live, members[0], load_balancer("b", port=26, shared_vip="mail"))

    assert (misspelt.is_empty, [str(held.owner) for held in misspelt.held]) == (
        True,
        ["SharedVip shop/voice", "SharedVip shop/voicee"],
    )
    assert (moved.count(Action.DELETE), moved.held) == (1, ())


def test_a_service_that_was_renamed_by_mistake_keeps_its_pool() -> None:
    """Its EndpointSlice still names it as before; a Service without a slice in Git may be renamed."""
    live = converged(WEB, FRONT, SLICE).live

    plan = plan_for(live, WEB, renamed(FRONT, name="frontt"), SLICE)

    assert plan.is_empty
    assert plan_for(live, WEB, renamed(FRONT, name="frontt")).count(Action.DELETE) == 1


def test_a_member_of_a_shared_vip_that_lost_its_namespace_keeps_its_pool() -> None:
    """It would be a VIP of its own in another namespace, and its EndpointSlice stays behind."""
    members = [load_balancer("a", shared_vip="voice"), load_balancer("b", port=26, shared_vip="voice")]
    slices = [endpoints("a", ports=(25,)), endpoints("b", ports=(26,))]
    live = converged(*members, *slices).live

    plan = plan_for(live, members[0], renamed(members[1], namespace="default"), *slices)

    assert plan.is_empty
    assert "Service shop/b is not in the tree" in held_by(plan)[0][1]
