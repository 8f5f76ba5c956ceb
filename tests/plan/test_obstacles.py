"""Reasons not to delete what would be created again."""

from dataclasses import replace
from typing import Any

import pytest

from sync.kinds import KINDS
from sync.model.live import LiveObject, Ownership
from sync.model.plan import ChangeSet, Method, Write
from sync.plan.obstacles import changed_since, networks_of, new_references, obstacles, outside
from tests.shared.plans import live_of, make_key, make_live, make_owner, make_write

VIP_KEY = make_key(kind="VsVip")


def vsvip(name: str = "web", address: str = "10.1.2.3", vrf: str = "global", **fields: Any) -> LiveObject:
    """A live VsVip with one address."""
    vip = {"vip_id": "0", "ip_address": {"addr": address, "type": "V4"}}
    return make_live(name, "VsVip", **{"vip": [vip], "vrf_context_ref": f"https://c/api/vrfcontext/v#{vrf}", **fields})


def replace_set(live: LiveObject, body: Any = None) -> ChangeSet:
    """A set that deletes an object and creates it again."""
    delete = make_write(Method.DELETE, live.key, uuid=live.uuid, seen=live.body)
    return set_of(delete, make_write(Method.POST, live.key, body=body or {}))


def set_of(*writes: Write) -> ChangeSet:
    """A change set of these requests."""
    return ChangeSet(owners=(make_owner(),), changes=(), writes=writes)


def asked(address: str, *, network: str = "vips", vrf: str = "global", **vip: Any) -> dict[str, Any]:
    """The body of a VsVip that requests an address."""
    subnet = {"network_ref": f"/api/network?name={network}"}
    one = {"vip_id": "0", "ip_address": {"addr": address, "type": "V4"}, "ipam_network_subnet": subnet, **vip}
    return {
        "vip": [one],
        "vrf_context_ref": f"/api/vrfcontext?name={vrf}",
        "markers": [{"key": "AskedAddress", "values": [address]}],
    }


# --- edits since the plan was made ------------------------------------------------------------------------------------


def test_what_is_as_it_was_seen_may_be_deleted() -> None:
    """Nothing has moved."""
    live = vsvip()

    assert [*changed_since(replace_set(live), live_of(live))] == []


def test_what_is_gone_since_is_told() -> None:
    """Somebody has deleted it."""
    assert [*changed_since(replace_set(vsvip()), live_of())] == ["VsVip admin/north--shop-web is gone"]


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(vsvip(east_west_placement=True, _last_modified="2"), id="edited"),
        pytest.param(vsvip(uuid="another", _last_modified="2"), id="created again"),
        pytest.param(vsvip(address="10.1.2.4", _last_modified="2"), id="another address"),
    ],
)
def test_what_somebody_has_edited_since_is_not_deleted(now: LiveObject) -> None:
    """An edit would be lost without anybody having read it."""
    seen = vsvip(_last_modified="1")

    assert [*changed_since(replace_set(seen), live_of(now))] == [
        "VsVip admin/north--shop-web has been changed since it was read"
    ]


def test_what_the_controller_writes_for_itself_is_no_edit() -> None:
    """The time of the last change moves, and no field of the configuration."""
    seen, now = vsvip(_last_modified="1"), vsvip(_last_modified="2", vs_refs=["https://c/api/virtualservice/v#v"])

    assert [*changed_since(replace_set(seen), live_of(now))] == []


def test_only_what_is_deleted_is_looked_at() -> None:
    """A PUT carries the version that was read by itself."""
    live = vsvip()

    assert [*changed_since(set_of(make_write(Method.PUT, live.key, uuid="other")), live_of(live))] == []


# --- users and addresses ----------------------------------------------------------------------------------------------


def service_on(live: LiveObject, name: str = "other", *, ownership: Ownership = Ownership.FOREIGN) -> LiveObject:
    """A VirtualService that refers to a VsVip."""
    reference = f"https://c/api/{KINDS[live.key.kind].path}/{live.uuid}#{live.key.name}"
    return make_live(name, ownership=ownership, vsvip_ref=reference)


def test_an_object_of_somebody_else_that_refers_to_it_is_an_obstacle() -> None:
    """The Controller would refuse the delete halfway."""
    live = vsvip()

    assert [*obstacles(replace_set(live), live_of(live, service_on(live)))] == [
        "VirtualService admin/north--shop-other refers to VsVip admin/north--shop-web (vsvip_ref)"
    ]


def test_what_goes_in_the_same_set_is_no_obstacle() -> None:
    """VirtualService and VsVip go together."""
    live = vsvip()
    user = service_on(live, "web", ownership=Ownership.OURS)
    deletes = (make_write(Method.DELETE, item.key, uuid=item.uuid) for item in (user, live))

    assert [*obstacles(set_of(*deletes), live_of(live, user))] == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(vsvip("other", "10.1.2.9"), ["10.1.2.9"], id="the same"),
        pytest.param(
            make_live(
                "other",
                "VsVip",
                tenant="blue",
                ownership=Ownership.FOREIGN,
                **{key: vsvip("other", "10.1.2.9").body[key] for key in ("vip", "vrf_context_ref")},
            ),
            ["10.1.2.9"],
            id="in another tenant, of somebody else",
        ),
        pytest.param(vsvip("other", "10.1.2.8"), [], id="another address"),
        pytest.param(vsvip("other", "10.1.2.9", vrf="blue"), [], id="in another VRF"),
    ],
)
def test_an_address_that_somebody_else_has_is_an_obstacle(other: LiveObject, expected: list[str]) -> None:
    """Only within one VRF can addresses clash."""
    live = vsvip(address="10.1.2.3")

    found = [*obstacles(replace_set(live, asked("10.1.2.9")), live_of(live, other))]

    assert found == [f"address {address} is taken by {other.key}" for address in expected]


