"""What the objects of one owner serve: which listener leads to how many servers, at which addresses and DNS names.

This is the one count by which an outage is measured. Bodies may come from templates of others and from a Controller of
any version: what has another shape than expected serves nothing, and is never an error.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sync.avi.addresses import addresses
from sync.avi.hostnames import usual_name
from sync.avi.references import parse_reference, references_in
from sync.kinds import KINDS, Part
from sync.model.desired import ObjectKey

Body = Mapping[str, Any]
Bodies = Mapping[ObjectKey, Body]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Listener:
    """A port, or a range of ports, and the protocol; that is empty if no rule names one."""

    first: int
    last: int
    protocol: str = ""

    def __str__(self) -> str:
        return self.title if self.protocol else f"port {self.title}"

    @property
    def title(self) -> str:
        """Protocol and ports."""
        return f"{self.protocol} {self.first if self.first == self.last else f'{self.first}–{self.last}'}".strip()

    def covers(self, other: "Listener") -> bool:
        """Whether what connects to the other one is served by this one as well."""
        has_ports = self.first <= other.first and other.last <= self.last
        return has_ports and (self.protocol == other.protocol or "" in (self.protocol, other.protocol))


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What one owner serves.

    `listeners` and `pools` (by name) have the number of servers that get traffic: enabled ones of enabled pools of
    enabled VirtualServices, where a pool has at least its `min_servers_up` of them. `loose` are the pools to which no
    listener leads, as far as can be seen: a DataScript may choose one. `vips` are the names of the VsVips in use, with
    their addresses and DNS names.
    """

    listeners: Mapping[Listener, int] = field(default_factory=dict)
    pools: Mapping[str, int] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    servers: int = 0
    """All servers, enabled or not."""
    vips: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @property
    def enabled(self) -> int:
        """The servers that get traffic."""
        return sum(self.pools.values())

    def at(self, listener: Listener) -> int | None:
        """How many servers a connection to this listener can reach; None if nothing listens there."""
        found = [number for each, number in self.listeners.items() if each.covers(listener)]
        return max(found, default=None)


Vips = Mapping[tuple[str, str], Body]
"""VsVips by tenant and name, of any owner."""


def serving_of(bodies: Bodies, vips: Vips = MappingProxyType({})) -> Serving:
    """What the objects of one owner serve; `vips` are those that are not its own and that it may refer to."""
    entrances = {key: body for key, body in bodies.items() if key.part is Part.ENTRANCE}
    open_tenants = {key.tenant for key, body in entrances.items() if is_on(key, body)}
    back_ends = {key: body for key, body in bodies.items() if key.part is Part.BACK_ENDS}
    reachable = {key: _enabled(key, body) if key.tenant in open_tenants else 0 for key, body in back_ends.items()}
    pools: dict[str, int] = defaultdict(int)
    for key, number in reachable.items():
        pools[key.name] += number
    listeners: dict[Listener, int] = {}
    routed: set[ObjectKey] = set()
    for key, body in entrances.items():
        is_open = is_on(key, body)
        for listener, ways in listeners_of(key, bodies).items():
            listeners[listener] = sum(reachable[pool] for pool in ways) if is_open else 0
            routed.update(ways)
    known = {**vips, **{(k.tenant, k.name): body for k, body in bodies.items() if k.part is Part.ADDRESS}}
    used = {name: known.get((key.tenant, name)) for key, body in entrances.items() if (name := _vip_name(body))}
    return Serving(
        listeners=listeners,
        pools=dict(pools),
        loose=frozenset(key.name for key in back_ends if key not in routed),
        servers=sum(len(as_list(body.get("servers"))) for body in back_ends.values()),
        vips=frozenset(used),
        addresses=frozenset(address for body in used.values() for address in addresses_of(body)),
        names=frozenset(usual_name(name) for body in used.values() for name in names_of(body)),
    )


def _vip_name(body: Body) -> str:
    reference = body.get("vsvip_ref")
    found = parse_reference(reference) if isinstance(reference, str) else None
    return found.name if found is not None else ""


