"""Pools that follow the cluster: a rollout goes its way, and a pool never loses its last enabled server to an accident.

The cluster decides which servers there are, but one that shows none at all is more likely broken, or between the old
Pods and the new ones, than meant: the live servers stay until it shows others (docs/safety.md#servers-of-a-cluster).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sync.compare.ignoring import is_ignored
from sync.compare.moves import FIELD, with_edits_kept
from sync.kinds import Part
from sync.model.cluster import ClusterState
from sync.model.desired import AviObject, DesiredState, ServersFrom, UnknownServers
from sync.model.live import LiveState
from sync.model.problem import Problem, Severity
from sync.plan.serving import enabled_servers
from sync.plan.unknown_servers import live_before

REASON = "the cluster has no ready back end for it"


def is_unsettled(desired: DesiredState, live: LiveState, cluster: ClusterState | None) -> bool:
    """Whether a pool would lose more than half of its enabled servers while Pods behind it are terminating.

    Such a picture is that of a moment: a rollout shows another one soon.
    """
    if cluster is None:
        return False
    terminating = {
        (each.namespace, each.service_name)
        for each in cluster.slices
        if any(endpoint.conditions.terminating for endpoint in each.endpoints)
    }
    return any(
        2 * enabled_servers(item.body) < enabled_servers(before)
        for item, before in _followed(desired, live)
        if item.markers.service in terminating
    )


def keeping_last_servers(desired: DesiredState, live: LiveState) -> DesiredState:
    """The desired state in which the servers of a pool are unknown if the cluster would leave none of them enabled.

    A pool that may be empty (`SyncSettings.guards.servers`) follows; one that Git no longer requests is not in it.
    """
    kept = {item.key: _unknown(item) for item, before in _followed(desired, live) if _loses_all(item, before)}
    return replace(desired, objects={**desired.objects, **kept}) if kept else desired


def keeping_edits(desired: DesiredState, live: LiveState) -> DesiredState:
    """The desired state in which pools that follow the cluster keep what somebody edited of their servers."""
    kept = {
        item.key: with_edits_kept(item, live.objects[item.key].body)
        for item, _ in _followed(desired, live)
        if item.key in live.objects
    }
    return replace(desired, objects={**desired.objects, **kept}) if kept else desired


def last_servers_kept(desired: DesiredState, live: LiveState, held: Iterable[str]) -> Iterator[Problem]:
    """An error for each such pool; `held` are the owners that are left unchanged in any case, by name.

    `desired` is the state as Git and the cluster have it.
    """
    names = frozenset(held)
    for item, before in _followed(desired, live):
        if item.owner_name not in names and _loses_all(item, before):
            service = "/".join(item.markers.service or ())
            number = enabled_servers(before)
            yield Problem(
                severity=Severity.ERROR,
                message=f"held: {item.key} keeps its live servers ({number} enabled): "
                f"the cluster has no ready back end for Service {service}",
                fix="wait for its Pods or see why none is ready; if it is meant to have none, name it in "
                "SyncSettings.guards.servers.allowNone, or remove it from Git",
                origin=desired.origins.get(item.owner_name),
                resource=str(item.owner),
            )


def _followed(desired: DesiredState, live: LiveState) -> Iterator[tuple[AviObject, Mapping[str, Any]]]:
    """The pools whose servers the cluster tells, with their live bodies."""
    pools = [
        item
        for item in desired
        if item.servers_from is ServersFrom.CLUSTER
        and item.key.part is Part.BACK_ENDS
        and not is_ignored(FIELD, item.ignored)
    ]
    for item, before in live_before(pools, live):
        yield item, before.body


def _loses_all(item: AviObject, before: Mapping[str, Any]) -> bool:
    return not item.may_be_empty and enabled_servers(before) > 0 and enabled_servers(item.body) == 0


def _unknown(item: AviObject) -> AviObject:
    """None of the servers that the cluster tells, so that all live ones stay as they are."""
    return replace(
        item,
        body={**item.body, FIELD: []},
        normal={name: value for name, value in item.normal.items() if name != FIELD},
        unknown_servers=UnknownServers(reason=REASON, fix="see in the cluster why none is ready"),
    )
