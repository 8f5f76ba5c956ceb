"""Laws of translation over trees of every kind of owner: Gateways, LoadBalancer Services, shared VIPs, with L4Rules."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.desired import Source, make_desired, offline
from sync.model.desired import DesiredState
from sync.model.problem import Problem, Severity
from sync.model.resources.ako import BackendProperties, ListenerProperties, VipNetwork
from sync.model.resources.core import Protocol
from tests.shared.builders import (
    L4_RULE,
    OWN_TEMPLATES,
    attached_to,
    make_broken,
    make_gateway,
    make_gateway_class,
    make_infra_setting,
    make_l4_rule,
    make_listener,
    make_load_balancer,
    make_namespace,
    make_node,
    make_pod,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    make_snapshot,
    make_tree_of,
)

SHARED_VIP = "ako.vmware.com/enable-shared-vip"
INFRA_SETTING = "aviinfrasetting.ako.vmware.com/name"
TENANT = "ako.vmware.com/tenant-name"

MADE_HERE = {"l4policyset", "pool", "virtualservice", "vsvip"}
"""What a tree makes itself; every other type belongs to whoever runs the Controller."""


def desired_of(items: Sequence[Any], *, problems: tuple[Problem, ...] = (), **sections: Any) -> DesiredState:
    """What a tree requests, as `render` and `validate` see it."""
    source = Source(
        snapshot=make_snapshot({}),
        settings=make_settings(**sections),
        resources=make_tree_of(*items),
        templates=OWN_TEMPLATES,
        problems=problems,
    )
    return offline(make_desired(source, None))


# --- names and references ---------------------------------------------------------------------------------------------

RICH_RULE = make_l4_rule(
    "rich",
    application_profile_ref="System-SSL-Application",
    ssl_profile_ref="Own-SSL",
    ssl_key_and_certificate_refs=("key",),
    network_security_policy_ref="Own-Network-Policy",
    security_policy_ref="Own-Policy",
    vs_datascript_refs=("script",),
    listener_properties=(ListenerProperties(port=443, protocol="TCP", enable_ssl=True),),
    backend_properties=(
        BackendProperties(
            port=443,
            protocol=Protocol.TCP,
            health_monitor_refs=("probe",),
            application_persistence_profile_ref="Own-Persistence",
            pki_profile_ref="Own-PKI",
            ssl_profile_ref="Own-SSL",
            ssl_key_and_certificate_ref="client-key",
        ),
    ),
)
ITEMS = (
    make_gateway(),
    make_gateway("c", "shop-a"),
    make_gateway("a-c", "shop"),
    make_gateway(
        "mixed",
        listeners=[
            make_listener(53, protocol, gateway=("shop", "mixed"), hostname=hostname)
            for protocol, hostname in (("TCP", None), ("UDP", "dns.example.com"), ("HTTP", None))
        ],
    ),
    make_service(),
    make_service("dns", gateway=("shop", "mixed"), port=53, protocol="UDP"),
    make_service("stray", "desk", gateway=("shop", "mixed"), port=53),
    make_load_balancer("web"),
    make_load_balancer("tls", annotations={L4_RULE: "rich"}),
    make_load_balancer("one", annotations={SHARED_VIP: "both", L4_RULE: "plain"}),
    make_load_balancer("two", port=80, annotations={SHARED_VIP: "both", L4_RULE: "plain"}),
    make_load_balancer("three", port=80, annotations={SHARED_VIP: "both"}),
    make_load_balancer("apart", "shop-a", annotations={INFRA_SETTING: "edge"}),
    make_slice(),
    make_slice("tls"),
    make_slice("one"),
    make_namespace(annotations={TENANT: "retail & co"}),
    make_namespace("shop-a", annotations={INFRA_SETTING: "edge"}),
    make_infra_setting(se_group="edge group", vip_networks=[VipNetwork(network_name="edge & vips")]),
    make_l4_rule("plain", backend_properties=(BackendProperties(port=443, protocol=Protocol.TCP),)),
    RICH_RULE,
)


def references_in(value: Any) -> set[str]:
    """Every reference in a body; the name of a policy's rule is written like one."""
    if isinstance(value, dict):
        return {reference for item in value.values() for reference in references_in(item)}
    if isinstance(value, list):
        return {reference for item in value for reference in references_in(item)}
    return {value} if isinstance(value, str) and value.startswith("/api/") else set()