def test_the_address_of_what_goes_is_free() -> None:
    """The same address is requested again: it is its own."""
    live = vsvip(address="10.1.2.9")

    assert [*obstacles(replace_set(live, asked("10.1.2.9")), live_of(live))] == []


# --- networks ---------------------------------------------------------------------------------------------------------


def networks(*bodies: Any) -> dict[tuple[str, str], set[str]]:
    """Network name and cloud → addresses, of creates with these bodies."""
    writes = (make_write(Method.POST, make_key(f"g{number}", "VsVip"), body=body) for number, body in enumerate(bodies))
    found = networks_of(set_of(*writes))
    return {(reference.name, cloud): set(addresses) for (reference, cloud), addresses in found.items()}


def test_the_networks_of_what_is_created_are_named_with_the_addresses_asked_for() -> None:
    """Several VIPs of one network come together."""
    found = networks(asked("10.1.2.3"), asked("10.1.2.4"), asked("10.2.0.1", network="blue"))

    assert found == {
        ("vips", "Default-Cloud"): {"10.1.2.3", "10.1.2.4"},
        ("blue", "Default-Cloud"): {"10.2.0.1"},
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no VIP"),
        pytest.param(asked("10.1.2.3", ipam_network_subnet=None), id="no network"),
        pytest.param(None, id="no body"),
    ],
)
def test_where_no_network_is_named_none_is_asked_about(body: Any) -> None:
    """The Controller chooses it."""
    assert networks(body) == {}


@pytest.mark.parametrize(
    ("subnets", "expected"),
    [
        pytest.param(["10.1.0.0/16"], ["10.2.0.1"], id="one lies outside"),
        pytest.param(["10.1.0.0/16", "10.2.0.0/16"], [], id="each lies in one"),
        pytest.param(["10.1.2.200/16"], ["10.2.0.1"], id="written with a host's address"),
        pytest.param([], [], id="none known: nothing is said"),
        pytest.param(["2001:db8::/32"], ["10.1.2.3", "10.2.0.1"], id="of another family"),
    ],
)
def test_addresses_outside_of_all_subnets_are_told(subnets: list[str], expected: list[str]) -> None:
    """In order."""
    assert [*outside(["10.2.0.1", "10.1.2.3"], subnets)] == expected


# --- what new objects refer to ----------------------------------------------------------------------------------------


def new(change_set: ChangeSet, *live: LiveObject) -> list[str]:
    """What new objects refer to and nobody can see yet that it is there, as type and what it goes by."""
    return [f"{reference.type} {reference}" for _, reference in new_references([change_set], live_of(*live))]


def test_only_what_the_old_object_did_not_refer_to_is_new() -> None:
    """The Controller lets nobody delete what a live object refers to."""
    live = vsvip(vip=[{"vip_id": "0", "ipam_network_subnet": {"network_ref": "https://c/api/network/n-1#vips"}}])

    same, other = asked("10.1.2.3"), asked("10.1.2.3", network="blue", vrf="red")

    assert new(replace_set(live, same), live) == []
    assert new(replace_set(live, other), live) == ["network blue", "vrfcontext red"]


def test_in_another_tenant_everything_is_new() -> None:
    """What the old object referred to may not be seen from there."""
    live = vsvip()
    elsewhere = replace(live.key, tenant="blue")
    delete = make_write(Method.DELETE, live.key, uuid=live.uuid, seen=live.body)

    moved = set_of(delete, make_write(Method.POST, elsewhere, body=asked("10.1.2.3")))

    assert new(moved, live) == ["network vips", "vrfcontext global"]


def test_a_subnet_goes_by_its_bare_uuid() -> None:
    """AWS, Azure and OpenStack name the network of a VIP so."""
    live = vsvip(vip=[{"vip_id": "1", "subnet_uuid": "subnet-1"}])

    def body(subnet: str) -> Any:
        return {"vip": [{"vip_id": "1", "subnet_uuid": subnet}]}

    assert new(replace_set(live, body("subnet-1")), live) == []
    assert new(replace_set(live, body("subnet-2")), live) == ["network subnet-2"]


def test_objects_of_ours_are_there_if_they_are_live_or_created_along() -> None:
    """A pool that is neither is missing, whoever was to create it."""
    live = vsvip()
    policy = {"l4_policies": [{"l4_policy_set_ref": "/api/l4policyset?name=north--shop-web"}]}
    service = {"vsvip_ref": f"/api/vsvip?name={live.key.name}", "pool_ref": "/api/pool?name=nowhere", **policy}
    writes = (
        make_write(Method.DELETE, live.key, uuid=live.uuid),
        make_write(Method.POST, make_key(kind="L4PolicySet"), body={}),
        make_write(Method.POST, make_key(), body=service),
    )

    assert new(set_of(*writes), live) == ["pool nowhere"]


def test_where_nothing_is_deleted_the_controller_decides() -> None:
    """A create that is refused takes nothing down."""
    assert new(set_of(make_write(Method.POST, VIP_KEY, body=asked("10.1.2.3")))) == []
