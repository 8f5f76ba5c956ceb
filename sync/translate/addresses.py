"""Requested addresses: whether they are valid and available."""

import ipaddress
from dataclasses import dataclass

from sync.model.provenance import Sources, in_manifest
from sync.model.resources.ako import VipNetwork
from sync.model.resources.resource import Resource
from sync.translate import network
from sync.translate.findings import Findings
from sync.translate.host_addresses import flaw_of_a_host
from sync.translate.infra_setting import Infrastructure, reference_to
from sync.translate.inputs import Inputs
from sync.translate.vip_networks import Subnet, outside_ranges, unusable

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedAddress:
    """An address that a manifest requests for the VIP, and where it is written."""

    text: str
    at: Resource
    path: Path

    @property
    def sources(self) -> Sources:
        """The place as the source of a field."""
        return (in_manifest(self.at, *self.path),)

    @property
    def is_ipv6(self) -> bool:
        """Whether it is an IPv6 address."""
        return ipaddress.ip_address(self.text).version == 6


def parse_address(text: str, at: Resource, path: Path, findings: Findings) -> RequestedAddress | None:
    """The address in its usual form; an error if no VIP can have it (AKO would send any text as IPv6)."""
    if flaw := flaw_of_a_host(text):
        fix = "write an IP address, or remove it and let the Controller choose"
        findings.error(at, path, f'address "{text}" {flaw}', fix, reason="InvalidAddress")
        return None
    return RequestedAddress(text=str(ipaddress.ip_address(text)), at=at, path=path)


def check_address(
    requested: RequestedAddress | None, infra: Infrastructure, inputs: Inputs, findings: Findings
) -> None:
    """An address without effect is a warning; one that the VIP network does not have, or no host can have, is an error.

    One outside of the static ranges is a doubt: the Controller decides.
    """
    if requested is None:
        return
    address, at, path = requested.text, requested.at, requested.path
    if not network.has_static_addresses(inputs):
        where = f"a cloud of type {inputs.facts.cloud.vtype}"
        findings.warning(at, path, f"a static address has no effect on {where}", "remove it")
        return
    vip_network = infra.vip_networks.value[0]
    name = reference_to(vip_network)
    subnets = inputs.facts.network_subnets.get(name, ())
    wanted = ipaddress.ip_address(address)
    known = [ipaddress.ip_network(subnet, strict=False) for subnet in subnets]
    if known and not any(wanted in subnet for subnet in known):
        message = f'address {address} is in no subnet of network "{name}" ({", ".join(subnets)})'
        fix = "request an address of the network, or name another network"
        findings.error(at, path, message, fix, reason="InvalidAddress")
    elif said := unusable(wanted, [*known, *_given_subnets(vip_network)]):
        _report_unusable(f"address {address} is {said}", at, path, inputs, findings)
    elif ranges := outside_ranges(wanted, vip_network, inputs):
        message = f'address {address} is in no static range of network "{name}" ({", ".join(ranges)})'
        findings.doubt(at, path, message, "request an address of a range, or extend the range on the Controller")
    for cidr in (vip_network.cidr, vip_network.v6cidr):
        subnet = ipaddress.ip_network(cidr, strict=False) if cidr else None
        if subnet and subnet.version == wanted.version and wanted not in subnet:
            message = f'address {address} is outside {cidr}, the cidr given with network "{name}"'
            findings.warning(at, path, message, "request an address in the cidr, or correct the cidr")


def _given_subnets(vip_network: VipNetwork) -> list[Subnet]:
    return [ipaddress.ip_network(cidr, strict=False) for cidr in (vip_network.cidr, vip_network.v6cidr) if cidr]


def _report_unusable(message: str, at: Resource, path: Path, inputs: Inputs, findings: Findings) -> None:
    """An error; a warning if the type of the cloud is unknown, because the address has no effect on some."""
    fix = "request an address that a host can have"
    if inputs.facts.is_assumed:
        findings.warning(at, path, message, fix)
    else:
        findings.error(at, path, message, fix, reason="InvalidAddress")
