"""What is deployed, owner by owner and on one screen: `avi-sync status`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sync.avi.addresses import addresses
from sync.kinds import Part
from sync.model.cluster import ClusterState
from sync.model.desired import Owner, ServersFrom
from sync.model.live import LiveState
from sync.model.plan import Action, Cause, Change, Edit
from sync.model.run import Run
from sync.plan.drift import edit_text
from sync.plan.serving import Serving, serving_of
from sync.report.documents import (
    Commit,
    Count,
    EditDocument,
    JsonDocument,
    OwnerDocument,
    VersionedDocument,
    at,
    known,
)
from sync.report.lock import LastRunDocument, lock_lines
from sync.report.text import Paint
from sync.report.words import counted, one_line


class Standing(StrEnum):
    """The state of an owner."""

    IN_SYNC = "in sync"
    PARTLY = "serving in part"
    """As Git requests, but a listener leads to no enabled server."""
    IDLE = "serving nobody"
    """As Git requests, but without any enabled server."""
    DRIFT = "edited on the Controller"
    PENDING = "not applied yet"
    NEW = "not there yet"
    GONE = "gone from Git, still there"
    HELD = "held"
    PAUSED = "paused"


_PAINT: Mapping[Standing, str] = {
    Standing.IN_SYNC: "quiet",
    Standing.PARTLY: "warning",
    Standing.IDLE: "warning",
    Standing.DRIFT: "warning",
    Standing.PENDING: "update",
    Standing.NEW: "create",
    Standing.GONE: "delete",
    Standing.HELD: "error",
    Standing.PAUSED: "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLine:
    """One owner: how it stands, its addresses, how many objects it has, what it serves, and whether it is protected.

    `edits` are what others set on its objects and runs leave alone; `servers_from` is where its servers come from.
    """

    owner: Owner
    standing: Standing
    addresses: tuple[str, ...]
    objects: int
    serving: Serving
    servers_from: tuple[ServersFrom, ...]
    is_protected: bool
    edits: tuple[Edit, ...]


def owner_lines(run: Run) -> tuple[OwnerLine, ...]:
    """Every owner that is live or wanted, by namespace and name."""
    live, plan = run.before, run.plan
    changes: dict[Owner, list[Change]] = {}
    for change in plan.reviewed if plan else ():
        changes.setdefault(change.owner, []).append(change)
    held = {item.owner for item in plan.held} if plan else set()
    owners = {item.owner for item in live if item.owner is not None} | {item.owner for item in run.desired} | held
    edits: dict[Owner, list[Edit]] = {}
    for edit in run.edits:
        edits.setdefault(edit.owner, []).append(edit)
    told: dict[Owner, set[ServersFrom]] = {}
    for item in run.desired:
        if item.servers_from is not None:
            told.setdefault(item.owner, set()).add(item.servers_from)
    found = (
        _line(
            owner,
            live,
            changes.get(owner, []),
            edits.get(owner, []),
            servers_from=tuple(sorted(told.get(owner, ()))),
            is_held=owner in held,
        )
        for owner in owners
    )
    return tuple(sorted(found, key=lambda line: (line.owner.namespace, line.owner.name, line.owner.kind)))


def _line(
    owner: Owner,
    live: LiveState,
    changes: list[Change],
    edits: list[Edit],
    *,
    servers_from: tuple[ServersFrom, ...],
    is_held: bool,
) -> OwnerLine:
    mine = [item for item in live if item.owner == owner]
    serving = serving_of({item.key: item.body for item in mine})
    is_paused = any(item.markers.pause for item in mine)
    return OwnerLine(
        owner=owner,
        standing=_standing(changes, serving, is_there=bool(mine), is_held=is_held, is_paused=is_paused),
        addresses=tuple(
            sorted(address for item in mine if item.key.part is Part.ADDRESS for address in addresses(item.body))
        ),
        objects=len(mine),
        serving=serving,
        servers_from=servers_from,
        is_protected=any(item.markers.is_protected for item in mine),
        edits=tuple(edits),
    )


def _standing(changes: list[Change], serving: Serving, *, is_there: bool, is_held: bool, is_paused: bool) -> Standing:
    if is_held:
        return Standing.PAUSED if is_paused else Standing.HELD
    if not changes:
        if not serving.enabled:
            return Standing.IDLE
        return Standing.IN_SYNC if all(serving.listeners.values()) else Standing.PARTLY
    if not is_there:
        return Standing.NEW
    if all(change.action is Action.DELETE for change in changes):
        return Standing.GONE
    return Standing.DRIFT if all(change.cause is Cause.LIVE for change in changes) else Standing.PENDING


def status_lines(run: Run, lock_name: str, now: datetime, paint: Paint) -> Iterator[str]:
    """One screen: the record, the cluster, a line per owner, and how many stand how."""
    yield from lock_lines(lock_name, run.record)
    here = run.desired.commit
    if run.record.last is not None and here != run.record.last.commit:
        yield one_line(f"Git now: commit {here or 'none (files as they are)'}")
    if run.cluster is not None:
        yield from _cluster_lines(run.cluster, now, paint)
    lines = owner_lines(run)
    width = max((len(str(line.owner)) for line in lines), default=0)
    for line in lines:
        where = ", ".join(line.addresses) or "no address"
        marks = "   protected" if line.is_protected else ""
        standing = paint(line.standing.value, _PAINT[line.standing])
        owner, servers = one_line(str(line.owner)), f"{line.serving.enabled} of {line.serving.servers} servers enabled"
        if any(each is not ServersFrom.GIT for each in line.servers_from):
            servers += f" ({', '.join(_source(each, run.cluster) for each in line.servers_from)})"
        yield f"{owner:<{width}}   {where:<15}   {line.objects:>2} objects   {servers}   {standing}{marks}"
        for edit in line.edits:
            yield paint(one_line(f"    edited, left alone: {edit.key}: {edit_text(edit)}"), "warning")
    counts = Counter(line.standing for line in lines)
    said = ", ".join(f"{counts[standing]} {standing.value}" for standing in Standing if counts[standing])
    edited = sum(bool(line.edits) for line in lines)
    more = f"; {edited} edited, left alone" if edited else ""
    yield f"Status: {counted(len(lines), 'owner')}{f': {said}' if said else ''}{more}"


def _cluster_lines(cluster: ClusterState, now: datetime, paint: Paint) -> Iterator[str]:
    """When the cluster was read, and what of it could not be."""
    seconds = max(0.0, (now - cluster.read_at).total_seconds())
    age = f"{seconds / 60:.0f} min ago" if seconds >= 60 else "now"
    completely = ", but not completely" if cluster.unread else ""
    yield one_line(f"Cluster {cluster.name}: read {age}{completely}")
    for each in cluster.unread:
        where = f" of namespace {each.namespace}" if each.namespace else ""
        yield paint(one_line(f"    not read: {each.group_kind.kind}s{where}: {each.reason}"), "error")


def _source(source: ServersFrom, cluster: ClusterState | None) -> str:
    """As people call it: the cluster by its name."""
    if source is ServersFrom.CLUSTER and cluster is not None:
        return one_line(f"cluster {cluster.name}")
    return {ServersFrom.GIT: "Git"}.get(source, source.value)


class UnreadDocument(JsonDocument):
    """A list of the cluster that could not be read."""

    kind: str = at("group_kind.kind")
    namespace: str
    """Empty for the whole cluster."""
    reason: str


class ClusterDocument(JsonDocument):
    """The Kubernetes cluster that tells servers."""

    name: str
    read_at: str
    """When it was read, in UTC; of a file that stands in for it, when it was written."""
    unread: list[UnreadDocument]


class DeployedOwnerDocument(JsonDocument):
    """The state of one Gateway, LoadBalancer Service or shared VIP."""

    owner: OwnerDocument
    standing: Annotated[str, known(Standing)]
    addresses: list[str]
    objects: Count
    """Live objects that are ours."""
    servers: Count = at("serving.servers")
    """Servers of its pools."""
    enabled_servers: Count = at("serving.enabled")
    """Those that get traffic: enabled ones of enabled pools of an enabled VirtualService."""
    servers_from: list[Annotated[str, known(ServersFrom)]]
    """Where its servers come from: `git`, the Kubernetes `cluster`, or `unknown`: then live ones stay."""
    protected: bool = at("is_protected")
    edits: list[EditDocument]
    """Edits of others that runs leave alone."""


class DeploymentDocument(VersionedDocument):
    """What `status` prints."""

    lock: str
    holder: str | None
    """Who holds the lock; null while it is free."""
    last_run: LastRunDocument | None
    """Null if no run has changed anything yet."""
    commit: Commit
    cluster: ClusterDocument | None
    """Null where Git alone tells servers."""
    owners: list[DeployedOwnerDocument]


def deployment_document(run: Run, lock_name: str) -> dict[str, Any]:
    """What `status` prints as JSON."""
    record = run.record
    return DeploymentDocument.of(
        {
            "lock": lock_name,
            "holder": str(record.holder) if record.holder else None,
            "last_run": record.last,
            "commit": run.desired.commit,
            "cluster": _cluster(run.cluster),
            "owners": owner_lines(run),
        }
    )


def _cluster(cluster: ClusterState | None) -> dict[str, Any] | None:
    if cluster is None:
        return None
    return {"name": cluster.name, "read_at": f"{cluster.read_at:%Y-%m-%dT%H:%M:%SZ}", "unread": cluster.unread}
