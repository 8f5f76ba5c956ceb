"""Nodes whose addresses Git does not tell: what is live for them stays, while the servers of other Nodes follow Git."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sync.compare.unknown_servers import name_of, unknown_servers, with_servers
from sync.model.desired import AviObject, DesiredState
from sync.model.live import LiveObject, LiveState
from sync.model.problem import Problem, Severity
from sync.plan.owners import is_elsewhere


def with_unknown_servers(desired: DesiredState, live: LiveState) -> DesiredState:
    """The desired state with the live servers that may be those of such a Node."""
    found = {
        item.key: with_servers(item, servers)
        for item in desired
        if (before := _live_of(item, live)) is not None and (servers := unknown_servers(item, before.body))
    }
    return replace(desired, objects={**desired.objects, **found}) if found else desired


def kept_servers(desired: DesiredState, live: LiveState, held: Iterable[str]) -> Iterator[Problem]:
    """An error for each pool that keeps such servers; `held` are the owners that are left unchanged anyway, by name.

    `desired` is the state as Git has it.
    """
    known = frozenset(held)
    for item in desired:
        before = _live_of(item, live)
        servers = unknown_servers(item, before.body) if before is not None else ()
        if item.unknown_nodes is None or not servers or item.owner_name in known:
            continue
        nodes = " and ".join(item.unknown_nodes.nodes)
        yield Problem(
            severity=Severity.ERROR,
            message=f"held: {item.key} keeps {', '.join(map(name_of, servers))}: Git does not tell where {nodes} is",
            fix=f"correct the InternalIP of {nodes}, or remove it from Git",
            origin=desired.origins.get(item.owner_name),
            resource=str(item.owner),
        )


def _live_of(item: AviObject, live: LiveState) -> LiveObject | None:
    """The object as it is live: under its key, else in the tenant or cloud that it leaves, else as a run stored it."""
    if item.unknown_nodes is None:
        return None
    if (found := live.objects.get(item.key)) is not None:
        return found
    others = (*(other for other in live if other.is_ours), *(kept.before for kept in live.kept))
    return next((other for other in others if other.key == item.key or is_elsewhere(other.key, item.key)), None)
