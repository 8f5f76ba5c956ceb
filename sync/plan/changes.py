"""One owner → the objects that change, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.avi.addresses import usual_form
from sync.compare.edits import lost_by_delete
from sync.compare.moves import FIELD, new_servers
from sync.compare.normal_form import digest, normal_form, plain
from sync.compare.objects import Comparison, compare
from sync.compare.recreation import lost_by_move, lost_by_recreate
from sync.kinds import KINDS, Part, Scope
from sync.model.desired import AviObject, ObjectKey
from sync.model.live import LiveObject
from sync.model.plan import Action, Cause, Change, FieldChange
from sync.plan.owners import OwnerState, is_elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChanges:
    """What changes for one owner, in key order, and how many objects stay unchanged.

    `withheld` are the changes that the policy does not allow.
    """

    state: OwnerState
    changes: Mapping[ObjectKey, Change] = field(default_factory=dict)
    unchanged: int = 0
    scope: Scope | None = None
    scope_reason: str = ""
    withheld: tuple[Change, ...] = ()

    @property
    def frees_addresses(self) -> bool:
        """Whether a live VIP is replaced or deleted, or an interrupted run has deleted it already."""
        going = {key for key, change in self.changes.items() if change.action in (Action.REPLACE, Action.DELETE)}
        gone = {item.key for item in self.state.interrupted}
        return any(key.part is Part.ADDRESS for key in going | gone)


def changes_of(state: OwnerState, *, displaced: str = "") -> OwnerChanges:
    """Create what is missing, change what differs, replace what cannot change in place, delete what is not desired.

    `displaced` says why a VIP is replaced although it could stay.
    """
    compared = {key: compare(item, state.live[key].body) for key, item in state.desired.items() if key in state.live}
    scope, reason, cause = _scope(state, compared)
    if displaced and scope is None:
        scope, reason = Scope.VIP, displaced
    found: dict[ObjectKey, Change] = {}
    is_as_written = bool(compared) and all(comparison.is_as_written for comparison in compared.values())
    for key, item in state.desired.items():
        change = _change(state, item, compared.get(key), scope, reason, cause, is_as_written=is_as_written)
        if change is not None:
            found[key] = change
    for key in state.live.keys() - state.desired.keys():
        found[key] = _deletion(state, key, scope, reason)
    return OwnerChanges(
        state=state,
        changes=dict(sorted(found.items())),
        unchanged=len(state.desired) - sum(key in found for key in state.desired),
        scope=scope,
        scope_reason=reason,
    )


def _scope(state: OwnerState, compared: Mapping[ObjectKey, Comparison]) -> tuple[Scope | None, str, Cause]:
    """How much must be created again, why, and who caused it: a move to another tenant or cloud takes everything along.

    An object is as it was written last where only an edit on the Controller makes it differ.
    """
    if state.desired and state.live and (moved := _move(state)):
        return Scope.OWNER, moved, Cause.GIT
    found = [item for _, item in sorted(compared.items()) if item.replace is not None]
    cause = Cause.LIVE if all(item.is_as_written for item in found) else Cause.GIT
    for wide in (Scope.OWNER, Scope.VIP):
        for item in found:
            if item.replace is wide:
                return wide, item.reason, cause
    return None, "", Cause.GIT


def _move(state: OwnerState) -> str:
    clouds = _left(
        {key.cloud for key in state.live if key.cloud}, {key.cloud for key in state.desired if key.cloud}, "cloud"
    )
    return tenant_move(state) or clouds


def tenant_move(state: OwnerState) -> str:
    """From which tenant to which the owner's objects would move; empty if they stay."""
    if not state.desired or not state.live:
        return ""
    return _left({key.tenant for key in state.live}, {key.tenant for key in state.desired}, "tenant")


def _left(before: set[str], after: set[str], what: str) -> str:
    gone = before - after
    return f"{what} {', '.join(sorted(gone))} → {', '.join(sorted(after))}" if gone else ""


