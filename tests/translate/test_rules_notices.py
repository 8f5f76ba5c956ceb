"""Notices for the authors of manifests, where the tree alone does not do what they must have meant."""

from typing import Any

import pytest

from sync.model.facts import CloudFacts, Facts
from sync.model.resources.core import Node, NodeSpec
from tests.shared.builders import (
    CONTROLLER,
    make_endpoint,
    make_facts,
    make_gateway,
    make_l4_rule,
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


@pytest.mark.parametrize(
    ("classes", "settings", "expected"),
    [
        pytest.param((None, None), {}, {"a": "NotServed", "b": "NotServed"}, id="nobody is ours"),
        pytest.param((CONTROLLER, CONTROLLER), {}, {"a": "Translated", "b": "Translated"}, id="all are ours"),
        pytest.param((CONTROLLER, None), {}, {"a": "Held", "b": "NotServed"}, id="one is ours"),
        pytest.param((CONTROLLER, None), {"layer7Only": True}, {"a": "NotServed", "b": "NotServed"}, id="layer 7 only"),
    ],
)
def test_a_shared_vip_is_served_whole_or_not_at_all(
    classes: tuple[str | None, str | None], settings: dict[str, Any], expected: dict[str, str]
) -> None:
    """AKO deletes the VIP of all for a member without class, without `defaultLBController` (AKO-SHARED-VIP-CLASS)."""
    members = [
        make_load_balancer(name, annotations={SHARED_VIP: "both"}, load_balancer_class=own_class, port=port)
        for name, own_class, port in zip("ab", classes, (80, 81), strict=True)
    ]
    chosen = make_settings(AKOSettings=settings, L4Settings={"defaultLBController": False})

    found = translated(*members, make_slice("a"), make_slice("b"), settings=chosen)

    assert reasons_of(found) == expected
    assert bool(found.specs) is ("Translated" in expected.values())
    assert [held.name for held in found.held] == (["north--shop-both"] if "Held" in expected.values() else [])


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
        pytest.param({"address_type": "IPv6"}, ["2001:db8::10"], id="family"),
    ],
)
def test_back_ends_of_which_none_serves_the_port_are_told(ports: dict[str, Any], endpoints: list[Any]) -> None:
    """Git holds back ends and yet the pool is empty: the author must have meant something else."""
    slices = [make_slice(name="one", endpoints=endpoints, **ports), make_slice(name="two", port=1, port_name="x")]

    found = translated(make_gateway(), make_service(), *slices)

    assert len(warnings_of(found)) == 1


# --- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["fast", "shop/fast", "other/fast", ""])
def test_a_rule_that_nothing_refers_to_is_told(reference: str) -> None:
    """With or without its namespace; one of another namespace is another one."""
    rule = make_l4_rule("fast")
    service = make_load_balancer("mail", annotations={"ako.vmware.com/l4rule": reference})

    found = translated(service, rule, make_slice("mail"))

    told = [problem for problem in found.problems if problem.message == "nothing refers to this L4Rule"]
    assert bool(told) is (reference not in ("fast", "shop/fast"))


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "domains", "place"),
    [
        pytest.param({"NetworkSettings": {"defaultDomain": "c.example"}}, ["a.example"], "NetworkSettings", id="1"),
        pytest.param({"L4Settings": {"defaultDomain": "c.example"}}, ["a.example"], "L4Settings", id="2"),
        pytest.param({"L4Settings": {"defaultDomain": "a.example"}}, ["b.example", "a.example"], "", id="there"),
        pytest.param({"L4Settings": {"defaultDomain": "c.example"}}, [], "", id="the cloud has none"),
        pytest.param({}, ["a.example"], "", id="none requested"),
    ],
)
def test_a_default_domain_that_the_cloud_does_not_have_is_told(
    settings: dict[str, Any], domains: list[str], place: str
) -> None:
    """AKO takes another one in silence (AKO-DNS-DOMAIN)."""
    found = translated(settings=make_settings(**settings), facts=make_facts(domains=domains))

    said = [(p.field_text, p.message) for p in found.problems if "DNS domain" in p.message]
    message = "the cloud has no DNS domain c.example: names use a.example instead"
    assert said == ([(f"{place}.defaultDomain", message)] if place else [])


# --- routes to pods ---------------------------------------------------------------------------------------------------


SERVED = (make_gateway(), make_service(), make_slice())


def make_routed_node(pod_cidr: str) -> Node:
    """A Node with a network of pods."""
    return Node(metadata=make_metadata("n1"), origin=make_origin("Node", "n1"), spec=NodeSpec(pod_cidr=pod_cidr))


PLACES = [
    pytest.param({}, {}, "global", id="global"),
    pytest.param({"ControllerSettings": {"vrfName": "blue"}}, {}, "blue", id="the setting's"),
    pytest.param({}, {"network_vrf": {"vips": "blue"}}, "blue", id="that of the network"),
]


@pytest.mark.parametrize("routes", [{"10.244.0.0/24"}, {"10.244.0.0/16"}])
@pytest.mark.parametrize(("settings", "facts", "vrf"), PLACES)
def test_a_node_whose_pods_have_a_route_is_not_mentioned(
    settings: dict[str, Any], facts: dict[str, Any], vrf: str, routes: set[str]
) -> None:
    """The route counts in the VRF of the owners' objects, wherever that comes from (AKO-VRF)."""
    known = Facts(**facts, static_routes={vrf: frozenset(routes)})

    found = translated(*SERVED, make_routed_node("10.244.0.0/24"), settings=make_settings(**settings), facts=known)

    assert warnings_of(found) == []


@pytest.mark.parametrize("routes", [set(), {"10.244.1.0/24"}, {"0.0.0.0/0"}, {"2001:db8::/32"}])
@pytest.mark.parametrize(("settings", "facts", "vrf"), PLACES)
def test_a_node_whose_pods_have_no_route_is_mentioned(
    settings: dict[str, Any], facts: dict[str, Any], vrf: str, routes: set[str]
) -> None:
    """A route of another VRF does not help, and a default route leads elsewhere."""
    known = Facts(**facts, static_routes={vrf: frozenset(routes), "other": frozenset({"10.244.0.0/24"})})

    found = translated(*SERVED, make_routed_node("10.244.0.0/24"), settings=make_settings(**settings), facts=known)

    assert warnings_of(found) == [f"VRF {vrf} has no route to the pods of this Node (10.244.0.0/24)"]


@pytest.mark.parametrize(
    ("items", "settings", "facts"),
    [
        pytest.param(SERVED, {}, Facts(static_routes=None), id="nobody looked"),
        pytest.param((), {}, Facts(static_routes={}), id="nobody is served"),
        pytest.param(
            SERVED,
            {"NetworkSettings": {"nsxtT1LR": "/infra/tier-1s/t1"}},
            Facts(static_routes={}, cloud=CloudFacts(vtype="CLOUD_NSXT")),
            id="a T1 router knows the way",
        ),
    ],
)
def test_routes_are_not_mentioned_where_they_do_not_matter(items: Any, settings: dict[str, Any], facts: Facts) -> None:
    """Or where nobody can tell."""
    found = translated(*items, make_routed_node("10.244.0.0/24"), settings=make_settings(**settings), facts=facts)

    assert warnings_of(found) == []
