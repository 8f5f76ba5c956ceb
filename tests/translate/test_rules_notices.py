"""What the authors of manifests are told, where the tree alone does not do what they must have meant."""

from typing import Any

import pytest

from sync.model.facts import Facts
from sync.model.resources.core import Node, NodeSpec
from tests.builders import (
    make_endpoint,
    make_gateway,
    make_load_balancer,
    make_metadata,
    make_origin,
    make_service,
    make_settings,
    make_slice,
    translated,
    warnings_of,
)

SHARED_VIP = "ako.vmware.com/enable-shared-vip"


def reasons_of(found: Any) -> dict[str, str]:
    """Why each Service is or is not scheduled, by name."""
    return {status.name: status.conditions[0].reason for status in found.statuses if status.kind == "Service"}


# --- shared VIPs ------------------------------------------------------------------------------------------------------


def test_the_status_of_a_member_tells_what_holds_it() -> None:
    """One member is of another class: that one is not served, the others are held."""
    ours = make_load_balancer("a", annotations={SHARED_VIP: "both"})
    theirs = make_load_balancer("b", annotations={SHARED_VIP: "both"}, load_balancer_class="example.com/other", port=80)

    found = translated(ours, theirs, make_slice("a"), make_slice("b"))

    assert reasons_of(found) == {"a": "Held", "b": "NotServed"}


# --- back ends --------------------------------------------------------------------------------------------------------


def test_nothing_stays_where_manifests_alone_count() -> None:
    """With `backends: manifest` a Service without EndpointSlice loses its live servers, and the warning must say so."""
    found = translated(make_gateway(), make_service(), settings=make_settings(SyncSettings={"backends": "manifest"}))

    (warning,) = warnings_of(found)
    assert "live servers stay" not in warning


@pytest.mark.parametrize(
    ("ports", "endpoints"),
    [
        pytest.param({"port_name": "other", "port": 9999}, [make_endpoint(), make_endpoint("192.0.2.11")], id="port"),
        pytest.param({"protocol": "UDP"}, ["192.0.2.10"], id="protocol"),
        pytest.param({"port": 8443}, ["2001:db8::10"], id="family"),
    ],
)
def test_back_ends_of_which_none_serves_the_port_are_told(ports: dict[str, Any], endpoints: list[Any]) -> None:
    """Git holds back ends and yet the pool is empty: the author must have meant something else."""
    slices = [make_slice(name="one", endpoints=endpoints, **ports), make_slice(name="two", port=1, port_name="x")]

    found = translated(make_gateway(), make_service(), *slices)

    assert len(warnings_of(found)) == 1


# --- routes to pods ---------------------------------------------------------------------------------------------------


def make_routed_node(pod_cidr: str) -> Node:
    """A Node with a network of pods."""
    return Node(metadata=make_metadata("n1"), origin=make_origin("Node", "n1"), spec=NodeSpec(pod_cidr=pod_cidr))


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        pytest.param({}, {"static_routes": {"global": frozenset({"10.244.0.0/24"})}}, id="global"),
        pytest.param(
            {"ControllerSettings": {"vrfName": "blue"}},
            {"static_routes": {"blue": frozenset({"10.244.0.0/24"})}},
            id="the setting's",
        ),
        pytest.param(
            {},
            {"network_vrf": {"vips": "blue"}, "static_routes": {"blue": frozenset({"10.244.0.0/24"})}},
            id="that of the network",
            marks=pytest.mark.xfail(strict=True, reason="the routes of VRF global are looked at instead"),
        ),
        pytest.param({}, {"static_routes": None}, id="nobody looked"),
    ],
)
def test_a_node_whose_pods_have_a_route_is_not_mentioned(settings: dict[str, Any], facts: dict[str, Any]) -> None:
    """The route counts in the VRF of the owners' objects, wherever that comes from (ako-semantics §8)."""
    found = translated(make_routed_node("10.244.0.0/24"), settings=make_settings(**settings), facts=Facts(**facts))

    assert warnings_of(found) == []
