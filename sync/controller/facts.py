"""Controller → Facts: what translation needs to know, in a number of requests that does not grow with the tree."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sync.avi.addresses import GLOBAL_VRF
from sync.avi.references import parse_reference
from sync.controller.client import ControllerClient
from sync.controller.errors import BrokenAnswerError, ControllerError, NotFoundError, RefusedError
from sync.model.facts import CloudFacts, Facts
from sync.model.wording import did_you_mean

LONGEST_QUERY = 6000
"""Bytes of names in one request: nginx, which is in front of the API, takes 8 kB of request line as it is shipped."""

IN_CLOUD = frozenset({"network", "serviceenginegroup", "vrfcontext"})
"""Types whose objects belong to a cloud, each with names of its own (AVI-NAMES-PER-CLOUD)."""
_FIELDS: Mapping[str, str] = {
    "applicationprofile": "name,uuid,type",
    "network": "name,uuid,vrf_context_ref,configured_subnets",
    "networkprofile": "name,uuid,profile",
}

FORBIDDEN = 403
"""The answer to a read that the account has no permission for (AVI-READ-FORBIDDEN)."""

_VIP_RANGES = frozenset({"STATIC_IPS_FOR_VIP_AND_SE", "STATIC_IPS_FOR_VIP"})
"""The types of a static range that VIPs get addresses from; the first is the default (AVI-STATIC-RANGE-TYPES)."""

_NETWORK = "network"
# Users' own networks and those found in vCenter and AWS (AVI-UUID-FORMS), and OpenStack's own form; a name may look
# like that as well.
_LIKE_NETWORK_UUID = re.compile(r"(network|subnet|dvportgroup-\d+-cloud)-\S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TENANT = "tenant"

_Body = Mapping[str, Any]

_PROFILE_KINDS: Mapping[str, Callable[[_Body], str]] = {
    "applicationpersistenceprofile": lambda body: str(body.get("persistence_type", "")),
    "applicationprofile": lambda body: str(body.get("type", "")),
    "networkprofile": lambda body: str((body.get("profile") or {}).get("type", "")),
}
"""Where each type of profile stores its purpose (AVI-PROFILE-TYPES)."""


def read_facts(client: ControllerClient, *, cloud_name: str, references: Mapping[str, frozenset[str]]) -> Facts:
    """The facts of one Controller.

    `references` has, per type as in `/api/<type>`, the names that manifests and settings refer to; networks may be
    referred to by uuid. Raises ControllerError, also for a cloud that does not exist.
    """
    system = _object(client, "/api/systemconfiguration")
    cloud = _find_cloud(client, cloud_name)
    found = {type_name: _found(client, type_name, names, cloud_name) for type_name, names in references.items()}
    networks = found.get(_NETWORK, _Found(by_reference={}))
    return Facts(
        version=client.version,
        license=str(system.get("default_license_tier", "")),
        cloud=CloudFacts(
            name=cloud_name,
            vtype=str(cloud.get("vtype", "")),
            ipam_type=_ipam_type(client, cloud),
            dns_domains=_dns_domains(client, cloud),
            transport_zone=_transport_zone(cloud),
        ),
        network_vrf={
            reference: vrf
            for reference, body in sorted(networks.by_reference.items())
            if (vrf := _name_in(body.get("vrf_context_ref", ""))) not in ("", GLOBAL_VRF)
        },
        network_subnets={
            reference: subnets
            for reference, body in sorted(networks.by_reference.items())
            if (subnets := tuple(prefixes(body.get("configured_subnets"))))
        },
        network_ranges={
            reference: tuple(vip_ranges(body))
            for reference, body in sorted(networks.by_reference.items())
            if networks.is_readable
        },
        network_uuids={
            reference: uuid
            for reference, body in sorted(networks.by_reference.items())
            # A network whose uuid is its name is found by both.
            if (uuid := str(body.get("uuid", ""))) and not uuid == reference == body.get("name")
        },
        profile_types={
            f"{type_name}/{name}": kind
            for type_name, kind_of in _PROFILE_KINDS.items()
            for name, body in sorted(found.get(type_name, _Found(by_reference={})).by_reference.items())
            if (kind := kind_of(body))
        },
        static_routes=_static_routes(client, cloud_name),
        missing=frozenset(
            f"{type_name}/{name}"
            for type_name, names in references.items()
            for name in names - found[type_name].by_reference.keys()
        ),
        shared_names=frozenset(f"{_NETWORK}/{name}" for name in networks.shared),
        unreadable=frozenset(type_name for type_name, one in found.items() if not one.is_readable),
    )


def facts_to_document(facts: Facts) -> dict[str, Any]:
    """The facts in the shape of a facts file, in an order that does not change."""
    return {
        "controller": {"version": facts.version, "license": facts.license},
        "cloud": {
            "name": facts.cloud.name,
            "vtype": facts.cloud.vtype,
            "ipam_type": facts.cloud.ipam_type,
            "dns_domains": list(facts.cloud.dns_domains),
            **({"transport_zone": facts.cloud.transport_zone} if facts.cloud.transport_zone else {}),
        },
        "network_vrf": dict(sorted(facts.network_vrf.items())),
        "network_subnets": {name: list(subnets) for name, subnets in sorted(facts.network_subnets.items())},
        "network_ranges": {name: list(ranges) for name, ranges in sorted(facts.network_ranges.items())},
        "network_uuids": dict(sorted(facts.network_uuids.items())),
        "profile_types": dict(sorted(facts.profile_types.items())),
        **_routes_document(facts.static_routes),
        "missing": sorted(facts.missing),
        "shared_names": sorted(facts.shared_names),
    }


def _routes_document(routes: Mapping[str, frozenset[str]] | None) -> dict[str, Any]:
    """Empty if routes were not read, which is not the same as no routes."""
    if routes is None:
        return {}
    return {"static_routes": {vrf: sorted(prefixes) for vrf, prefixes in sorted(routes.items())}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The objects of one type, by the reference used for them, and the names that are not unique."""

    by_reference: Mapping[str, _Body]
    shared: frozenset[str] = frozenset()
    is_readable: bool = True


