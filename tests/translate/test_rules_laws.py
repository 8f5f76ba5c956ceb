"""Laws of translation over trees of every kind of owner: Gateways, LoadBalancer Services, shared VIPs, with L4Rules."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.resources.ako import BackendProperties, L4Rule, L4RuleSpec, ListenerProperties, VipNetwork
from sync.model.resources.core import Protocol
from sync.model.run import Wish
from sync.wish import Source, make_wish, offline
from tests.builders import (
    OWN_TEMPLATES,
    make_gateway,
    make_infra_setting,
    make_listener,
    make_load_balancer,
    make_metadata,
    make_namespace,
    make_origin,
    make_service,
    make_settings,
    make_slice,
    make_snapshot,
    make_tree_of,
)

SHARED_VIP = "ako.vmware.com/enable-shared-vip"
L4_RULE = "ako.vmware.com/l4rule"
INFRA_SETTING = "aviinfrasetting.ako.vmware.com/name"
TENANT = "ako.vmware.com/tenant-name"

MADE_HERE = {"l4policyset", "pool", "virtualservice", "vsvip"}
"""What a tree makes itself; every other type belongs to whoever runs the Controller."""


def make_rule(name: str, **spec: Any) -> L4Rule:
    """An L4Rule in namespace `shop`."""
    return L4Rule(metadata=make_metadata(name, "shop"), origin=make_origin("L4Rule", name), spec=L4RuleSpec(**spec))


def wish_of(items: Sequence[Any], **sections: Any) -> Wish:
    """What a tree asks for, as `render` and `validate` see it."""
    source = Source(
        snapshot=make_snapshot({}),
        settings=make_settings(**sections),
        resources=make_tree_of(*items),
        templates=OWN_TEMPLATES,
        problems=(),
    )
    return offline(make_wish(source, None))


# --- names and references ---------------------------------------------------------------------------------------------

RICH_RULE = make_rule(
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
    make_rule("plain", backend_properties=(BackendProperties(port=443, protocol=Protocol.TCP),)),
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
    wish = wish_of(items, AKOSettings={"enableEVH": is_encoded})

    objects = list(wish.desired)
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
    wish = wish_of(items, AKOSettings={"enableEVH": is_encoded})

    kinds = defaultdict(list)
    for item in wish.desired:
        kinds[item.owner_name].append(item.key.kind)
    held = {item.name for item in wish.desired.held}
    assert not held & kinds.keys()
    assert bool(held) == any(problem.severity == "error" for problem in wish.problems)
    for found in kinds.values():
        assert (found.count("VirtualService"), found.count("VsVip"), found.count("L4PolicySet") <= 1) == (1, 1, True)


# --- addresses --------------------------------------------------------------------------------------------------------

ADDRESSES = ("10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:0DB8:0::0001")
USUAL = {"2001:0DB8:0::0001": "2001:db8::1"}
ASKING = ("gateway", "field", "annotation", "rule", "shared")


def asking(way: str, name: str, address: str) -> list[Any]:
    """An owner that asks for an address in one of the ways that there are."""
    match way:
        case "gateway":
            return [make_gateway(name, addresses=[address])]
        case "field":
            return [make_load_balancer(name, load_balancer_ip=address)]
        case "annotation":
            return [make_load_balancer(name, annotations={"ako.vmware.com/load-balancer-ip": address})]
        case "rule":
            rule = make_rule(name, load_balancer_ip=address)
            return [make_load_balancer(name, annotations={L4_RULE: name}), rule]
        case _:
            return [make_load_balancer(f"{name}-member", annotations={SHARED_VIP: name}, load_balancer_ip=address)]


@given(st.lists(st.tuples(st.sampled_from(ASKING), st.sampled_from(ADDRESSES)), max_size=5))
@settings(max_examples=40, deadline=None)
def test_no_two_owners_get_one_address_silently(wanted: list[tuple[str, str]]) -> None:
    """Those that ask for the same address, however it is written and asked for, are held, and each is told."""
    owners = {f"north--shop-w{number}": USUAL.get(text, text) for number, (_, text) in enumerate(wanted)}
    contested = {name for name, address in owners.items() if list(owners.values()).count(address) > 1}

    items = [item for number, (way, text) in enumerate(wanted) for item in asking(way, f"w{number}", text)]
    wish = wish_of(items)

    told = [problem.message for problem in wish.problems if problem.severity == "error"]
    assert {held.name for held in wish.desired.held} == contested
    assert len(told) == len(contested)
    assert all("the same address" in message for message in told)
    assert {item.key.name for item in wish.desired if item.key.kind == "VsVip"} == owners.keys() - contested
