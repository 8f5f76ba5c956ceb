"""Whether a live VIP can be what Git requests (docs/safety.md#replace)."""

from typing import Any

import pytest

from sync.avi.addresses import addresses
from sync.avi.markers import NO_ADDRESS, Markers
from sync.compare.vips import outside_of_its_subnet, replace_reason, requested_address
from tests.shared.builders import markers


def make_vip(
    address: str = "",
    *,
    six: str = "",
    network: str = "/api/network?name=vips",
    cidr: tuple[str, int] | None = None,
    cidr6: tuple[str, int] | None = None,
    vip_id: str = "0",
    **fields: Any,
) -> dict[str, Any]:
    """One VIP as it stands in a body."""
    vip: dict[str, Any] = {"vip_id": vip_id, "auto_allocate_ip": True, **fields}
    if address:
        vip["ip_address"] = {"addr": address, "type": "V4"}
    if six:
        vip["ip6_address"] = {"addr": six, "type": "V6"}
    if network:
        vip["ipam_network_subnet"] = {"network_ref": network}
        for name, subnet, family in (("subnet", cidr, "V4"), ("subnet6", cidr6, "V6")):
            if subnet:
                ip_addr = {"addr": subnet[0], "type": family}
                vip["ipam_network_subnet"][name] = {"ip_addr": ip_addr, "mask": subnet[1]}
    return vip


LIVE_NETWORK = "https://c/api/network/net-1#vips"


def make_live(address: str = "10.0.0.5", *, asked: str = "none", **fields: Any) -> dict[str, Any]:
    """A live VsVip, with what the Controller adds."""
    vip = make_vip(address, **{"network": LIVE_NETWORK, **fields}, avi_allocated_vip=True)
    return {"vip": [vip], "markers": markers(AskedAddress=asked) if asked else []}


def reason(desired: dict[str, Any], live: dict[str, Any]) -> str:
    """Why the VIP must be replaced."""
    return replace_reason({"vip": [desired]}, live, Markers.of(live).requested_address)