@given(st.lists(st.sampled_from(ITEMS), unique_by=id), st.booleans())
@settings(max_examples=30, deadline=None)
def test_names_are_unique_and_references_lead_to_what_is_rendered(items: list[Any], is_encoded: bool) -> None:
    """No two objects of a kind share a name, even across tenants; a reference to a kind of ours is to one of ours."""
    desired = desired_of(items, AKOSettings={"enableEVH": is_encoded})

    objects = list(desired)
    assert len({(item.key.kind, item.key.name) for item in objects}) == len(objects)
    made = {(item.key.tenant, item.key.kind.lower(), item.key.name) for item in objects}
    for item in objects:
        for reference in references_in(item.body):
            kind, _, name = reference.removeprefix("/api/").partition("?name=")
            assert kind not in MADE_HERE or (item.key.tenant, kind, name) in made


@given(st.lists(st.sampled_from(ITEMS), unique_by=id), st.booleans())
@settings(max_examples=30, deadline=None)
def test_an_owner_is_whole_or_held(items: list[Any], is_encoded: bool) -> None:
    """Of a held owner nothing is rendered and an error says why; of any other one VirtualService and one VsVip."""
    desired = desired_of(items, AKOSettings={"enableEVH": is_encoded})

    kinds = defaultdict(list)
    for item in desired:
        kinds[item.owner_name].append(item.key.kind)
    held = {item.name for item in desired.held}
    assert not held & kinds.keys()
    assert bool(held) == any(problem.severity == "error" for problem in desired.problems)
    for found in kinds.values():
        assert (found.count("VirtualService"), found.count("VsVip"), found.count("L4PolicySet") <= 1) == (1, 1, True)


# --- severities -------------------------------------------------------------------------------------------------------

BROKEN = (
    make_broken("Gateway", "web", "shop"),
    make_broken("GatewayClass", "avi"),
    make_broken("GatewayClass", "other"),
    make_broken("AviInfraSetting", "edge"),
    make_broken("AviInfraSetting", "other"),
    make_broken("L4Rule", "plain", "shop"),
    make_broken("L4Rule", "other", "shop"),
    make_broken("Namespace", "shop-a"),
    make_broken("Namespace", "elsewhere"),
    make_broken("EndpointSlice", "x", "shop", labels={"kubernetes.io/service-name": "front"}),
    make_broken("EndpointSlice", "y", "shop", labels={"kubernetes.io/service-name": "other"}),
    make_broken("Endpoints", "web", "shop"),
    make_broken("Node", "n9"),
    make_broken("Pod", "p", "shop", labels={"app": "front"}),
    make_broken("Service", "plain", "shop", service_type="ClusterIP"),
    make_broken("Service", "back", "shop", service_type="ClusterIP", labels=attached_to()),
    make_broken("Service", "direct", "shop", service_type="LoadBalancer"),
    make_broken("Service", "third", "shop", service_type="LoadBalancer", annotations={SHARED_VIP: "both"}),
    make_broken("Service", "what", "shop"),
)
MODES = st.fixed_dictionaries(
    {
        "L7Settings": st.sampled_from(["ClusterIP", "NodePort", "NodePortLocal"]).map(
            lambda mode: {"serviceType": mode}
        ),
        "SyncSettings": st.sampled_from(["auto", "manifest", "ignore"]).map(lambda backends: {"backends": backends}),
    }
)
SOUND = (
    *ITEMS,
    make_load_balancer("pods", selector={"app": "front"}),
    make_load_balancer("nodes", ports=[make_service_port(80, node_port=30080)]),
    make_node(),
    make_node("n2", "192.0.2.300"),
    make_pod(labels={"app": "front"}),
)


@given(st.lists(st.sampled_from(SOUND), unique_by=id), st.lists(st.sampled_from(BROKEN), unique_by=id), MODES)
@example([make_load_balancer("web")], list(BROKEN), {})
@settings(max_examples=100, deadline=None)
def test_there_is_an_error_exactly_where_something_is_held_or_nothing_is_usable(
    items: list[Any], broken: list[Any], sections: dict[str, Any]
) -> None:
    """An owner, or the live servers of a Node; everything else is a warning, in whatever tree."""
    told = tuple(
        Problem(severity=Severity.ERROR, message="broken", fix="correct it", origin=item.origin) for item in broken
    )

    desired = desired_of([*items, *broken], problems=told, **sections)

    is_held = bool(desired.held) or any(item.unknown_servers for item in desired)
    errors = [problem for problem in desired.problems if problem.severity is Severity.ERROR]
    assert bool(errors) == (is_held or bool(broken and not desired.objects))
    assert len({p.origin for p in desired.problems} & {p.origin for p in told}) == len({p.origin for p in told})