def _found(client: ControllerClient, type_name: str, references: frozenset[str], cloud_name: str) -> _Found:
    """What exists; of a type that the account may not read, everything is assumed to exist."""
    try:
        if type_name == _NETWORK:
            return _found_networks(client, references, cloud_name)
        if type_name == TENANT:
            return _Found(by_reference={name: {} for name in references - missing_tenants(client, references)})
        return _by("name", client, type_name, references, cloud_name)
    except RefusedError as error:
        if error.status != FORBIDDEN:
            raise
        return _Found(by_reference={name: {} for name in references}, is_readable=False)


def _found_networks(client: ControllerClient, references: frozenset[str], cloud_name: str) -> _Found:
    """Networks go by uuid where several share a name. What looks like one may be a name, and the other way round."""
    like_uuid = frozenset(filter(_LIKE_NETWORK_UUID.fullmatch, references))
    identified = _by("uuid", client, _NETWORK, like_uuid, cloud_name)
    named = _by("name", client, _NETWORK, references - identified.by_reference.keys(), cloud_name)
    left = references - like_uuid - named.by_reference.keys()
    other = _by("uuid", client, _NETWORK, frozenset(item for item in left if " " not in item), cloud_name)
    return _Found(
        by_reference={**identified.by_reference, **named.by_reference, **other.by_reference}, shared=named.shared
    )


def missing_tenants(client: ControllerClient, names: Iterable[str]) -> frozenset[str]:
    """The tenants that do not exist, or that the account may not use; the login lists those that it may use.

    Raises RefusedError if neither the login nor the list of tenants shows them.
    """
    usable = client.account.tenants
    unknown = frozenset(names) - frozenset(usable or ())
    if not unknown or (usable is not None and not client.account.is_superuser):
        return unknown
    # A tenant may have been created since the login.
    return unknown - _by("name", client, TENANT, unknown, "").by_reference.keys()


def _by(field: str, client: ControllerClient, type_name: str, references: frozenset[str], cloud_name: str) -> _Found:
    """What is found with the references as names or as uuids."""
    parameters = {"fields": _FIELDS.get(type_name, "name,uuid"), "include_name": "true"}
    if type_name in IN_CLOUD:
        parameters["cloud_ref.name"] = cloud_name
    bodies = [
        body
        for lookup in lookups(field, references)
        for body in client.list_all(f"/api/{type_name}", parameters | lookup)
    ]
    counts = Counter(str(body[field]) for body in bodies)
    return _Found(
        by_reference={str(body[field]): body for body in bodies if body[field] in references},
        shared=frozenset(name for name, count in counts.items() if count > 1),
    )


