"""Whether a VIP network can give what Git requests: subnets, static ranges, and addresses that no host can have."""

import ipaddress
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.desired import Translation
from sync.model.facts import Facts, assumed_facts
from sync.model.problem import Problem
from sync.model.resources.ako import VipNetwork
from sync.translate.vip_networks import unusable
from tests.shared.builders import (
    errors_of,
    make_facts,
    make_gateway,
    make_infra_setting,
    make_namespace,
    make_settings,
    translated,
    warnings_of,
)

SUBNETS = {"vips": ("10.0.0.0/24", "2001:db8::/64")}
RANGES = {"vips": ("10.0.0.10-10.0.0.99", "2001:db8::10-2001:db8::99")}


def web(address: str = "", *, facts: Facts, network: dict[str, Any] | None = None) -> Translation:
    """A Gateway on a VIP network of values.yaml."""
    settings = make_settings(NetworkSettings={"vipNetworkList": [{"networkName": "vips", **(network or {})}]})
    return translated(make_gateway(addresses=[address] if address else []), settings=settings, facts=facts)


def doubts_of(found: Translation) -> Sequence[Problem]:
    """What may keep the Controller from creating the one VIP there is."""
    return [doubt for doubts in found.doubts.values() for doubt in doubts]


def known(**fields: Any) -> Facts:
    """A Controller whose network has these subnets and ranges."""
    return make_facts(**({"network_subnets": SUBNETS, "network_ranges": RANGES} | fields))


