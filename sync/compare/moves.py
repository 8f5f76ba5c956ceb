"""Servers of a pool that follows the cluster: what the cluster moved since the last write, and what somebody edited.

The `Servers` marker holds a fingerprint of each server that was written last. A live server without one was added or
edited by hand, and a fingerprint without its server tells of one that was removed by hand. All else the cluster moved.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync.avi.addresses import usual_form
from sync.avi.markers import Markers
from sync.avi.references import Reference
from sync.compare.differences import Computed, Difference, differences
from sync.compare.normal_form import digest, normal_form, plain
from sync.kinds import COMPUTED
from sync.model.desired import AviObject
from sync.model.plan import ServerMove

Body = Mapping[str, Any]
Servers = Mapping[tuple[str, Any], Any]
"""By address and port, in normal form or as they are sent."""

FIELD = "servers"
_LENGTH = 6
"""Of a fingerprint: it tells the servers of one pool apart, and is stored for each of them."""


def fingerprints(servers: Iterable[Body]) -> tuple[str, ...]:
    """What the `Servers` marker holds for servers in normal form."""
    return tuple(sorted(map(_fingerprint, servers)))


def _fingerprint(server: Body) -> str:
    """Without what the Controller completes or shows in other words."""
    ours = {name: value for name, value in server.items() if name not in COMPUTED["Server"]}
    return digest({name: value for name, value in ours.items() if not isinstance(value, Reference)})[:_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """How the servers of a live pool differ from those of the cluster: edits by hand, and in one sum the rest."""

    edits: tuple[Difference, ...] = ()
    moved: ServerMove | None = None


def moves_of(wanted: Body, live: Body, kind: str, computed: Computed = COMPUTED) -> Moves:
    """The differences between the servers of a normal form and those of a live pool."""
    after, before = _by_identity(wanted.get(FIELD) or ()), _by_identity(_normal(live, kind))
    changed = {one for one in after.keys() | before.keys() if _differ(after.get(one), before.get(one), kind, computed)}
    edited = changed & _edited(after, before, Markers.of(live))
    edits = (edit for one in sorted(edited, key=str) for edit in _edits(one, after, before, kind, computed))
    return Moves(edits=tuple(edits), moved=_sum(after, before) if changed - edited else None)


def new_servers(wanted: Body) -> ServerMove:
    """The sum for a pool that is not there yet."""
    return _sum(_by_identity(wanted.get(FIELD) or ()), {})


def with_edits_kept(desired: AviObject, live: Body) -> AviObject:
    """The pool with the servers that the cluster has moved, and with all edits of servers as they are.

    The fingerprints stay those of what the cluster tells, so that an edit stays an edit.
    """
    kind = desired.key.kind
    servers = before_moves(live, desired.body, kind)[FIELD]
    body = {**desired.body, FIELD: servers}
    return replace(desired, body=body, normal={**desired.normal, **normal_form(body, kind, [FIELD])})


def before_moves(before: Body, after: Body, kind: str) -> Body:
    """The body that a live pool would have if the cluster had moved its servers before: only edits by hand are left."""
    present, wanted = (_by_identity(body.get(FIELD) or ()) for body in (before, after))
    edited = _edited(_by_identity(_normal(after, kind)), _by_identity(_normal(before, kind)), Markers.of(before))
    keys = (present.keys() & edited) | (wanted.keys() - edited)
    servers = [present[one] if one in edited else wanted[one] for one in sorted(keys, key=str)]
    return {**before, FIELD: servers}


def without_servers(body: Body) -> Body:
    """The body of a pool that follows the cluster without what the cluster tells; any other body as it is."""
    markers = Markers.of(body)
    if markers.servers is None:
        return body
    rest = {name: value for name, value in body.items() if name != FIELD}
    return {**rest, "markers": markers.without_servers().to_json()}


def _normal(body: Body, kind: str) -> Iterable[Body]:
    return normal_form(body, kind, [FIELD]).get(FIELD) or ()


def _by_identity(servers: Iterable[Body]) -> Servers:
    return {
        (usual_form(str((server.get("ip") or {}).get("addr", ""))), server.get("port")): server for server in servers
    }


def _edited(after: Servers, before: Servers, markers: Markers) -> frozenset[tuple[str, Any]]:
    """What somebody added, edited or removed since the last write; nothing where nobody can tell."""
    written = markers.servers
    if written is None:
        return frozenset()
    added = {one for one, server in before.items() if _fingerprint(server) not in written}
    removed = {one for one, server in after.items() if one not in before and _fingerprint(server) in written}
    return frozenset(added | removed)


def _differ(after: Body | None, before: Body | None, kind: str, computed: Computed) -> bool:
    if after is None or before is None:
        return True
    return after != before and bool(differences({FIELD: [after]}, {FIELD: [before]}, kind, computed))


def _edits(
    one: tuple[str, Any], after: Servers, before: Servers, kind: str, computed: Computed
) -> Iterator[Difference]:
    wanted, found = after.get(one), before.get(one)
    if wanted is None or found is None:
        yield Difference(path=f"{FIELD}[]", before=plain(found), after=plain(wanted))
        return
    address, port = one
    for item in differences({FIELD: [wanted]}, {FIELD: [found]}, kind, computed):
        rest = item.path.removeprefix(f"{FIELD}[0]")
        yield Difference(path=f"{FIELD}[{address}:{port}]{rest}", before=item.before, after=item.after)


def _sum(after: Servers, before: Servers) -> ServerMove:
    return ServerMove(
        before=len(before),
        after=len(after),
        new=len(after.keys() - before.keys()),
        disabled=sum(server.get("enabled", True) is False for server in after.values()),
    )