@pytest.mark.parametrize(
    ("desired", "live", "expected"),
    [
        pytest.param(
            make_vip("10.0.0.6"),
            make_live(asked="10.0.0.5"),
            "address 10.0.0.5 → 10.0.0.6",
            id="another asked-for address",
        ),
        pytest.param(
            make_vip("10.0.0.6"),
            make_live(),
            "address 10.0.0.5 → 10.0.0.6",
            id="an address is requested and another was allocated",
        ),
        pytest.param(
            make_vip(),
            make_live(asked="10.0.0.5"),
            "address 10.0.0.5 is no longer requested",
            id="an asked-for address removed",
        ),
        pytest.param(make_vip(network="/api/network?name=b"), make_live(), "network vips → b", id="another network"),
        pytest.param(
            make_vip(network="/api/network/net-2"), make_live(), "network vips → net-2", id="another network by uuid"
        ),
        pytest.param(
            make_vip(cidr=("10.1.0.0", 16)),
            make_live(),
            "address 10.0.0.5 is outside of 10.1.0.0/16",
            id="an address outside the asked-for subnet",
        ),
        pytest.param(
            make_vip(cidr=("10.0.0.77", 24)),
            make_live("10.0.1.5"),
            "address 10.0.1.5 is outside of 10.0.0.0/24",
            id="a subnet that was not masked",
        ),
        pytest.param(
            make_vip(cidr6=("2001:db8::", 64), auto_allocate_ip_type="V6_ONLY"),
            make_live("", six="2001:db9::1"),
            "address 2001:db9::1 is outside of 2001:db8::/64",
            id="an IPv6 address outside the asked-for subnet",
        ),
        pytest.param(
            make_vip(auto_allocate_ip_type="V4_V6"), make_live(), "it has no IPv6 address", id="a missing family"
        ),
        pytest.param(
            make_vip(auto_allocate_ip_type="V6_ONLY"), make_live(), "it has no IPv6 address", id="IPv6 instead of IPv4"
        ),
        pytest.param(make_vip(), make_live("", six="2001:db8::1"), "it has no IPv4 address", id="IPv4 instead of IPv6"),
        pytest.param(
            make_vip(network="", subnet_uuid="subnet-b"),
            make_live(network="", subnet_uuid="subnet-a"),
            "subnet subnet-a → subnet-b",
            id="another subnet of a cloud of subnets",
        ),
        pytest.param(
            make_vip(network="", subnet_uuid="subnet-b"),
            make_live(),
            "subnet none → subnet-b",
            id="a subnet where there was a network",
        ),
        pytest.param(
            make_vip("10.0.0.6"), make_live(""), "address none → 10.0.0.6", id="an asked-for address and none is there"
        ),
        pytest.param(
            make_vip("10.0.0.5", auto_allocate_ip_type="V4_V6"),
            make_live(),
            "it has no IPv6 address",
            id="a missing family beside an asked-for address",
        ),
        pytest.param(
            make_vip(),
            make_live(six="2001:DB8::1", auto_allocate_ip_type="V4_V6"),
            "it has an IPv6 address, 2001:db8::1, which is no longer requested",
            id="v6cidr dropped",
        ),
        pytest.param(
            make_vip(auto_allocate_ip_type="V6_ONLY"),
            make_live(six="2001:db8::1", auto_allocate_ip_type="V4_V6"),
            "it has an IPv4 address, 10.0.0.5, which is no longer requested",
            id="cidr dropped, v6cidr left",
        ),
        pytest.param(
            make_vip("10.0.0.5"),
            make_live(asked="10.0.0.5", six="2001:db8::1", auto_allocate_ip_type="V4_V6"),
            "it has an IPv6 address, 2001:db8::1, which is no longer requested",
            id="v6cidr dropped beside a requested address",
        ),
    ],
)
def test_a_vip_that_cannot_be_what_git_asks_for_is_replaced(
    desired: dict[str, Any], live: dict[str, Any], expected: str
) -> None:
    """Each with its reason in the words of the plan."""
    assert reason(desired, live) == expected


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        pytest.param(make_vip(), make_live(), id="nothing requested"),
        pytest.param(make_vip(), make_live(asked=""), id="nothing requested, no marker"),
        pytest.param(make_vip("10.0.0.5"), make_live(), id="an asked-for address that the VIP already has"),
        pytest.param(make_vip("10.0.0.5"), make_live(asked="10.0.0.5"), id="an asked-for address that stays"),
        pytest.param(
            make_vip("10.0.0.9"),
            make_live(floating_ip={"addr": "10.0.0.9", "type": "V4"}),
            id="an asked-for address that floats",
        ),
        pytest.param(
            make_vip(), make_live("10.0.0.6", asked="10.0.0.5"), id="a removed address that the VIP does not have"
        ),
        pytest.param(make_vip(cidr=("10.0.0.0", 24)), make_live(), id="a cidr that contains the address"),
        pytest.param(
            make_vip("10.0.0.5", cidr=("10.1.0.0", 16)), make_live(), id="an asked-for address outside its own subnet"
        ),
        pytest.param(
            make_vip(cidr=("10.0.0.0", 24)),
            make_live(cidr=("10.0.0.0", 16)),
            id="a narrower cidr that contains the address",
        ),
        pytest.param(make_vip(), make_live(cidr=("10.0.0.0", 16)), id="a cidr taken away"),
        pytest.param(make_vip(network="/api/network/net-1"), make_live(), id="the same network by uuid"),
        pytest.param(
            make_vip(network="/api/network?name=vips"),
            make_live(network="/api/network/net-9#vips"),
            id="the same network by name",
        ),
        pytest.param(
            make_vip(auto_allocate_ip_type="V4_V6"), make_live(six="2001:db8::1"), id="both families are there"
        ),
        pytest.param(make_vip(), make_live(six="2001:db8::1"), id="a further family, which nobody requested"),
        pytest.param(
            make_vip(six="2001:db8::1"),
            make_live("", asked="2001:db8::1", six="2001:DB8:0::1", auto_allocate_ip_type="V4_V6"),
            id="a requested IPv6 address in another form",
        ),
        pytest.param(
            make_vip(cidr=None), make_live(cidr=("10.0.0.0", 24)), id="a cidr dropped: the network is the same"
        ),
        pytest.param(make_vip(six="2001:db8::1"), make_live("", six="2001:db8::1"), id="an asked-for IPv6 address"),
        pytest.param(make_vip(auto_allocate_ip_type="V4_V6"), make_live(""), id="a live VIP without any address yet"),
        pytest.param(
            make_vip(network="", subnet_uuid="a"), make_live(network="", subnet_uuid="a"), id="the same subnet"
        ),
        pytest.param(
            make_vip(six="2001:db8::1"),
            make_live("", six="2001:DB8:0:0::1"),
            id="one IPv6 address in two spellings",
        ),
    ],
)
def test_a_vip_that_is_what_git_asks_for_stays(desired: dict[str, Any], live: dict[str, Any]) -> None:
    """However both are written."""
    assert reason(desired, live) == ""


