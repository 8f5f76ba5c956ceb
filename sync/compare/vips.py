"""Whether a live VIP can become what Git requests; if not, it must be replaced (docs/safety.md#replace).

Every VIP carries `auto_allocate_ip: true`, so its address does not show whether Git requested it: the marker
`AskedAddress` does.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sync.avi.addresses import ADDRESS_FIELDS, address_in, addresses
from sync.avi.markers import NO_ADDRESS
from sync.avi.references import Reference, parse_reference

IDENTITY_OF_A_VIP = frozenset(
    {"ip_address", "ip6_address", "ipam_network_subnet", "subnet_uuid", "auto_allocate_ip_type"}
)
"""Fields of a VIP that are compared here, and never field by field."""

_SUBNET_FIELDS = {"V4": "subnet", "V6": "subnet6"}
_FAMILIES = {"V4_ONLY": ("V4",), "V6_ONLY": ("V6",), "V4_V6": ("V4", "V6")}


def replace_reason(desired: Mapping[str, Any], live: Mapping[str, Any], requested_before: str) -> str:
    """Why the live VsVip, which Git requested `requested_before` for, cannot be the desired one; empty if it can."""
    return next(_reasons(desired, live, requested_before), "")


def requested_address(vips: Iterable[Mapping[str, Any]]) -> str:
    """The address that a rendered `vip` list requests, `none` if the Controller is to choose."""
    for vip in vips:
        for field in ADDRESS_FIELDS.values():
            if address := address_in(vip, field):
                return address
    return NO_ADDRESS


def outside_of_its_subnet(vips: Iterable[Mapping[str, Any]]) -> str:
    """Why a requested address is not in the subnet requested with it; empty if it is."""
    return next((reason for vip in vips for reason in _outside(vip, vip)), "")


def check_vips(vips: Any) -> None:
    """Raise TypeError unless a rendered `vip` list has the shape that everything here relies on."""
    if not isinstance(vips, list):
        raise TypeError("vip is not a list")
    for vip in vips:
        if not isinstance(vip, dict) or not isinstance(vip.get("vip_id"), str):
            raise TypeError("an item of vip has no vip_id")
        for field in (*ADDRESS_FIELDS.values(), "ipam_network_subnet"):
            if not isinstance(vip.get(field, {}), dict):
                raise TypeError(f"{field} of a vip is not an object")
        for field in _SUBNET_FIELDS.values():
            _network_of((vip.get("ipam_network_subnet") or {}).get(field))


def without_vip_identity(normal: dict[str, Any]) -> dict[str, Any]:
    """A normal form without those fields; unchanged if it has no VIPs."""
    if "vip" not in normal:
        return normal
    vips = [{key: value for key, value in vip.items() if key not in IDENTITY_OF_A_VIP} for vip in normal["vip"] or ()]
    return {**normal, "vip": vips}


def _reasons(desired: Mapping[str, Any], live: Mapping[str, Any], requested_before: str) -> Iterator[str]:
    wanted = {vip.get("vip_id"): vip for vip in desired.get("vip") or ()}
    present = {vip.get("vip_id"): vip for vip in live.get("vip") or ()}
    if wanted.keys() != present.keys():
        yield f"{len(present)} VIPs → {len(wanted)}"
        return
    for vip_id, vip in wanted.items():
        yield from _address_reasons(vip, present[vip_id], requested_before)
        yield from _network_reasons(vip, present[vip_id])
        yield from _subnet_reasons(vip, present[vip_id])
        yield from _family_reasons(vip, present[vip_id])


def _address_reasons(desired: Mapping[str, Any], live: Mapping[str, Any], requested_before: str) -> Iterator[str]:
    requested = requested_address((desired,))
    held = addresses({"vip": (live,)})
    if requested != NO_ADDRESS and requested not in held:
        yield f"address {', '.join(sorted(held)) or 'none'} → {requested}"
    elif requested == NO_ADDRESS and requested_before in held:
        yield f"address {requested_before} is no longer requested"


def _network_reasons(desired: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    if desired.get("subnet_uuid", "") != live.get("subnet_uuid", "") and "subnet_uuid" in desired:
        yield f"subnet {live.get('subnet_uuid', 'none')} → {desired['subnet_uuid']}"
    wanted = _network(desired)
    present = _network(live)
    if wanted is not None and present is not None and not wanted.is_to(present):
        yield f"network {present} → {wanted}"


def _network(vip: Mapping[str, Any]) -> Reference | None:
    """The network of a VIP: the requested one, else the Controller's (AVI-VIP-ALLOCATION)."""
    places = (vip.get("ipam_network_subnet") or {}, vip, *(vip.get("discovered_networks") or ()))
    found = (parse_reference(str(place.get("network_ref", ""))) for place in places)
    return next((reference for reference in found if reference is not None), None)


def _subnet_reasons(desired: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    """An address outside the requested subnet, unless it is requested itself: a new VIP would have it again."""
    if requested_address((desired,)) not in addresses({"vip": (live,)}):
        yield from _outside(desired, live)


def _outside(desired: Mapping[str, Any], holder: Mapping[str, Any]) -> Iterator[str]:
    wanted = desired.get("ipam_network_subnet") or {}
    for family, field in _SUBNET_FIELDS.items():
        address = address_in(holder, ADDRESS_FIELDS[family])
        subnet = wanted.get(field)
        if subnet and address:
            network = _network_of(subnet)
            if network is not None and ipaddress.ip_address(address) not in network:
                yield f"address {address} is outside of {network}"


def _network_of(subnet: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A subnet as the API writes it, `{"ip_addr": {"addr": …}, "mask": …}`; ValueError if it is none."""
    if not subnet:
        return None
    try:
        return ipaddress.ip_interface(f"{subnet['ip_addr']['addr']}/{subnet['mask']}").network
    except (KeyError, TypeError):
        raise ValueError("a subnet of a vip has no ip_addr and mask") from None


def _family_reasons(desired: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    """A family that is requested and missing, or there and no longer requested."""
    held = {family for family, field in ADDRESS_FIELDS.items() if address_in(live, field)}
    requested = {family for family, field in ADDRESS_FIELDS.items() if address_in(desired, field)}
    wanted = _families(desired)
    if "auto_allocate_ip_type" in desired or not requested:  # otherwise the address shows the family
        for family in wanted:
            if held and family not in held:
                yield f"it has no IP{family.lower()} address"
    for family in _families(live):
        if family in held and family not in wanted and family not in requested:
            address = address_in(live, ADDRESS_FIELDS[family])
            yield f"it has an IP{family.lower()} address, {address}, which is no longer requested"


def _families(vip: Mapping[str, Any]) -> tuple[str, ...]:
    """The families in which a VIP's addresses are allocated."""
    return _FAMILIES.get(vip.get("auto_allocate_ip_type", "V4_ONLY"), ())