NEEDED = {
    "Gateway": make_broken("Gateway", "x", "desk"),
    "GatewayClass": make_broken("GatewayClass", "avi"),
    "EndpointSlice": make_broken("EndpointSlice", "x", "shop", labels={"kubernetes.io/service-name": "front"}),
    "Service": make_broken("Service", "back", "shop", service_type="ClusterIP", labels=attached_to()),
    "AviInfraSetting": make_broken("AviInfraSetting", "edge"),
    "L4Rule": make_broken("L4Rule", "lost", "shop"),
    "Namespace": make_broken("Namespace", "shop-a"),
}
IDLE = {
    "Gateway": None,
    "GatewayClass": make_broken("GatewayClass", "other"),
    "EndpointSlice": make_broken("EndpointSlice", "y", "shop", labels={"kubernetes.io/service-name": "other"}),
    "Service": make_broken("Service", "plain", "shop", service_type="ClusterIP"),
    "AviInfraSetting": make_broken("AviInfraSetting", "other"),
    "L4Rule": make_broken("L4Rule", "other", "shop"),
    "Namespace": make_broken("Namespace", "elsewhere"),
}
USERS = (
    make_gateway(),
    make_gateway_class(),
    make_gateway_class("edged", infra_setting="edge"),
    make_gateway("edged", "desk", gateway_class="edged"),
    make_service(),
    make_load_balancer("ruled", annotations={L4_RULE: "lost"}),
    make_load_balancer("apart", "shop-a", annotations={INFRA_SETTING: "edge"}),
    make_load_balancer("sound", "desk"),
)


@pytest.mark.parametrize("kind", NEEDED)
def test_only_a_broken_manifest_that_something_depends_on_is_an_error(kind: str) -> None:
    """Beside one of the same kind that nothing depends on."""
    both = [item for item in (NEEDED[kind], IDLE[kind]) if item is not None]
    told = tuple(Problem(severity=Severity.ERROR, message=item.name, fix="", origin=item.origin) for item in both)

    desired = desired_of([*USERS, *both], problems=told)

    found = {
        problem.message: problem.severity
        for problem in desired.problems
        if problem.message in {p.message for p in told}
    }
    assert found[both[0].name] is Severity.ERROR
    assert [found[item.name] for item in both[1:]] == [Severity.WARNING] * len(both[1:])


# --- addresses --------------------------------------------------------------------------------------------------------

ADDRESSES = ("10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:0DB8:0::0001")
USUAL = {"2001:0DB8:0::0001": "2001:db8::1"}
ASKING = ("gateway", "field", "annotation", "rule", "shared")


def asking(way: str, name: str, address: str) -> list[Any]:
    """An owner that requests an address in one of the ways that there are."""
    match way:
        case "gateway":
            return [make_gateway(name, addresses=[address])]
        case "field":
            return [make_load_balancer(name, load_balancer_ip=address)]
        case "annotation":
            return [make_load_balancer(name, annotations={"ako.vmware.com/load-balancer-ip": address})]
        case "rule":
            rule = make_l4_rule(name, load_balancer_ip=address)
            return [make_load_balancer(name, annotations={L4_RULE: name}), rule]
        case _:
            return [make_load_balancer(f"{name}-member", annotations={SHARED_VIP: name}, load_balancer_ip=address)]


@given(st.lists(st.tuples(st.sampled_from(ASKING), st.sampled_from(ADDRESSES)), max_size=5))
@settings(max_examples=40, deadline=None)
def test_no_two_owners_get_one_address_silently(wanted: list[tuple[str, str]]) -> None:
    """Owners that request the same address, in any spelling and by any field, are all held, each with an error."""
    owners = {f"north--shop-w{number}": USUAL.get(text, text) for number, (_, text) in enumerate(wanted)}
    contested = {name for name, address in owners.items() if list(owners.values()).count(address) > 1}

    items = [item for number, (way, text) in enumerate(wanted) for item in asking(way, f"w{number}", text)]
    desired = desired_of(items)

    told = [problem.message for problem in desired.problems if problem.severity == "error"]
    assert {held.name for held in desired.held} == contested
    assert len(told) == len(contested)
    assert all("the same address" in message for message in told)
    assert {item.key.name for item in desired if item.key.kind == "VsVip"} == owners.keys() - contested