def lookups(field: str, values: Iterable[str]) -> Iterator[dict[str, str]]:
    """Parameters that find the values, few enough at a time for one URL.

    A comma ends a value of `name.in`, so what has one is looked up by itself.
    """
    chunk: list[str] = []
    length = 0
    for value in sorted(values):
        if "," in value:
            yield {field: value}
            continue
        size = len(quote(value)) + 1
        if chunk and length + size > LONGEST_QUERY:
            yield {f"{field}.in": ",".join(chunk)}
            chunk, length = [], 0
        chunk.append(value)
        length += size
    if chunk:
        yield {f"{field}.in": ",".join(chunk)}


def _find_cloud(client: ControllerClient, name: str) -> _Body:
    named = client.list_all("/api/cloud", {"name": name, "include_name": "true"})
    if named:
        return named[0]
    known = sorted(str(cloud["name"]) for cloud in client.list_all("/api/cloud", {"fields": "name"}))
    raise ControllerError(
        f'the Controller has no cloud "{name}"',
        fix=f"in ControllerSettings.cloudName of values.yaml: {did_you_mean(name, known)}",
    )


def _ipam_type(client: ControllerClient, cloud: _Body) -> str:
    """The type of the cloud's IPAM profile, "" if it has none."""
    profile = parse_reference(str(cloud.get("ipam_provider_ref", "")))
    if profile is None:
        return ""
    return str(_object(client, f"/api/ipamdnsproviderprofile/{profile.uuid}").get("type", ""))


def _transport_zone(cloud: _Body) -> str:
    """`OVERLAY` or `VLAN` of an NSX-T cloud (Avi 30.2 API, Cloud.nsxt_configuration.data_network_config.tz_type)."""
    configuration = cloud.get("nsxt_configuration") or {}
    return str((configuration.get("data_network_config") or {}).get("tz_type", ""))


def _dns_domains(client: ControllerClient, cloud: _Body) -> tuple[str, ...]:
    """The domains that the cloud's DNS serves: `{"domains": [name]}` (AVI-DNS-DOMAINS)."""
    path = "/api/ipamdnsproviderprofiledomainlist"
    try:
        answer = client.get(path, {"cloud_uuid": str(cloud["uuid"])})
    except (NotFoundError, RefusedError):
        # What a Controller says about a cloud without DNS is not documented; with DNS a refusal is a failure.
        if "dns_provider_ref" in cloud or "ipam_provider_ref" in cloud:
            raise
        return ()
    match answer:
        case {"domains": list(domains)} if all(isinstance(domain, str) for domain in domains):
            return tuple(domains)
        case {**rest} if not rest.get("domains"):
            return ()
    raise BrokenAnswerError(f"GET {path} did not answer with a list of domains", method="GET", path=path, status=200)


def _static_routes(client: ControllerClient, cloud_name: str) -> Mapping[str, frozenset[str]]:
    """The destinations that each VRF of the cloud has a static route for."""
    parameters = {"cloud_ref.name": cloud_name, "fields": "name,static_routes"}
    contexts = client.list_all("/api/vrfcontext", parameters)
    return {str(body["name"]): frozenset(prefixes(body.get("static_routes"))) for body in contexts}


def prefixes(rows: Any) -> Iterator[str]:
    """The `prefix` of each row, as `10.0.0.0/24`."""
    for row in rows or ():
        prefix = row.get("prefix") or {}
        if address := (prefix.get("ip_addr") or {}).get("addr"):
            yield f"{address}/{prefix.get('mask', 32)}"


def vip_ranges(network: _Body) -> Iterator[str]:
    """The static address ranges of a network that VIPs get addresses from, as `10.0.0.10-10.0.0.20`."""
    for subnet in network.get("configured_subnets") or ():
        for row in subnet.get("static_ip_ranges") or ():
            begin, end = ((row.get("range") or {}).get(key) or {} for key in ("begin", "end"))
            if row.get("type", "STATIC_IPS_FOR_VIP_AND_SE") in _VIP_RANGES and begin.get("addr") and end.get("addr"):
                yield f"{begin['addr']}-{end['addr']}"


def _object(client: ControllerClient, path: str) -> _Body:
    answer = client.get(path)
    if isinstance(answer, dict):
        return answer
    raise BrokenAnswerError(f"GET {path} did not answer with an object", method="GET", path=path, status=200)


def _name_in(reference: Any) -> str:
    parsed = parse_reference(str(reference))
    return parsed.name if parsed else ""
