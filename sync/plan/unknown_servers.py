"""Unknown servers: what is live of them stays, while all other servers follow Git or the cluster.

Some Nodes have no usable address in Git, or a cluster could not be read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync.compare.unknown_servers import name_of, unknown_servers, with_servers
from sync.model.desired import AviObject, DesiredState
from sync.model.live import LiveObject, LiveState
from sync.model.problem import Problem, Severity


def with_unknown_servers(desired: DesiredState, live: LiveState) -> DesiredState:
    """The desired state with the live servers that may be those of such a Node."""
    found = {item.key: with_servers(item, servers, before.markers) for item, before, servers in _kept(desired, live)}
    return replace(desired, objects={**desired.objects, **found}) if found else desired


def kept_servers(desired: DesiredState, live: LiveState, held: Iterable[str]) -> Iterator[Problem]:
    """An error for each pool that keeps servers of such Nodes; `held` are the owners that stay as they are, by name.

    `desired` is the state as Git has it.
    """
    known = frozenset(held)
    for item, _, servers in _kept(desired, live):
        if item.unknown_servers is None or item.unknown_servers.is_everything or item.owner_name in known:
            continue
        nodes = _some(item.unknown_servers.nodes)
        yield Problem(
            severity=Severity.ERROR,
            message=f"held: {item.key} keeps {_some([*map(name_of, servers)])}: Git has no usable address for {nodes}",
            fix=f"correct the InternalIP of {nodes}, or remove it from Git",
            origin=desired.origins.get(item.owner_name),
            resource=str(item.owner),
        )


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


_MOST_NAMES = 3


def _kept(
    desired: DesiredState, live: LiveState
) -> Iterator[tuple[AviObject, LiveObject, tuple[Mapping[str, Any], ...]]]:
    """The desired objects that keep live servers, with the live objects and these servers."""
    for item, before in live_before([item for item in desired if item.unknown_servers is not None], live):
        if servers := unknown_servers(item, before.body):
            yield item, before, servers


def live_before(items: Sequence[AviObject], live: LiveState) -> Iterator[tuple[AviObject, LiveObject]]:
    """Each object that is live, under its key or in the tenant or cloud that it leaves, or that a run has stored."""
    if not items:
        return
    stored = [backup.before for backup in live.backups]
    by_name = {(item.key.kind, item.key.name): item for item in (*stored, *live) if item.is_ours}
    for item in items:
        before = live.objects.get(item.key) or by_name.get((item.key.kind, item.key.name))
        if before is not None:
            yield item, before