def _change(
    state: OwnerState,
    item: AviObject,
    comparison: Comparison | None,
    scope: Scope | None,
    reason: str,
    cause: Cause,
    *,
    is_as_written: bool,
) -> Change | None:
    """`is_as_written`: for all live objects of the owner, Git requests what was written last.

    `cause` is that of a replace.
    """
    key = item.key
    if comparison is None and any(gone == key or is_elsewhere(gone, key) for gone in state.missing):
        return Change(
            action=Action.CREATE,
            key=key,
            owner=state.owner,
            reason=f"deleted by {state.taken_down[0]}",
            fields=_all_fields(item),
            moved=new_servers(item.normal) if item.follows_cluster else None,
            cause=state.taken_down[1],
        )
    if comparison is None:
        return Change(
            action=Action.CREATE,
            key=key,
            owner=state.owner,
            reason=reason or ("deleted on the Controller" if is_as_written else "not on the Controller"),
            fields=_all_fields(item),
            moved=new_servers(item.normal) if item.follows_cluster else None,
            cause=Cause.LIVE if is_as_written else Cause.GIT,
            lost=lost_by_move(item, left.body) if scope is Scope.OWNER and (left := moved_from(state, key)) else (),
        )
    is_replaced = scope is Scope.OWNER or (scope is Scope.VIP and _goes_with_the_vip(key))
    if not is_replaced and comparison.is_equal:
        return None
    fields = tuple(
        FieldChange(path=difference.path, before=difference.before, after=difference.after)
        for difference in comparison.differences
    )
    if is_replaced:
        return Change(
            action=Action.REPLACE,
            key=key,
            owner=state.owner,
            reason=reason,
            fields=fields,
            is_disruptive=True,
            cause=cause,
            lost=lost_by_recreate(item, state.live[key].body),
            moved=comparison.moved,
        )
    if comparison.moved is not None and not fields:
        return Change(
            action=Action.UPDATE,
            key=key,
            owner=state.owner,
            reason=str(comparison.moved),
            cause=Cause.CLUSTER,
            moved=comparison.moved,
        )
    why = "changed on the Controller, not in Git" if comparison.is_as_written else "changed"
    if comparison.is_disruptive:
        why = "moves to another Service Engine group, connections break"
    return Change(
        action=Action.UPDATE,
        key=key,
        owner=state.owner,
        reason=why,
        fields=fields,
        is_disruptive=comparison.is_disruptive,
        cause=Cause.LIVE if comparison.is_as_written else Cause.GIT,
        moved=comparison.moved,
    )


def moved_from(state: OwnerState, key: ObjectKey) -> LiveObject | None:
    """The owner's object of that kind and name in another tenant or cloud, live or deleted by an interrupted run."""
    return next((item for item in (*state.live.values(), *state.interrupted) if is_elsewhere(item.key, key)), None)


def _goes_with_the_vip(key: ObjectKey) -> bool:
    """A VIP can only be deleted after what refers to it: the VsVip itself and the VirtualService."""
    return key.part in (Part.ADDRESS, Part.ENTRANCE)


def _deletion(state: OwnerState, key: ObjectKey, scope: Scope | None, reason: str) -> Change:
    why = state.switch or f"{state.owner} {state.why_gone}"
    if state.desired:
        why = reason if scope is Scope.OWNER else f"{state.owner} no longer needs it"
    is_carried_over = any(is_elsewhere(key, other) for other in state.desired)
    return Change(
        action=Action.DELETE,
        key=key,
        owner=state.owner,
        reason=why,
        is_disruptive=True,
        lost=() if is_carried_over else lost_by_delete(key.kind, state.live[key].body),
    )


def _all_fields(item: AviObject) -> tuple[FieldChange, ...]:
    """What a create sends, in normal form, without markers, the fields of every object, and what the cluster tells."""
    told = {"markers", "created_by", "name", "tenant_ref", "cloud_ref"} | ({FIELD} if item.follows_cluster else set())
    fields = sorted(item.body.keys() - told)
    values = plain(normal_form(item.body, item.key.kind, fields))
    return tuple(FieldChange(path=name, before=None, after=value) for name, value in values.items())


def losses(change: Change, desired: AviObject | None, live: LiveObject | None) -> tuple[str, ...]:
    """What a change removes: servers, rules, ports, names; the whole object if it is deleted or replaced."""
    if change.action in (Action.DELETE, Action.REPLACE):
        return (str(change.key),)
    if desired is None or live is None:
        return ()
    return tuple(_lost(desired, live))


def _lost(desired: AviObject, live: LiveObject) -> Iterator[str]:
    kind = KINDS[desired.key.kind]
    follows = desired.follows_cluster and live.markers.servers is not None
    for path, keys in kind.precious.items():
        if path.partition(".")[0] in desired.left_alone or (follows and path == FIELD):
            continue
        wanted = {identity for identity, _ in _items(desired.body, path, keys)}
        for identity, item in _items(live.body, path, keys):
            if identity not in wanted:
                yield f"{desired.key} {path}: {item}"


def _items(body: Mapping[str, Any], path: str, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The items of a list, each with its identity and a readable name."""
    value: Any = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    for item in value or ():
        parts = []
        for key in keys:
            part: Any = item
            for step in key.split("."):
                part = part.get(step) if isinstance(part, Mapping) else None
            parts.append(usual_form(str(part)))
        yield tuple(parts), ":".join(part for part in parts if part != "None")


def refused_before(state: OwnerState, digests: Mapping[str, str]) -> str:
    """The Controller's words, if it has refused what is requested now and the old objects were restored.

    The mark names all owners that were planned together: `digests` are of what owners request now, by name.
    """
    for item in state.live.values():
        refused = item.markers.refused
        if refused is not None:
            requested = {name: digests.get(name, "") for name in refused.names or (state.name,)}
            if refused.digest == combined_digest(requested):
                return refused.said
    return ""


def combined_digest(digests: Mapping[str, str]) -> str:
    """The fingerprint of what several owners request together; that of one is its own."""
    return next(iter(digests.values())) if len(digests) == 1 else digest(digests)