def listeners_of(key: ObjectKey, bodies: Bodies) -> dict[Listener, tuple[ObjectKey, ...]]:
    """The listeners of a VirtualService with the pools that they lead to, where these are among the bodies."""
    body = bodies.get(key)
    if body is None:
        return {}
    known = {(KINDS[item.kind].path, item.name): item for item in bodies if item.tenant == key.tenant}
    rules = list(_rules(body, known, bodies))
    default = tuple(_back_ends(body.get("pool_ref"), key.rank, known, bodies))
    found: dict[Listener, tuple[ObjectKey, ...]] = {}
    for first, last in _ports(body):
        matching = [(protocol, ways) for protocol, ports, ways in rules if any(first <= port <= last for port in ports)]
        for protocol, ways in matching:
            listener = Listener(first=first, last=last, protocol=protocol)
            found[listener] = tuple(dict.fromkeys((*found.get(listener, ()), *ways)))
        if not matching:
            found[Listener(first=first, last=last)] = default
    return found


def _ports(body: Body) -> Iterator[tuple[int, int]]:
    for service in as_list(body.get("services")):
        first = as_map(service).get("port")
        if isinstance(first, int):
            last = as_map(service).get("port_range_end")
            yield first, last if isinstance(last, int) and last > first else first


_Known = Mapping[tuple[str, str], ObjectKey]
"""Type and name, as references have them → the object."""


def _rules(body: Body, known: _Known, bodies: Bodies) -> Iterator[tuple[str, tuple[int, ...], tuple[ObjectKey, ...]]]:
    """Protocol, ports and pools of each rule that the VirtualService's policies hold."""
    for policy in _named_in(body.get("l4_policies"), known):
        for rule in as_list(as_map(bodies[policy].get("l4_connection_policy")).get("rules")):
            match = as_map(as_map(rule).get("match"))
            protocol = str(as_map(match.get("protocol")).get("protocol", "")).removeprefix("PROTOCOL_")
            ports = tuple(port for port in as_list(as_map(match.get("port")).get("ports")) if isinstance(port, int))
            yield protocol, ports, tuple(_back_ends(as_map(rule).get("action"), policy.rank, known, bodies))


def _back_ends(value: Any, rank: int, known: _Known, bodies: Bodies) -> Iterator[ObjectKey]:
    """What holds the servers that a value of an object of this rank refers to, through whatever chooses among them."""
    for key in _named_in(value, known):
        if key.part is Part.BACK_ENDS:
            yield key
        elif key.part is Part.RULES and key.rank < rank:  # a body of any shape may refer to itself
            yield from _back_ends(bodies[key], key.rank, known, bodies)


def _named_in(value: Any, known: _Known) -> Iterator[ObjectKey]:
    for reference in references_in(value):
        if (key := known.get((reference.type, reference.name))) is not None:
            yield key


def is_on(key: ObjectKey, body: Body) -> bool:
    """Whether nothing in the object itself turns it off."""
    return all(body.get(switch, True) is not False for switch in KINDS[key.kind].switches)


def enabled_servers(body: Body) -> int:
    """The enabled servers that a pool has, whether it is on or off."""
    return sum(as_map(server).get("enabled", True) is not False for server in as_list(body.get("servers")))


def _enabled(key: ObjectKey, body: Body) -> int:
    """The enabled servers of a pool; none if it is off, or has fewer than it needs to come up."""
    enabled = enabled_servers(body) if is_on(key, body) else 0
    least = body.get("min_servers_up")
    return 0 if isinstance(least, int) and least > enabled else enabled


def addresses_of(body: Body | None) -> tuple[str, ...]:
    """The addresses of a VsVip, in order."""
    vips = ({name: value for name, value in as_map(vip).items() if _has_address(value)} for vip in _vips(body))
    return tuple(sorted(addresses({"vip": tuple(vips)})))


def _vips(body: Body | None) -> list[Any]:
    return as_list(body.get("vip")) if body is not None else []


def _has_address(value: Any) -> bool:
    return isinstance(as_map(value).get("addr"), str)


def names_of(body: Body | None) -> tuple[str, ...]:
    """The DNS names of a VsVip, as they are written."""
    found = (as_map(item).get("fqdn") for item in as_list(body.get("dns_info") if body is not None else None))
    return tuple(name for name in found if isinstance(name, str))


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_map(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