@pytest.mark.parametrize(
    ("desired", "live", "expected"),
    [
        pytest.param(["1"], ["1", "2"], "2 VIPs → 1", id="one less"),
        pytest.param(["1", "2"], ["1"], "1 VIPs → 2", id="one more"),
        pytest.param(["1"], ["0"], "1 VIPs → 1", id="another id"),
        pytest.param(["1", "2"], ["2", "1"], "", id="another order"),
    ],
)
def test_other_vips_are_other_vips(desired: list[str], live: list[str], expected: str) -> None:
    """They are told apart by their ids."""

    def body(ids: list[str]) -> dict[str, Any]:
        return {"vip": [make_vip(vip_id=vip_id) for vip_id in ids]}

    assert replace_reason(body(desired), body(live), NO_ADDRESS) == expected


def test_a_vsvip_without_vips_is_none_that_git_asks_for() -> None:
    """A live object may have none."""
    assert replace_reason({"vip": [make_vip()]}, {}, NO_ADDRESS) == "0 VIPs → 1"


def test_the_address_asked_for_is_that_of_the_first_vip_that_has_one() -> None:
    """Or `none`."""
    assert requested_address([make_vip(), make_vip("10.0.0.1"), make_vip("10.0.0.2")]) == "10.0.0.1"
    assert requested_address([make_vip(six="2001:db8::1")]) == "2001:db8::1"
    assert requested_address([make_vip()]) == requested_address([]) == "none"


@pytest.mark.parametrize(
    ("vip", "expected"),
    [
        pytest.param(make_vip("10.0.0.5", cidr=("10.1.0.0", 16)), "address 10.0.0.5 is outside of 10.1.0.0/16", id="4"),
        pytest.param(
            make_vip(six="2001:db8::1", cidr6=("2001:db9::", 64)),
            "address 2001:db8::1 is outside of 2001:db9::/64",
            id="6",
        ),
        pytest.param(make_vip("10.1.0.5", cidr=("10.1.0.0", 16)), "", id="inside"),
        pytest.param(make_vip("10.0.0.5", cidr6=("2001:db8::", 64)), "", id="a subnet of the other family"),
        pytest.param(make_vip("10.0.0.5"), "", id="no subnet"),
        pytest.param(make_vip(cidr=("10.1.0.0", 16)), "", id="no address"),
    ],
)
def test_an_address_and_a_subnet_that_contradict_each_other_are_found(vip: dict[str, Any], expected: str) -> None:
    """Both requested by Git."""
    assert outside_of_its_subnet([make_vip(), vip]) == expected


def test_all_addresses_of_a_vsvip_are_found() -> None:
    """Of both families, floating ones too."""
    body = {"vip": [make_vip("10.0.0.1", six="2001:db8::1"), make_vip("", floating_ip={"addr": "192.0.2.1"})]}

    assert addresses(body) == {"10.0.0.1", "2001:db8::1", "192.0.2.1"}
    assert addresses({}) == frozenset()
