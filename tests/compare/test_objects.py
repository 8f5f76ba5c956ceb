"""One desired and one live object → what lies between them, and the body of each write (docs/safety.md#comparison)."""

import copy
from typing import Any

import pytest

from sync.avi.markers import Markers
from sync.compare.managed import managed_fields
from sync.compare.objects import body_of_update, compare, without_identity
from sync.compare.recreation import body_of_recreate
from sync.kinds import KINDS, Scope
from sync.model.desired import AviObject
from sync.render import render
from tests.shared.builders import (
    make_endpoint,
    make_facts,
    make_gateway,
    make_gateway_class,
    make_infra_setting,
    make_namespace,
    make_object,
    make_service,
    make_slice,
    make_spec,
    markers,
    rendered,
    templates_with,
    translated,
)

IDENTITY = {"url": "https://c/api/x/x-1", "uuid": "x-1", "_last_modified": "17"}
OURS = markers(clustername="north", ManagedBy="avi-sync")


def desired_of(kind: str, *items: Any, vtype: str = "CLOUD_VCENTER") -> AviObject:
    """The rendered object of a kind of the Gateway shop/web."""
    found = rendered(translated(*items, facts=make_facts(vtype=vtype)))
    (item,) = [item for item in found.objects if item.key.kind == kind]
    return item


def live_of(desired: AviObject, **changes: Any) -> dict[str, Any]:
    """The live object as a create left it, with what the Controller adds."""
    body = copy.deepcopy(dict(desired.body)) | IDENTITY | {"cloud_config_cksum": "1"} | changes
    if "vip" in body and "vip" not in changes:
        body["vip"][0].setdefault("ip_address", {"addr": "10.0.0.5", "type": "V4"})
        body["vip"][0]["avi_allocated_vip"] = True
    return {name: value for name, value in body.items() if value is not None}


BASE = (make_gateway(), make_service(), make_slice())


# --- what the Controller computes, and a template sets ----------------------------------------------------------------


def own_object(kind: str, text: str) -> AviObject:
    """What a template of somebody's own renders."""
    (item,) = render([make_spec(kind=kind)], templates_with(**{kind: text}), created_by="c").objects
    return item


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        pytest.param(
            "VsVip",
            '{"dns_info": [{"fqdn": "a", "ttl": 60}]}',
            '{"dns_info": [{"fqdn": "a"}]}',
            ["dns_info[0].ttl"],
            id="ttl of a name",
        ),
        pytest.param(
            "Pool",
            '{"servers": [{"port": 1, "hostname": "a", "ratio": 2}, {"port": 2}]}',
            '{"servers": [{"port": 1}, {"port": 2}]}',
            ["servers[0].hostname", "servers[0].ratio"],
            id="hostname of one of two servers",
        ),
        pytest.param(
            "VirtualService",
            '{"services": [{"port": 80, "port_range_end": 90}]}',
            '{"services": [{"port": 80}]}',
            ["services[0].port_range_end"],
            id="end of a range of ports",
        ),
        pytest.param(
            "VirtualService",
            '{"network_profile_ref": "/api/networkprofile?name=own"}',
            "{}",
            ["network_profile_ref"],
            id="a field of the object itself",
        ),
    ],
)
def test_what_a_template_set_and_no_longer_sets_is_reset_once(
    kind: str, before: str, after: str, expected: list[str]
) -> None:
    """Also where the Controller would compute it; what it then computes is left alone."""
    live = live_of(own_object(kind, before))

    desired = own_object(kind, after)
    found = compare(desired, live)
    sent = body_of_update(desired, live)

    assert [item.path for item in found.differences] == expected
    assert found.replace is None
    assert {name: sent.get(name) for name in desired.body} == {**desired.body, "markers": sent["markers"]}
    assert compare(desired, completed(sent)).is_equal


def completed(body: dict[str, Any]) -> dict[str, Any]:
    """A body with what the Controller computes into it."""
    found = copy.deepcopy(body)
    for item in found.get("dns_info", ()):
        item |= {"ttl": 30, "num_records_in_response": 1}
    for item in found.get("servers", ()):
        item |= {"hostname": "10.0.0.1", "ratio": 1}
    for item in found.get("services", ()):
        item |= {"port_range_end": item["port"]}
    return found | {"network_profile_ref": "https://c/api/networkprofile/n#System-TCP-Proxy"}


