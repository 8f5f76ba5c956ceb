"""The addresses that a VsVip requests or has, and within what each of them is unique."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sync.avi.references import Reference, short_reference
from sync.kinds import KINDS, Part

ADDRESS_FIELDS = {"V4": "ip_address", "V6": "ip6_address"}
"""The fields of a VIP that hold its addresses, by family."""

GLOBAL_VRF = "global"
"""The VRF of an object that names none (AVI-VRF-DEFAULT)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPlace:
    """An address in its cloud and routing domain; no two VsVips can have it, in whatever tenants they are.

    The routing domain is the path of the T1 router or, where there is none, the VRF. A VsVip behind a T1 router has a
    VRF as well, that of the router, which the Controller fills in: it is never requested.
    """

    address: str
    cloud: str
    domain: str | Reference

    def __str__(self) -> str:
        return self.address

    @classmethod
    def all_of(cls, kind: str, cloud: str, body: Mapping[str, Any]) -> "frozenset[AddressPlace]":
        """All that a body of this kind requests, if it is a desired one, or has, if it is a live one.

        Nothing for a kind that has no VIPs: a template may render anything under that name.
        """
        if KINDS[kind].part is not Part.ADDRESS:
            return frozenset()
        domain = _routing_domain(body)
        return frozenset(cls(address=address, cloud=cloud, domain=domain) for address in addresses(body))


def _routing_domain(body: Mapping[str, Any]) -> str | Reference:
    vrf = short_reference(str(body.get("vrf_context_ref") or ""))
    return str(body.get("tier1_lr") or "") or vrf or Reference("vrfcontext", GLOBAL_VRF)


def addresses(body: Mapping[str, Any]) -> frozenset[str]:
    """All addresses that the VIPs of a body have or request."""
    return frozenset(
        address
        for vip in body.get("vip") or ()
        for field in (*ADDRESS_FIELDS.values(), "floating_ip", "floating_ip6")
        if (address := address_in(vip, field))
    )


def address_in(vip: Mapping[str, Any], field: str) -> str:
    """The address in a field of a VIP, as it is usually written; empty if there is none."""
    return usual_form(str((vip.get(field) or {}).get("addr", "")))


@lru_cache(maxsize=8192)
def usual_form(text: str) -> str:
    """The address as it is usually written: IPv6 has many forms."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text
