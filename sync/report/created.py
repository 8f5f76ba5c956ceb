"""What a reviewer must know of an object that is created, in a few words, instead of all its fields."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sync.kinds import Part
from sync.model.plan import Change
from sync.plan.serving import addresses_of, as_list, as_map, is_on, names_of
from sync.report.words import counted, one_line

Fields = Mapping[str, Any]


def created(change: Change) -> str:
    """Address and names, ports, rules, or the number of servers: whatever the object has of it."""
    fields = {field.path: field.after for field in change.fields}
    told = [part for part in _TELLING[change.key.part](fields) if part]
    return one_line("; ".join([*told, *([] if is_on(change.key, fields) else ["disabled"])]))


def _address(fields: Fields) -> Iterator[str]:
    requested = addresses_of(fields)
    networks = (as_map(as_map(vip).get("ipam_network_subnet")) for vip in as_list(fields.get("vip")))
    names = ", ".join(dict.fromkeys(str(network["network_ref"]) for network in networks if "network_ref" in network))
    yield (
        f"address {', '.join(requested)}"
        if requested
        else f"any address of {names or 'the network that the Controller chooses'}"
    )
    yield ", ".join(names_of(fields))


def _servers(fields: Fields) -> Iterator[str]:
    servers = as_list(fields.get("servers"))
    enabled = sum(as_map(server).get("enabled", True) is not False for server in servers)
    yield counted(len(servers), "server") if servers else "no servers"
    if enabled < len(servers):
        yield f"{enabled} enabled"


def _rules(fields: Fields) -> Iterator[str]:
    ports = []
    for rule in as_list(as_map(fields.get("l4_connection_policy")).get("rules")):
        match = as_map(as_map(rule).get("match"))
        protocol = str(as_map(match.get("protocol")).get("protocol", "")).removeprefix("PROTOCOL_")
        ports += [f"{protocol} {port}".strip() for port in as_list(as_map(match.get("port")).get("ports"))]
    yield ", ".join(ports)


def _ports(fields: Fields) -> Iterator[str]:
    ports = [str(as_map(service).get("port", "")) for service in as_list(fields.get("services"))]
    if ports:
        yield f"{'port' if len(ports) == 1 else 'ports'} {', '.join(dict.fromkeys(ports))}"
    if group := fields.get("se_group_ref"):
        yield f"SE group {group}"


_TELLING: Mapping[Part, Callable[[Fields], Iterator[str]]] = {
    Part.ADDRESS: _address,
    Part.BACK_ENDS: _servers,
    Part.RULES: _rules,
    Part.ENTRANCE: _ports,
}