@pytest.mark.parametrize(
    ("kind", "text", "changes", "expected"),
    [
        pytest.param("VsVip", '{"dns_info": [{"fqdn": "a"}]}', {"ttl": 60}, [], id="a ttl that the Controller gave"),
        pytest.param(
            "VsVip", '{"dns_info": [{"fqdn": "a", "ttl": 60}]}', {"ttl": 5}, ["dns_info[0].ttl"], id="a ttl of Git's"
        ),
        pytest.param("Pool", '{"servers": [{"port": 1}]}', {"ratio": 5}, ["servers[0].ratio"], id="no computed field"),
    ],
)
def test_an_edit_inside_a_list_of_ours_is_set_back_unless_the_controller_computes_the_field(
    kind: str, text: str, changes: dict[str, Any], expected: list[str]
) -> None:
    """Nobody can tell an edit of such a field from what the Controller computed."""
    desired = own_object(kind, text)
    live = live_of(desired)
    name = next(name for name in ("dns_info", "servers") if name in live)
    live[name][0] |= changes

    assert [item.path for item in compare(desired, live).differences] == expected


# --- equal ------------------------------------------------------------------------------------------------------------


def test_what_was_just_created_is_equal() -> None:
    """The second run plans nothing, whatever the kind."""
    objects = rendered(translated(*BASE)).objects

    assert [item.key for item in objects if not compare(item, live_of(item)).is_equal] == []


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        pytest.param("Pool", {"description": "by hand"}, id="a field that is not ours"),
        pytest.param("Pool", {"lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN"}, id="a field that only a rule renders"),
        pytest.param(
            "VirtualService",
            {"network_security_policy_ref": "/api/networksecuritypolicy/p#p"},
            id="what others attached",
        ),
        pytest.param("VirtualService", {"enabled": False}, id="a state that is not ours"),
        pytest.param("VsVip", {"vs_refs": ["/api/virtualservice/v"]}, id="what the Controller keeps"),
    ],
)
def test_what_is_not_ours_is_not_looked_at(kind: str, changes: dict[str, Any]) -> None:
    """And stays on an update."""
    desired = desired_of(kind, *BASE)
    live = live_of(desired, **changes)

    assert compare(desired, live).is_equal
    assert body_of_update(desired, live).items() >= changes.items()


def test_a_difference_in_digest_or_fields_alone_is_not_written() -> None:
    """They are kept with the object for later."""
    desired = desired_of("Pool", *BASE)
    changed = [m | {"values": ["x"]} if m["key"] == "Digest" else m for m in desired.body["markers"]]

    assert compare(desired, live_of(desired, markers=changed)).is_equal


def test_labels_of_others_stay() -> None:
    """They are no difference, and are sent back with ours."""
    desired = desired_of("Pool", *BASE)
    live = live_of(desired, markers=[*desired.body["markers"], *markers(Team="blue")])

    assert compare(desired, live).is_equal
    assert body_of_update(desired, live)["markers"] == live["markers"]


# --- changed in place -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "changes", "paths"),
    [
        pytest.param("Pool", {"servers": None}, ["servers"], id="servers gone"),
        pytest.param("Pool", {"sni_enabled": None}, ["sni_enabled"], id="a managed field at its default"),
        pytest.param("Pool", {"created_by": "ako-north"}, ["created_by"], id="another creator"),
        pytest.param(
            "Pool",
            {"markers": OURS},
            [
                "markers[GatewayName]",
                "markers[Namespace]",
                "markers[Port]",
                "markers[Protocol]",
                "markers[ServiceName]",
            ],
            id="markers of ownership",
        ),
        pytest.param("Pool", {"tier1_lr": "/t1"}, ["tier1_lr"], id="a managed field that is not rendered"),
        pytest.param("VsVip", {"dns_info": [{"fqdn": "a.example.com"}]}, ["dns_info"], id="a name"),
        pytest.param(
            "VirtualService",
            {"services": [{"port": 80}]},
            ["services[0].port", "services[0].port_range_end"],
            id="a port",
        ),
        pytest.param(
            "VirtualService",
            {"se_group_ref": "/api/serviceenginegroup/g#other"},
            ["se_group_ref"],
            id="another SE group",
        ),
        pytest.param("L4PolicySet", {"l4_connection_policy": None}, ["l4_connection_policy"], id="rules gone"),
        pytest.param("VsVip", {"bgp_peer_labels": ["a"]}, ["bgp_peer_labels"], id="labels"),
    ],
)
def test_a_difference_in_what_is_ours_is_an_update(kind: str, changes: dict[str, Any], paths: list[str]) -> None:
    """In place, and afterwards nothing is left to do."""
    desired = desired_of(kind, *BASE)
    live = live_of(desired, **changes)

    found = compare(desired, live)

    assert [item.path for item in found.differences] == paths
    assert (found.replace, found.reason, found.is_equal) == (None, "", False)
    assert compare(desired, body_of_update(desired, live)).is_equal
    assert found.is_disruptive is ("se_group_ref" in changes)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Protected", "true"), ("PausedUntil", "2030-01-01"), ("RefusedDigest", "abc"), ("AskedAddress", "10.0.0.9")],
)
def test_a_marker_that_is_no_longer_wanted_is_an_update(name: str, value: str) -> None:
    """Markers but Digest and Fields are fields like any other."""
    desired = desired_of("Pool", *BASE)
    live = live_of(desired, markers=[*desired.body["markers"], *markers(**{name: value})])

    assert [(d.path, d.before, d.after) for d in compare(desired, live).differences] == [
        (f"markers[{name}]", value, None)
    ]
    assert name not in Markers.of(body_of_update(desired, live))


