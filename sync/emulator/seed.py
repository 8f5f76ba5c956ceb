"""The facts that a Controller starts with: the `facts.yaml` of the conformance cases, and a little more."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from sync.emulator.schema import TIERS, load_schema
from sync.emulator.versions import parse_version


class SeedError(ValueError):
    """A seed that cannot be used; the message says which key, why, and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """A network with addresses for VIPs. Without ranges every host of a subnet serves but the first, the gateway."""

    name: str
    subnets: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    vrf: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AkoFacts:
    """An AKO that has registered itself at the Controller (32.1.4 and later)."""

    name: str
    created_by: str
    version: str | None = None
    namespace: str | None = None
    replicas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the Controller is and holds when its state is empty.

    `network_vrf` maps network names to VRF names, `missing` lists `<type>/<name>`. With `assume_exists` infrastructure
    objects come into being when they are looked up, unless they are missing.
    """

    version: str = "30.2.1"
    license: str = "ENTERPRISE"
    cloud: str = "Default-Cloud"
    vtype: str = "CLOUD_VCENTER"
    ipam_type: str | None = "IPAMDNS_TYPE_INTERNAL"
    dns_domains: tuple[str, ...] = ("avi.internal",)
    network_vrf: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    networks: tuple[NetworkFacts, ...] = ()
    serviceenginegroups: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    akoamkoclusters: tuple[AkoFacts, ...] = ()
    assume_exists: bool = False

    @property
    def seeded(self) -> frozenset[str]:
        """The networks and SE groups of the seed as `<type>/<name>`; deleted ones are not assumed to exist again."""
        groups = (f"serviceenginegroup/{name}" for name in self.serviceenginegroups)
        return frozenset((*groups, *(f"network/{network.name}" for network in self.networks)))

    def as_json(self) -> dict[str, Any]:
        """A form that `facts_from_json` reads back."""
        return {**asdict(self), "missing": sorted(self.missing)}


VIP_NETWORK = NetworkFacts(name="vip-network", subnets=("10.10.10.0/24",), ranges=("10.10.10.2-10.10.10.254",))


def facts_from_json(document: Mapping[str, Any]) -> Facts:
    """What `Facts.as_json` returned, after a way through JSON."""
    lists = {key: tuple(document[key]) for key in ("dns_domains", "serviceenginegroups", "tenants")}
    networks = tuple(
        NetworkFacts(name=one["name"], subnets=tuple(one["subnets"]), ranges=tuple(one["ranges"]), vrf=one["vrf"])
        for one in document["networks"]
    )
    clusters = tuple(AkoFacts(**one) for one in document.get("akoamkoclusters", ()))
    made = {"networks": networks, "akoamkoclusters": clusters, "missing": frozenset(document["missing"])}
    return Facts(**{**document, **lists, **made})


def parse_seed(seed: Mapping[str, Any] | None) -> Facts:
    """The facts of a seed file that has been read; the defaults without one. Raises SeedError."""
    if seed is None:
        return Facts(networks=(VIP_NETWORK,))
    known = _checked(seed, SEED, "the seed")
    controller = _checked(known.get("controller", {}), CONTROLLER, "controller")
    cloud = _checked(known.get("cloud", {}), CLOUD, "cloud")
    assume_exists = known.get("assume_exists", False)
    networks = tuple(_network(one, f"networks[{index}]") for index, one in enumerate(known.get("networks", ())))
    akos = tuple(_ako(one, f"akoamkoclusters[{index}]") for index, one in enumerate(known.get("akoamkoclusters", ())))
    given = {
        "version": controller.get("version"),
        "license": controller.get("license"),
        "cloud": cloud.get("name"),
        "vtype": cloud.get("vtype"),
        "dns_domains": tuple(cloud["dns_domains"]) if "dns_domains" in cloud else None,
        "network_vrf": known.get("network_vrf"),
        "missing": frozenset(known.get("missing", ())),
        "networks": networks if "networks" in known or assume_exists else (VIP_NETWORK,),
        "serviceenginegroups": tuple(known.get("serviceenginegroups", ())),
        "tenants": tuple(known.get("tenants", ())),
        "akoamkoclusters": akos,
        "assume_exists": assume_exists,
    }
    facts = Facts(**{key: value for key, value in given.items() if value is not None})
    return replace(facts, ipam_type=cloud["ipam_type"]) if "ipam_type" in cloud else facts


# Each key of a seed with the check that its value must pass: `check(value, place)` returns it or raises SeedError.
Check = Callable[[Any, str], Any]


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise SeedError(f"{place}: {value!r} is not a text\n  fix: write one, in quotes if it looks like a number")
    return value


def _text_or_none(value: Any, place: str) -> str | None:
    return None if value is None or value == "" else _text(value, place)


def _count(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SeedError(f"{place}: {value!r} is not a number\n  fix: write a whole number from 0")
    return value


def _boolean(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise SeedError(f"{place}: {value!r} is not a boolean\n  fix: write true or false")
    return value


def _texts(value: Any, place: str) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SeedError(f"{place}: {value!r} is not a list\n  fix: write a list of texts")
    return [_text(one, f"{place}[{index}]") for index, one in enumerate(value)]


def _list(value: Any, place: str) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SeedError(f"{place}: {value!r} is not a list\n  fix: write a list of mappings")
    return value


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SeedError(f"{place}: {value!r} is not a mapping\n  fix: write keys with values")
    return value


def _texts_by_name(value: Any, place: str) -> dict[str, str]:
    return {_text(key, place): _text(one, f"{place}.{key}") for key, one in _mapping(value, place).items()}


def _version(value: Any, place: str) -> str:
    if parse_version(_text(value, place)) is None:
        raise SeedError(f"{place}: {value!r} is not a Controller version\n  fix: write one such as 30.2.1")
    return str(value)


def _choice(choices: Callable[[], frozenset[str]]) -> Check:
    def check(value: Any, place: str) -> str:
        allowed = sorted(choices())
        if _text(value, place) not in allowed:
            raise SeedError(f"{place}: {value!r} is not known{_did_you_mean(value, allowed)}")
        return str(value)

    return check


def _enum(type_name: str, field_name: str) -> Callable[[], frozenset[str]]:
    def values() -> frozenset[str]:
        schema = load_schema((30, 2, 1), "ENTERPRISE")
        return schema.messages[type_name].fields[field_name].enum or frozenset()

    return values


def _missing(value: Any, place: str) -> list[str]:
    for index, one in enumerate(_texts(value, place)):
        if "/" not in one:
            raise SeedError(
                f"{place}[{index}]: {one!r} names no type\n  fix: write <type>/<name>, such as network/{one}"
            )
    return list(value)


def _subnets(value: Any, place: str) -> list[str]:
    for index, one in enumerate(_texts(value, place)):
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            raise SeedError(f"{place}[{index}]: {error}\n  fix: write a subnet such as 10.10.10.0/24") from error
    return list(value)


def _ranges(value: Any, place: str) -> list[str]:
    for index, one in enumerate(_texts(value, place)):
        begin, _, end = one.partition("-")
        try:
            valid = ipaddress.ip_address(begin.strip()).packed <= ipaddress.ip_address(end.strip()).packed
        except ValueError:
            valid = False
        if not valid:
            raise SeedError(
                f"{place}[{index}]: {one!r} is not a range\n  fix: write one such as 10.10.10.10-10.10.10.20"
            )
    return list(value)


CONTROLLER: Mapping[str, Check] = {"version": _version, "license": _choice(lambda: frozenset(TIERS))}
CLOUD: Mapping[str, Check] = {
    "name": _text,
    "vtype": _choice(_enum("Cloud", "vtype")),
    "ipam_type": _text_or_none,
    "dns_domains": _texts,
}
NETWORK: Mapping[str, Check] = {"name": _text, "subnets": _subnets, "ranges": _ranges, "vrf": _text_or_none}
AKO: Mapping[str, Check] = {
    "name": _text,
    "created_by": _text,
    "version": _text_or_none,
    "namespace": _text_or_none,
    "replicas": _count,
}
SEED: Mapping[str, Check] = {
    "akoamkoclusters": _list,
    "controller": _mapping,
    "cloud": _mapping,
    "network_vrf": _texts_by_name,
    "missing": _missing,
    "networks": _list,
    "serviceenginegroups": _texts,
    "tenants": _texts,
    "assume_exists": _boolean,
}


def _network(value: Any, place: str) -> NetworkFacts:
    known = _checked(value, NETWORK, place)
    if "name" not in known:
        raise SeedError(f"{place}: it has no name\n  fix: add `name: …`")
    return NetworkFacts(
        name=known["name"],
        subnets=tuple(known.get("subnets", ())),
        ranges=tuple(known.get("ranges", ())),
        vrf=known.get("vrf"),
    )


def _ako(value: Any, place: str) -> AkoFacts:
    known = _checked(value, AKO, place)
    for key in ("name", "created_by"):
        if key not in known:
            raise SeedError(f"{place}: it has no {key}\n  fix: add `{key}: …`")
    return AkoFacts(**known)


def _checked(value: Any, checks: Mapping[str, Check], place: str) -> dict[str, Any]:
    """The mapping with every key known and every value checked; a key without value counts as absent."""
    result = {}
    for key, one in _mapping(value, place).items():
        if key not in checks:
            raise SeedError(f"{place}: unknown key {key!r}{_did_you_mean(str(key), sorted(checks))}")
        if one is not None or key == "ipam_type":
            result[key] = checks[key](one, f"{place}.{key}".removeprefix("the seed."))
    return result


def _did_you_mean(value: str, known: Sequence[str]) -> str:
    close = get_close_matches(value, known, n=1)
    return f", did you mean {close[0]}?" if close else f"\n  fix: use one of {', '.join(known)}"
