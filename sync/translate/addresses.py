"""Addresses that Git asks for: whether they are any, and whether they can be had."""

import ipaddress
from contextlib import suppress

from sync.model.resources.resource import Resource
from sync.translate import network
from sync.translate.infra_setting import Infrastructure, reference_to
from sync.translate.inputs import Inputs
from sync.translate.verdict import Findings

Path = tuple[str | int, ...]


def parse_address(text: str, at: Resource, path: Path, findings: Findings) -> str | None:
    """The address in its usual form; an error if it is none (AKO would send it as IPv6, DESIGN §8)."""
    if "%" not in text:  # a zone means something to one host only
        with suppress(ValueError):
            return str(ipaddress.ip_address(text))
    message = f'address "{text}" is not an IP address'
    fix = "write an IP address, or remove it and let the Controller choose"
    findings.error(at, path, message, fix, reason="InvalidAddress")
    return None


def is_ipv6(address: str) -> bool:
    """Whether it is an IPv6 address."""
    return ipaddress.ip_address(address).version == 6


def check_address(
    address: str | None, infra: Infrastructure, at: Resource, path: Path, inputs: Inputs, findings: Findings
) -> None:
    """An address without effect is a warning; one that the VIP network does not have is an error."""
    if address is None:
        return
    if not network.has_static_addresses(inputs):
        where = f"a cloud of type {inputs.facts.cloud.vtype}"
        findings.warning(at, path, f"a static address has no effect on {where}", "remove it")
        return
    vip_network = infra.vip_networks[0]
    name = reference_to(vip_network)
    subnets = inputs.facts.network_subnets.get(name, ())
    wanted = ipaddress.ip_address(address)
    if subnets and not any(wanted in ipaddress.ip_network(subnet, strict=False) for subnet in subnets):
        message = f'address {address} lies in no subnet of network "{name}" ({", ".join(subnets)})'
        fix = "ask for an address of the network, or name another network"
        findings.error(at, path, message, fix, reason="InvalidAddress")
    for cidr in (vip_network.cidr, vip_network.v6cidr):
        subnet = ipaddress.ip_network(cidr, strict=False) if cidr else None
        if subnet and subnet.version == wanted.version and wanted not in subnet:
            message = f'address {address} lies outside of {cidr}, the cidr given with network "{name}"'
            findings.warning(at, path, message, "ask for an address of it, or correct the cidr")