def test_a_field_that_was_written_before_and_is_no_longer_rendered_is_reset() -> None:
    """`Fields` remembers it; left out of the PUT it gets its default."""
    desired = desired_of("Pool", *BASE)
    before = [
        m | {"values": [*m["values"], "description"]} if m["key"] == "Fields" else m for m in desired.body["markers"]
    ]
    live = live_of(desired, description="from a template of old", markers=before)

    assert [item.path for item in compare(desired, live).differences] == ["description"]
    assert "description" not in body_of_update(desired, live)


def test_servers_that_are_left_alone_are_neither_compared_nor_changed() -> None:
    """Where Git holds no endpoints; not even if we wrote them before."""
    with_servers = desired_of("Pool", *BASE)
    desired = desired_of("Pool", make_gateway(), make_service())
    live = live_of(with_servers)

    assert desired.left_alone == {"servers"}
    assert "servers" not in desired.markers.fields
    assert [item.path for item in compare(desired, live).differences] == []
    assert body_of_update(desired, live)["servers"] == live["servers"]
    assert "servers" not in desired.body


def test_an_update_carries_the_state_that_was_read() -> None:
    """`_last_modified`, uuid and what the Controller computed for the VIP go back as they came."""
    desired = desired_of("VsVip", *BASE)
    live = live_of(desired, dns_info=[{"fqdn": "old"}])

    body = body_of_update(desired, live)

    assert (body["_last_modified"], body["uuid"]) == ("17", "x-1")
    assert body["vip"] == live["vip"]


@pytest.mark.parametrize(
    ("vtype", "field", "value"),
    [
        pytest.param("CLOUD_AWS", "auto_allocate_floating_ip", True, id="a public address"),
        pytest.param("CLOUD_VCENTER", "placement_networks", [{"network_ref": "/api/network/n#n"}], id="placement"),
        pytest.param("CLOUD_VCENTER", "enabled", False, id="a VIP turned off by hand"),
    ],
)
def test_a_field_of_a_vip_that_is_no_longer_wanted_goes_with_the_update(vtype: str, field: str, value: Any) -> None:
    """Compared means reset; else the second run is not empty."""
    desired = desired_of("VsVip", make_gateway(), vtype=vtype)
    live = live_of(desired)
    live["vip"][0][field] = value

    assert not compare(desired, live).is_equal
    assert compare(desired, body_of_update(desired, live)).is_equal


# --- replaced ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "items", "changes", "scope", "reason"),
    [
        pytest.param(
            "VsVip",
            [make_gateway(addresses=["10.0.0.6"])],
            {"vip": [{"vip_id": "0", "auto_allocate_ip": True, "ip_address": {"addr": "10.0.0.5", "type": "V4"}}]},
            Scope.VIP,
            "address 10.0.0.5 → 10.0.0.6",
            id="another address",
        ),
        pytest.param(
            "VsVip",
            [make_gateway(), make_gateway_class(infra_setting="edge"), make_infra_setting(t1lr="/t1")],
            {"tier1_lr": "/t2"},
            Scope.VIP,
            "tier1_lr: /t2 → /t1",
            id="another T1 router",
        ),
        pytest.param(
            "VsVip",
            [make_gateway()],
            {"tier1_lr": "/t2"},
            Scope.VIP,
            "tier1_lr: /t2 → none",
            id="a T1 router no longer requested",
        ),
        pytest.param(
            "VsVip",
            [make_gateway()],
            {"vrf_context_ref": "/api/vrfcontext/v#blue"},
            Scope.OWNER,
            "vrf_context_ref: blue → global",
            id="another VRF of the VsVip",
        ),
        pytest.param(
            "VirtualService",
            [make_gateway()],
            {"vrf_context_ref": "/api/vrfcontext/v#blue"},
            Scope.OWNER,
            "vrf_context_ref: blue → global",
            id="another VRF of the VirtualService",
        ),
        pytest.param(
            "Pool",
            list(BASE),
            {"vrf_ref": "/api/vrfcontext/v#blue"},
            Scope.OWNER,
            "vrf_ref: blue → global",
            id="another VRF of a Pool",
        ),
        pytest.param(
            "VsVip",
            [make_gateway(addresses=["10.0.0.6"])],
            {
                "vrf_context_ref": "/api/vrfcontext/v#blue",
                "vip": [{"vip_id": "0", "auto_allocate_ip": True, "ip_address": {"addr": "10.0.0.5", "type": "V4"}}],
            },
            Scope.OWNER,
            "address 10.0.0.5 → 10.0.0.6",
            id="the wider scope counts",
        ),
    ],
)
def test_what_the_controller_refuses_to_change_is_replaced(
    kind: str, items: list[Any], changes: dict[str, Any], scope: Scope, reason: str
) -> None:
    """With what must be created again, and why."""
    desired = desired_of(kind, *items)

    found = compare(desired, live_of(desired, **changes))

    assert (found.replace, found.reason, found.is_equal) == (scope, reason, False)