# --- addresses that no host can have ----------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 32), st.data())
def test_an_ipv4_subnet_has_two_unusable_addresses_unless_it_is_point_to_point(
    number: int, length: int, data: st.DataObject
) -> None:
    """The first and the last one, in every subnet with a prefix shorter than 31; all others are for hosts."""
    subnet = ipaddress.IPv4Network((number, length), strict=False)
    address = subnet[data.draw(st.sampled_from([0, subnet.num_addresses - 1, subnet.num_addresses // 2]))]

    is_edge = address in (subnet.network_address, subnet.broadcast_address)

    assert bool(unusable(address, [subnet])) == (is_edge and length < 31)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param("2001:db8::", "the network address of 2001:db8::/64", id="any router"),
        pytest.param("2001:db8::ffff:ffff:ffff:ffff", "", id="the last one: no broadcast"),
    ],
)
def test_ipv6_has_no_broadcast(address: str, said: str) -> None:
    """The first address of a subnet is that of any router in it."""
    assert unusable(ipaddress.ip_address(address), [ipaddress.ip_network("2001:db8::/64")]) == said


@pytest.mark.parametrize(
    ("address", "network", "facts"),
    [
        pytest.param("10.0.0.255", {}, known(), id="of a subnet of the network"),
        pytest.param("10.0.0.0", {}, known(), id="the network address"),
        pytest.param("10.0.0.255", {"cidr": "10.0.0.0/24"}, make_facts(), id="of the cidr, subnets unknown"),
    ],
)
def test_an_address_that_no_host_can_have_holds_the_gateway(address: str, network: Any, facts: Facts) -> None:
    """The Controller would refuse it, after the old VIP is gone."""
    found = web(address, network=network, facts=facts)

    (said,) = errors_of(found)
    assert said.startswith(f"address {address} is the ")
    assert said.endswith(" of 10.0.0.0/24")
    assert found.specs == ()


def test_nothing_is_held_for_it_where_no_controller_was_asked() -> None:
    """On some clouds the address has no effect, and nobody knows the type of the cloud."""
    found = web("10.0.0.255", network={"cidr": "10.0.0.0/24"}, facts=assumed_facts("Default-Cloud"))

    assert errors_of(found) == []
    assert "address 10.0.0.255 is the broadcast address of 10.0.0.0/24" in warnings_of(found)


# --- doubts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network", "facts", "said"),
    [
        pytest.param("", {}, known(), None, id="all is well"),
        pytest.param("10.0.0.99", {}, known(), None, id="last address of a range"),
        pytest.param(
            "10.0.0.100",
            {},
            known(),
            'address 10.0.0.100 is in no static range of network "vips" '
            "(10.0.0.10-10.0.0.99, 2001:db8::10-2001:db8::99)",
            id="address behind the range",
        ),
        pytest.param("10.0.0.100", {}, known(network_ranges={}), None, id="ranges unknown"),
        pytest.param("10.0.0.100", {}, known(ipam_type="IPAMDNS_TYPE_INFOBLOX"), None, id="another IPAM"),
        pytest.param(
            "",
            {},
            known(network_ranges={"vips": ()}),
            'network "vips" has no static range of IPv4 addresses, so it may have none for a VIP',
            id="no range at all",
        ),
        pytest.param(
            "",
            {"cidr": "10.0.0.0/24"},
            known(network_ranges={"vips": ("10.0.9.1-10.0.9.9",)}),
            'network "vips" has no static range of IPv4 addresses in 10.0.0.0/24, so it may have none for a VIP',
            id="ranges in another subnet only",
        ),
        pytest.param(
            "",
            {"v6cidr": "2001:db8::/64"},
            known(network_ranges={"vips": ("10.0.0.1-10.0.0.9",)}),
            'network "vips" has no static range of IPv6 addresses, so it may have none for a VIP',
            id="ranges of the other family only",
        ),
        pytest.param(
            "2001:db8::5",
            {},
            known(network_ranges={"vips": ()}),
            'network "vips" has no static range of IPv6 addresses, so it may have none for a VIP',
            id="the family is that of the address",
        ),
        pytest.param("", {"cidr": "10.0.0.7/24"}, known(), None, id="the subnet, written with a host's address"),
        pytest.param(
            "",
            {"cidr": "10.0.0.0/25"},
            known(),
            'network "vips" has no subnet 10.0.0.0/25 (it has 10.0.0.0/24, 2001:db8::/64)',
            id="a part of a subnet",
        ),
        pytest.param("", {"cidr": "10.9.0.0/24"}, known(network_subnets={}, network_ranges={}), None, id="unknown"),
        pytest.param("", {"cidr": "10.9.0.0/24"}, known(vtype="CLOUD_AWS"), None, id="a cloud that ignores the cidr"),
    ],
)
def test_what_may_keep_the_controller_from_creating_the_vip(
    address: str, network: Any, facts: Facts, said: str | None
) -> None:
    """Each is a doubt, not an error: the Gateway is translated all the same."""
    found = web(address, network=network, facts=facts)

    assert [doubt.message for doubt in doubts_of(found)] == ([said] if said else [])
    assert found.specs


def test_a_doubt_points_to_what_names_the_network() -> None:
    """values.yaml, or the AviInfraSetting that takes its place."""
    facts = known(network_ranges={"vips": (), "edge": ()})
    setting = make_infra_setting("edge", vip_networks=[VipNetwork(network_name="edge")])
    namespace = make_namespace(annotations={"aviinfrasetting.ako.vmware.com/name": "edge"})

    (general,) = doubts_of(web(facts=facts))
    (own,) = doubts_of(translated(make_gateway(), namespace, setting, facts=facts))

    assert (general.file, general.field_text) == ("values.yaml", "NetworkSettings.vipNetworkList[0]")
    assert (own.resource, own.field_text) == (setting.title, "spec.network.vipNetworks[0]")


# --- the form in which a network is sent ------------------------------------------------------------------------------

BY_NAME = {"vips": "network-1"}
BY_UUID = {"network-1": "network-1"}


@pytest.mark.parametrize(
    ("vtype", "network", "uuids", "said"),
    [
        pytest.param(
            "CLOUD_AWS",
            {"networkName": "vips"},
            BY_NAME,
            '"vips" is the name of a network, its uuid is network-1; a cloud of type CLOUD_AWS takes uuids',
            id="a name on AWS",
        ),
        pytest.param(
            "CLOUD_OPENSTACK",
            {"networkName": "vips"},
            BY_NAME,
            '"vips" is the name of a network, its uuid is network-1; a cloud of type CLOUD_OPENSTACK takes uuids',
            id="a name on OpenStack",
        ),
        pytest.param(
            "CLOUD_VCENTER",
            {"networkUUID": "vips"},
            BY_NAME,
            '"vips" is the name of a network, its uuid is network-1; networkUUID takes uuids',
            id="a name given as uuid",
        ),
        pytest.param(
            "CLOUD_VCENTER",
            {"networkName": "network-1"},
            BY_UUID,
            '"network-1" is the uuid of a network, and networkName takes its name',
            id="a uuid given as name",
        ),
        pytest.param("CLOUD_AZURE", {"networkName": "network-1"}, BY_UUID, None, id="a uuid on Azure"),
        pytest.param("CLOUD_AZURE", {"networkUUID": "network-1"}, BY_UUID, None, id="a uuid on Azure, given as one"),
        pytest.param("CLOUD_AWS", {"networkName": "vips"}, {}, None, id="nobody has looked"),
        pytest.param("CLOUD_VCENTER", {"networkName": "vips"}, BY_NAME, None, id="a name on vCenter"),
        pytest.param("CLOUD_VCENTER", {"networkUUID": "network-1"}, BY_UUID, None, id="a uuid on vCenter"),
    ],
)
def test_a_network_must_be_there_in_the_form_in_which_it_is_sent(
    vtype: str, network: dict[str, str], uuids: dict[str, str], said: str | None
) -> None:
    """Everybody is held for one of values.yaml: the Controller would look for another network than is meant."""
    settings = make_settings(NetworkSettings={"vipNetworkList": [network]})

    found = translated(make_gateway(), settings=settings, facts=make_facts(vtype=vtype, network_uuids=uuids))

    assert errors_of(found) == ([said] if said else [])


def test_a_name_that_several_networks_share_has_no_uuid_to_suggest() -> None:
    """The author must know which one is meant."""
    facts = make_facts(vtype="CLOUD_AWS", network_uuids=BY_NAME, shared_names=["network/vips"])

    assert errors_of(web(facts=facts)) == [
        '"vips" is the name of several networks; a cloud of type CLOUD_AWS takes uuids'
    ]


def test_a_network_of_an_infra_setting_holds_its_owners_alone() -> None:
    """The error is at the setting that names it."""
    facts = make_facts(vtype="CLOUD_AWS", network_uuids={"edge": "subnet-1"})
    setting = make_infra_setting("edge", vip_networks=[VipNetwork(network_name="edge")])
    namespace = make_namespace(annotations={"aviinfrasetting.ako.vmware.com/name": "edge"})

    found = translated(make_gateway(), make_gateway("calm", "attic"), namespace, setting, facts=facts)

    assert [held.owner.name for held in found.held] == ["web"]
    assert '"edge" is the name of a network, its uuid is subnet-1; a cloud of type CLOUD_AWS takes uuids' in errors_of(
        found
    )


def test_a_subnet_that_a_public_cloud_does_not_know_is_a_doubt() -> None:
    """AKO does not look there, and the Controller has the last word."""
    found = web(facts=make_facts(vtype="CLOUD_AWS", missing=["network/vips"]))

    assert [doubt.message for doubt in doubts_of(found)] == ['the Controller has no network with the uuid "vips"']
    assert found.specs
