"""The picture of an owner, from whatever bodies there are."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.kinds import KINDS, Part
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.plan import Action, Change
from sync.plan.serving import Bodies
from sync.report.owners import OwnerReport
from sync.report.topology import ALLOCATED, Picture, picture_of

OWNER = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")


def key(kind: str, name: str = "north--shop-web", tenant: str = "admin") -> ObjectKey:
    """The key of one of its objects."""
    return ObjectKey(kind=kind, tenant=tenant, cloud="c" if KINDS[kind].has_cloud else "", name=name)


def rule(port: int, pool: str, protocol: str = "TCP") -> dict[str, Any]:
    """A rule as it is live, or as a template renders it."""
    return {
        "match": {"port": {"ports": [port]}, "protocol": {"protocol": f"PROTOCOL_{protocol}"}},
        "action": {"select_pool": {"pool_ref": pool}},
    }


def bodies(*rules: dict[str, Any], ports: tuple[int, ...] = (80,), **pools: list[str]) -> Bodies:
    """A VirtualService with a policy, and pools with servers."""
    policy = "https://c/api/l4policyset/l4policyset-1#north--shop-web"
    services = [{"port": port, "port_range_end": port} for port in ports]
    return {
        key("VirtualService"): {"services": services, "l4_policies": [{"l4_policy_set_ref": policy}]},
        key("L4PolicySet"): {"l4_connection_policy": {"rules": list(rules)}},
        **{
            key("Pool", name): {"servers": [{"ip": {"addr": address}, "port": 8080} for address in addresses]}
            for name, addresses in pools.items()
        },
    }


def picture(before: Bodies, after: Bodies, *changes: Change, is_held: bool = False) -> Picture:
    """The picture of shop/web."""
    return picture_of(OwnerReport(owner=OWNER, changes=changes, is_held=is_held), before, after)


def titles(found: Picture, kind: str) -> list[tuple[str, str]]:
    """Title and sign of the boxes of a kind."""
    return [(box.title, box.sign) for box in found.boxes if box.kind == kind]


def lines(found: Picture) -> list[tuple[str, str, str]]:
    """Titles of both ends, and the sign."""
    return [(found.boxes[one.start].title, found.boxes[one.end].title, one.sign) for one in found.edges]


def test_a_reference_is_followed_in_every_form() -> None:
    """By name as templates write it, by uuid and name as the Controller shows it."""
    found = bodies(rule(80, "/api/pool?name=a"), rule(81, "https://c/api/pool/pool-1#b"), ports=(80, 81), a=[], b=[])

    drawn = picture(found, found)

    assert ("TCP 80", "a", "") in lines(drawn)
    assert ("TCP 81", "b", "") in lines(drawn)
    assert {box.sign for box in drawn.boxes} == {""}


def test_a_listener_that_leads_elsewhere_shows_both_ways() -> None:
    """The line to the old pool goes, the one to the new pool comes."""
    before = bodies(rule(80, "/api/pool?name=a"), a=["192.0.2.1"])
    after = bodies(rule(80, "/api/pool?name=b"), b=["192.0.2.1"])

    drawn = picture(before, after)

    assert titles(drawn, "Listener") == [("TCP 80", "~")]
    assert [one for one in lines(drawn) if one[0] == "TCP 80"] == [("TCP 80", "a", "-"), ("TCP 80", "b", "+")]


def test_servers_stand_in_the_order_of_their_addresses() -> None:
    """IPv6 in brackets; what is switched off says so."""
    before = bodies(a=["192.0.2.10", "192.0.2.9", "2001:db8::1"])
    pool = {**before[key("Pool", "a")], "servers": [*before[key("Pool", "a")]["servers"]]}
    pool["servers"][0] = {**pool["servers"][0], "enabled": False}

    drawn = picture(before, {**before, key("Pool", "a"): pool})

    (servers,) = (box for box in drawn.boxes if box.kind == "Servers")
    assert [(row.text, row.sign) for row in servers.rows] == [
        ("192.0.2.9:8080", ""),
        ("192.0.2.10:8080 off", "~"),
        ("[2001:db8::1]:8080", ""),
    ]


def test_one_port_for_two_protocols_is_two_listeners() -> None:
    """TCP and UDP side by side, each with its pool."""
    found = bodies(rule(53, "/api/pool?name=t"), rule(53, "/api/pool?name=u", "UDP"), ports=(53,), t=[], u=[])

    assert titles(picture(found, found), "Listener") == [("TCP 53", ""), ("UDP 53", "")]


def test_a_port_without_a_rule_leads_to_the_default_pool() -> None:
    """Its protocol is not known from the policy, so none is named; a range is written as one."""
    found = {
        key("VirtualService"): {"services": [{"port": 8000, "port_range_end": 8010}], "pool_ref": "/api/pool?name=a"},
        key("Pool", "a"): {},
    }

    drawn = picture(found, found)

    assert ("8000–8010", "a", "") in lines(drawn)
    assert titles(drawn, "Servers") == [("no servers", "")]


def test_an_address_that_nobody_knows_yet_is_said_to_be_allocated() -> None:
    """Of a VIP that is created; one that only changes keeps the address that it has."""
    vsvip = key("VsVip")
    change = Change(action=Action.CREATE, key=vsvip, owner=OWNER, reason="not on the Controller")
    asked = {vsvip: {"vip": [{"vip_id": "0", "auto_allocate_ip": True}], "dns_info": [{"fqdn": "a.example"}]}}
    live = {vsvip: {"vip": [{"vip_id": "0", "ip_address": {"addr": "10.0.0.1"}}]}}

    created, changed = picture({}, asked, change), picture(live, asked)

    assert [(row.text, row.sign) for row in created.boxes[1].rows] == [(ALLOCATED, "+"), ("a.example", "+")]
    assert [(row.text, row.sign) for row in changed.boxes[1].rows] == [("10.0.0.1", ""), ("a.example", "+")]


def test_a_move_to_another_tenant_draws_both() -> None:
    """The old VirtualService hangs on the old VIP, the new one on the new VIP."""
    old: Bodies = {key("VirtualService"): {}, key("VsVip"): {}}
    new: Bodies = {key("VirtualService", tenant="team"): {}, key("VsVip", tenant="team"): {}}

    drawn = picture(old, new)

    assert [one.sign for one in drawn.edges] == ["-", "+", "-", "+"]


def test_a_held_owner_is_marked_even_if_nothing_of_it_is_live() -> None:
    """There is one box then."""
    drawn = picture({}, {}, is_held=True)

    assert [(box.kind, box.title, box.sign) for box in drawn.boxes] == [("Gateway", "shop/web", "!")]


NAMES = (
    *("services", "port", "port_range_end", "l4_policies", "l4_policy_set_ref", "pool_ref", "vip", "ip_address"),
    *("dns_info", "fqdn", "servers", "ip", "l4_connection_policy", "rules", "match", "protocol", "ports", "action"),
    *("addr", "select_pool", "vip_id"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
any_bodies = st.dictionaries(
    st.sampled_from([key(kind) for kind in KINDS]), st.dictionaries(st.sampled_from(NAMES), json_values, max_size=5)
)


@given(before=any_bodies, after=any_bodies)
def test_a_body_of_another_shape_is_no_error(before: Bodies, after: Bodies) -> None:
    """A report is drawn whatever a template or a Controller gives; every line has two ends."""
    drawn = picture(before, after)

    assert len(drawn.boxes) >= 1 + len([item for item in {*before, *after} if item.part is not Part.RULES])
    assert all(0 <= end < len(drawn.boxes) for edge in drawn.edges for end in (edge.start, edge.end))
