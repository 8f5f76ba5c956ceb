"""Addresses of hosts: of which family they are, and whether anything else can reach them."""

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LIMITED_BROADCAST = ipaddress.ip_address("255.255.255.255")


@lru_cache(maxsize=32768)
def family_of(address: str) -> str:
    """V4, V6, or nothing for a text that is no address."""
    try:
        return f"V{ipaddress.ip_address(address).version}"
    except ValueError:
        return ""


@lru_cache(maxsize=32768)
def flaw_of(text: str) -> str:
    """Why no server can have this address, as the rest of a sentence; empty if one can.

    Kubernetes refuses the same in Endpoints and EndpointSlices (Kubernetes 1.30, ValidateNonSpecialIP).
    """
    if flaw := flaw_of_a_host(text):
        return flaw
    return "is a link-local address" if _plain(text).is_link_local else ""


def flaw_of_a_host(text: str) -> str:
    """Why nothing that others connect to can have this address, as the rest of a sentence; empty if it can."""
    if not family_of(text):
        return "is not an IP address"
    if "%" in text:
        return "has a zone, which is valid on one host only"
    address = _plain(text)
    if address.is_unspecified:
        return "is the unspecified address"
    if address.is_loopback:
        return "is a loopback address"
    if address.is_multicast:
        return "is a multicast address"
    return "is the broadcast address" if address == _LIMITED_BROADCAST else ""


def _plain(text: str) -> Address:
    """The address; of an IPv4 address that is written as an IPv6 one, that IPv4 address."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address
