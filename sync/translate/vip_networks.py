"""Whether the VIP networks have what Git requests: the cidr that is named with them, and an address.

Only if the facts of the networks are known. A Controller may know better than its configuration shows, so all of this
is doubt (`Translation.doubts`), except for addresses that no host can have.
"""

import ipaddress
from collections.abc import Iterator

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.ako import VipNetwork
from sync.model.settings import VALUES_FILE
from sync.translate.clouds import CLOUDS_WITHOUT_NETWORKS, SUBNET_CLOUDS
from sync.translate.findings import Findings, problem_at
from sync.translate.infra_setting import Infrastructure, reference_to, subnet_uuid
from sync.translate.inputs import Inputs

INTERNAL_IPAM = "IPAMDNS_TYPE_INTERNAL"
"""The IPAM that gives addresses from the static ranges of networks; others have addresses of their own."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
Doubt = tuple[str, str, str]
"""Message, fix, key of the network."""

_GIVE_A_RANGE = "give the network a static range for VIPs on the Controller, or name another network"


def check_vip_networks(infra: Infrastructure, address: str | None, inputs: Inputs, findings: Findings) -> None:
    """Doubts about the VIP networks of one owner; `address` is the requested one."""
    if inputs.facts.cloud.vtype in SUBNET_CLOUDS:
        _check_subnets(infra, inputs, findings)
        return
    network = infra.vip_networks.value[0]
    for message, fix, key in tuple(_cidr_doubts(network, inputs)) or _range_doubts(network, address, inputs):
        findings.doubts.append(_at_network(infra, 0, key, message, fix))


def _check_subnets(infra: Infrastructure, inputs: Inputs, findings: Findings) -> None:
    """Subnets that the Controller does not have; where AKO looks networks up, that is an error already."""
    if inputs.facts.cloud.vtype not in CLOUDS_WITHOUT_NETWORKS:
        return
    for number, network in enumerate(infra.vip_networks.value):
        uuid, key = subnet_uuid(network), "networkName" if network.network_name else "networkUUID"
        if not inputs.facts.has("network", uuid):
            message = f'the Controller has no network with the uuid "{uuid}"'
            fix = "write the uuid of a network of the cloud"
            findings.doubts.append(_at_network(infra, number, key, message, fix))


def unusable(address: Address, subnets: Iterator[Subnet] | list[Subnet]) -> str:
    """Why no host can have the address in one of the subnets, such as its network address; empty if one can.

    IPv6 has no broadcast; its first address is that of any router. A point-to-point subnet has neither.
    """
    for subnet in subnets:
        if address.version != subnet.version or address not in subnet or subnet.max_prefixlen - subnet.prefixlen < 2:
            continue
        if address == subnet.network_address:
            return f"the network address of {subnet}"
        if address == subnet.broadcast_address and subnet.version == 4:
            return f"the broadcast address of {subnet}"
    return ""


def outside_ranges(address: Address, network: VipNetwork, inputs: Inputs) -> tuple[str, ...]:
    """The static ranges of the network, if the address is in none of them; nothing where none are known."""
    ranges = _ranges(network, inputs) or ()
    return () if any(_holds(one, address) for one in ranges) else tuple(ranges)


def _cidr_doubts(network: VipNetwork, inputs: Inputs) -> Iterator[Doubt]:
    """A subnet that the network does not have: the Controller looks for exactly that one."""
    subnets = inputs.facts.network_subnets.get(reference_to(network), ())
    known = {ipaddress.ip_network(subnet, strict=False) for subnet in subnets}
    for key, cidr in (("cidr", network.cidr), ("v6cidr", network.v6cidr)):
        if cidr and known and ipaddress.ip_network(cidr, strict=False) not in known:
            message = f'network "{reference_to(network)}" has no subnet {cidr} (it has {", ".join(subnets)})'
            yield message, "write a subnet that the network has, or name another network", key


def _range_doubts(network: VipNetwork, address: str | None, inputs: Inputs) -> Iterator[Doubt]:
    """A network that has no addresses for VIPs, of a family that the VIP is of."""
    ranges = _ranges(network, inputs)
    if ranges is None:
        return
    for version, cidr in _families(network, address).items():
        within = ipaddress.ip_network(cidr, strict=False) if cidr else None
        firsts = [first for first, _ in map(_ends, ranges) if first.version == version]
        if not any(within is None or first in within for first in firsts):
            where = f" in {cidr}" if cidr and firsts else ""
            message = f'network "{reference_to(network)}" has no static range of IPv{version} addresses{where}'
            yield f"{message}, so it may have none for a VIP", _GIVE_A_RANGE, ""


def _families(network: VipNetwork, address: str | None) -> dict[int, str]:
    """The IP versions of which the VIP gets an address, each with the subnet that is named for it."""
    if network.v6cidr:
        return {**({4: network.cidr} if network.cidr else {}), 6: network.v6cidr}
    if address and ipaddress.ip_address(address).version == 6:
        return {6: ""}
    return {4: network.cidr}


def _ranges(network: VipNetwork, inputs: Inputs) -> tuple[str, ...] | None:
    """None if it is unknown where the network's addresses come from."""
    if inputs.facts.cloud.ipam_type != INTERNAL_IPAM:
        return None
    return inputs.facts.network_ranges.get(reference_to(network))


def _ends(text: str) -> tuple[Address, Address]:
    first, last = (ipaddress.ip_address(end.strip()) for end in text.split("-"))
    return first, last


def _holds(text: str, address: Address) -> bool:
    first, last = _ends(text)
    return first.version == address.version and int(first) <= int(address) <= int(last)


def _at_network(infra: Infrastructure, number: int, key: str, message: str, fix: str) -> Problem:
    """A doubt at the place that names the VIP network."""
    setting, last = infra.vip_networks_of, (key,) if key else ()
    if setting is not None:
        place = ("spec", "network", "vipNetworks", number, *last)
        return problem_at(Severity.WARNING, setting, place, message, fix)
    return Problem(
        severity=Severity.WARNING,
        message=message,
        fix=fix,
        origin=Origin(file=VALUES_FILE),
        field=("NetworkSettings", "vipNetworkList", number, *last),
    )
