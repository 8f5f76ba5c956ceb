"""Which addresses are taken, and which one a VIP is given.

Addresses are unique per cloud, VRF and tier-1 router, whatever the tenant (inferred: several VirtualServices share an
address through one VsVip). They are taken by stored VsVips and by nothing else, so deleting one gives them back.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.emulator.errors import Refusal
from sync.emulator.schema import Body
from sync.emulator.store import Entry, uuid_of

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
Space = tuple[str | None, str | None, str]

VIP_RANGES = frozenset({"STATIC_IPS_FOR_VIP", "STATIC_IPS_FOR_VIP_AND_SE"})
FAMILIES = {"V4": 4, "V6": 6}
# The addresses of a network that was created on first use, without subnets.
ASSUMED_SUBNETS = {4: ipaddress.ip_network("10.250.0.0/16"), 6: ipaddress.ip_network("fd00:250::/64")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Addresses of one subnet that VIPs may get: first and last of a range, as integers."""

    subnet: Subnet
    first: int
    last: int


def address_space(body: Mapping[str, Any]) -> Space:
    """Within what the addresses of a VsVip are unique."""
    return uuid_of(body.get("cloud_ref")), uuid_of(body.get("vrf_context_ref")), body.get("tier1_lr", "")


def addresses_of(vip: Mapping[str, Any]) -> Iterator[Address]:
    """The addresses of one VIP, given or allocated."""
    for name in ("ip_address", "ip6_address"):
        if name in vip and vip[name]["type"] in FAMILIES:
            yield parse_address(name, vip[name])


def parse_address(field: str, value: Mapping[str, Any]) -> Address:
    """The address of an `IpAddr`; a refusal if its text is no address of its type."""
    try:
        address = ipaddress.ip_address(value["addr"])
    except ValueError:
        address = None
    if address is None or address.version != FAMILIES.get(value["type"]):
        raise Refusal.BAD_FIELD.error(field=field, reason=f"{value['addr']} is not an address of type {value['type']}")
    return address


def parse_prefix(field: str, value: Mapping[str, Any]) -> Subnet:
    """The subnet of an `IpAddrPrefix`; a refusal if it is none."""
    address = parse_address(field, value["ip_addr"])
    try:
        return ipaddress.ip_network((address, value["mask"]), strict=False)
    except ValueError as error:
        raise Refusal.BAD_FIELD.error(field=field, reason=str(error)) from error


def prefix_body(subnet: Subnet) -> Body:
    """The subnet as an `IpAddrPrefix`."""
    return {"ip_addr": address_body(subnet.network_address), "mask": subnet.prefixlen}


def address_body(address: Address) -> Body:
    """The address as an `IpAddr`."""
    return {"addr": str(address), "type": f"V{address.version}"}


class Addresses:
    """Who holds which address; kept up to date by watching the VsVips in the store."""

    def __init__(self) -> None:
        self._holders: dict[Space, dict[Address, str]] = {}
        self._free_from: dict[tuple[Space, Pool], int] = {}  # below it, every address of the pool is taken
        self._pools: dict[str, tuple[str, tuple[Pool, ...]]] = {}

    def changed(self, old: Entry | None, new: Entry | None) -> None:
        """Take note of a VsVip that came, changed or went."""
        before = _places(old) if old is not None else set()
        after = _places(new) if new is not None else set()
        for space, address in before - after:
            self._release(space, address)
        if new is not None:
            for space, address in after:
                self._holders.setdefault(space, {})[address] = new.uuid

    def holder(self, space: Space, address: Address) -> str | None:
        """The uuid of the VsVip that has the address."""
        return self._holders.get(space, {}).get(address)

    def subnets(self, network: Entry) -> tuple[Subnet, ...]:
        """The subnets that are configured on a network."""
        configured = network.body.get("configured_subnets", ())
        return tuple(parse_prefix("prefix", subnet["prefix"]) for subnet in configured)

    def pools(self, network: Entry) -> tuple[Pool, ...]:
        """The addresses of a network that VIPs may get, in the order in which they are used up."""
        known = self._pools.get(network.uuid)
        if known is None or known[0] != network.body["_last_modified"]:
            known = self._pools[network.uuid] = network.body["_last_modified"], tuple(_pools(network))
        return known[1]

    def lowest_free(self, space: Space, pools: Iterable[Pool], taken: set[Address]) -> tuple[Address, Subnet] | None:
        """The first free address of the pools that is not in `taken`."""
        holders = self._holders.get(space, {})
        for pool in pools:
            make = type(pool.subnet.network_address)
            number = self._free_from.get((space, pool), pool.first)
            while number <= pool.last and make(number) in holders:
                number += 1
            self._free_from[space, pool] = number
            while number <= pool.last and (make(number) in taken or make(number) in holders):
                number += 1
            if number <= pool.last:
                return make(number), pool.subnet
        return None

    def _release(self, space: Space, address: Address) -> None:
        self._holders.get(space, {}).pop(address, None)
        for (at, pool), number in self._free_from.items():
            if at == space and pool.subnet.version == address.version and int(address) < number:
                self._free_from[at, pool] = max(pool.first, int(address))


def _places(entry: Entry) -> set[tuple[Space, Address]]:
    space = address_space(entry.body)
    return {(space, address) for vip in entry.body.get("vip", ()) for address in addresses_of(vip)}


def hosts(subnet: Subnet) -> Pool:
    """All addresses of a subnet but the first and the last, which name the network and its broadcast."""
    first, last = int(subnet.network_address), int(subnet.broadcast_address)
    edge = 1 if last - first > 1 else 0
    return Pool(subnet=subnet, first=first + edge, last=last - edge)


def whole_pool(subnet: Subnet) -> Pool:
    """The hosts of a subnet but the first one, which is the gateway by custom, if there is more than one."""
    every = hosts(subnet)
    is_routed = subnet.num_addresses > 2
    return Pool(subnet=subnet, first=every.first + is_routed, last=every.last)


def _pools(network: Entry) -> Iterator[Pool]:
    """The static ranges of the network that serve VIPs, as far as they name hosts of their subnet."""
    for configured in network.body.get("configured_subnets", ()):
        subnet = parse_prefix("prefix", configured["prefix"])
        for one in configured.get("static_ip_ranges", ()):
            if one["type"] in VIP_RANGES:
                first = int(parse_address("begin", one["range"]["begin"]))
                last = int(parse_address("end", one["range"]["end"]))
                usable = hosts(subnet)
                yield Pool(subnet=subnet, first=max(first, usable.first), last=min(last, usable.last))