def test_an_address_added_that_the_vip_already_has_changes_the_marker_only() -> None:
    """No replace, but what Git requests is remembered."""
    desired = desired_of("VsVip", make_gateway(addresses=["10.0.0.5"]))
    live = live_of(desired_of("VsVip", make_gateway()))

    found = compare(desired, live)

    assert [(d.path, d.before, d.after) for d in found.differences] == [("markers[AskedAddress]", "none", "10.0.0.5")]
    assert found.replace is None
    assert compare(desired, body_of_update(desired, live)).is_equal


def test_what_is_created_again_keeps_what_others_attached() -> None:
    """The live body less identity and computed fields, overlaid with ours."""
    desired = desired_of("VirtualService", *BASE)
    live = live_of(desired, enabled=False, security_policy_ref="/api/securitypolicy/p#p", runtime={"x": 1}, version=7)
    live["tenant_ref"] = "https://c/api/tenant/t#other"

    body = body_of_recreate(desired, live)

    assert body["enabled"] is False
    assert body["security_policy_ref"] == "/api/securitypolicy/p#p"
    assert body["tenant_ref"] == "/api/tenant?name=admin"
    assert not body.keys() & {*IDENTITY, "cloud_config_cksum", "runtime", "version"}
    assert compare(desired, body).is_equal


def test_a_vsvip_that_is_created_again_has_the_vip_that_git_asks_for() -> None:
    """Not the old address."""
    desired = desired_of("VsVip", make_gateway(addresses=["10.0.0.6"]))
    live = live_of(desired_of("VsVip", make_gateway()))

    assert body_of_recreate(desired, live)["vip"] == desired.body["vip"]


def test_a_live_body_as_a_create_takes_it_has_no_identity() -> None:
    """For putting it back."""
    live = {"name": "a", **IDENTITY, "vs_refs": [], "configpb_attributes": {}, "vip": []}

    assert without_identity(live, "VsVip") == {"name": "a", "vip": []}


# --- markers ----------------------------------------------------------------------------------------------------------


def test_managed_is_what_templates_answer_for_what_is_rendered_and_what_was_written() -> None:
    """A field that was written stays ours (docs/safety.md#comparison)."""
    fields = managed_fields("Pool", ["description"], ["lb_algorithm"])

    assert fields == KINDS["Pool"].managed | {"description", "lb_algorithm"}


@pytest.mark.parametrize(
    ("items", "is_same"),
    [
        pytest.param(BASE, True, id="the same manifests"),
        pytest.param((*BASE, make_namespace()), True, id="a manifest that changes nothing"),
        pytest.param(
            (make_gateway(), make_service(), make_slice(endpoints=["192.0.2.11"])), False, id="another server"
        ),
        pytest.param(
            (make_gateway(), make_service(), make_slice(endpoints=[make_endpoint(ready=False)])), False, id="a state"
        ),
    ],
)
def test_equal_fields_give_an_equal_digest(items: tuple[Any, ...], is_same: bool) -> None:
    """Digest differs: Git changed."""
    digests = {desired_of("Pool", *each).markers.digest for each in (BASE, items)}

    assert (len(digests) == 1) is is_same


@pytest.mark.parametrize(
    ("kind", "body", "live"),
    [
        pytest.param(
            "Pool", {"servers": [{"ip": {"addr": "10.0.0.1", "type": "V4"}, "port": 1}]}, {"servers": []}, id="Pool"
        ),
        pytest.param("VsVip", {"vip": []}, {}, id="VsVip without VIP"),
        pytest.param("L4PolicySet", {}, {"l4_connection_policy": {"rules": [{"index": 0}]}}, id="L4PolicySet"),
    ],
)
def test_an_update_leaves_nothing_to_do(kind: str, body: dict[str, Any], live: dict[str, Any]) -> None:
    """For bodies of any template."""
    desired = make_object(body, kind=kind)

    assert compare(desired, body_of_update(desired, {**IDENTITY, **live})).is_equal
