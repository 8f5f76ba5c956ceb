"""Objects that are handed over → change sets: one per owner, a PUT per object, climbing. Also the way back to AKO.

Only markers change: handing over must not change traffic. Other differences show up in the next plan. The one exception
is an order that AKO leaves to chance and that means nothing.

In this order the VirtualService comes last. Until then a plain run holds the owner, so that an interrupted adoption
can be continued.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.avi.markers import OUR_MARKERS, TOOL, Marker, Markers, created_by_ako
from sync.avi.schema import SCHEMA
from sync.compare.differences import Difference, differences, in_the_same_words
from sync.compare.normal_form import NOTHING_KNOWN, digest
from sync.compare.objects import compare, marker_differences, top_level
from sync.kinds import KINDS, ORDER_BY_CHANCE, Kind
from sync.model.desired import AviObject, DesiredState, ObjectKey, Owner
from sync.model.live import LiveObject, LiveState
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Plan, PlanOptions, Write
from sync.plan.make import copies, digest_of
from sync.plan.writes import climbing_keys

REWRITE_CHECKSUM = "0"
"""In place of a checksum of AKO's: it differs from any that AKO works out, so AKO writes the object once more.

AKO does not recognise a VirtualService without one (AKO-CHECKSUM-NEEDED).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """What is sent, what that changes, and the fields that still differ from Git."""

    body: Mapping[str, Any]
    changes: tuple[Difference, ...]
    left: tuple[str, ...] = ()


def adopted(desired: AviObject, live: Mapping[str, Any]) -> Takeover:
    """The live object with our marks.

    Without the digest if a field still differs: that difference is a change in Git, not an edit by hand. So it is with
    servers that follow the cluster.
    """
    comparison = compare(desired, live)
    found = comparison.differences
    differing = {top_level(item.path) for item in found} - {"created_by", "markers"}
    reordered = {name for name in differing if _is_reordered(desired, live, name)}
    left = differing - reordered
    unsaid = {Marker.DIGEST} if left else set()
    marked = desired.markers.without(unsaid | ({Marker.SERVERS} if comparison.moved else set()))
    ours = {name: desired.body[name] for name in {"created_by", *reordered} if name in desired.body}
    return Takeover(
        body={**live, **ours, "markers": marked.with_labels_of(Markers.of(live)).to_json()},
        changes=tuple(item for item in found if top_level(item.path) not in left),
        left=tuple(sorted(left)),
    )


def adopted_unwanted(kind: Kind, live: Mapping[str, Any], *, created_by: str) -> Takeover:
    """An object of AKO's that is no longer in Git, with our marks, so that it is deleted with the next plan."""
    markers = Markers.of(live).with_values(Marker.MANAGED_BY, TOOL)
    return _handed_over(kind, live, {"markers": markers.to_json()}, created_by=created_by)


def released(kind: Kind, live: Mapping[str, Any], *, created_by: str) -> Takeover:
    """An object of ours with AKO's marks alone, as AKO recognises it.

    Its checksum is still there if nothing but marks was written since AKO did; then AKO has nothing to do.
    """
    new: dict[str, Any] = {"markers": Markers.of(live).without(OUR_MARKERS - kind.ako_markers).to_json()}
    if kind.ako_checksum and not live.get(kind.ako_checksum):
        new[kind.ako_checksum] = REWRITE_CHECKSUM
    return _handed_over(kind, live, new, created_by=created_by)


def _handed_over(kind: Kind, live: Mapping[str, Any], new: Mapping[str, Any], *, created_by: str) -> Takeover:
    body = {**live, **new, **({"created_by": created_by} if kind.has_created_by else {})}
    fields = [
        Difference(path=name, before=live.get(name), after=body[name])
        for name in sorted(body.keys() - {"markers"})
        if body[name] != live.get(name)
    ]
    return Takeover(body=body, changes=(*fields, *marker_differences(Markers.of(body), Markers.of(live))))


def _is_reordered(desired: AviObject, live: Mapping[str, Any], name: str) -> bool:
    """Whether a field differs only in an order that means nothing."""
    kind = desired.key.kind
    wanted, present = in_the_same_words({name: desired.normal.get(name)}, live, kind, [name])
    return not differences(_in_no_order(wanted, kind), _in_no_order(present, kind), kind)


def _in_no_order(value: Any, message: str) -> Any:
    """A normal form whose lists of `ORDER_BY_CHANCE` are sorted, and their items no longer numbered."""
    if not isinstance(value, Mapping):
        return value
    schema = SCHEMA.get(message, {})
    found = {}
    for key, item in value.items():
        if (message, key) in ORDER_BY_CHANCE:
            items = [{name: part for name, part in each.items() if name != "index"} for each in item]
            found[key] = sorted(items, key=lambda each: digest(each.get("match")))
        else:
            found[key] = _in_no_order(item, schema.get(key, NOTHING_KNOWN).message)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTakeover:
    """One owner, and each of its objects that is handed over: what is live, why, and what it becomes."""

    owner: Owner
    objects: Mapping[ObjectKey, tuple[LiveObject, str, Takeover]]


def take_over(action: Action, owners: Sequence[OwnerTakeover]) -> tuple[ChangeSet, ...]:
    """The change sets, by owner."""
    sets = [
        ChangeSet(owners=(item.owner,), changes=tuple(_changes(action, item)), writes=tuple(_writes(item)))
        for item in owners
    ]
    return tuple(sorted(sets, key=lambda item: item.owners))


def _changes(action: Action, item: OwnerTakeover) -> Iterator[Change]:
    for key, (_, reason, takeover) in sorted(item.objects.items()):
        fields = tuple(FieldChange(path=each.path, before=each.before, after=each.after) for each in takeover.changes)
        yield Change(action=action, key=key, owner=item.owner, reason=reason, fields=fields)


def _writes(item: OwnerTakeover) -> Iterator[Write]:
    for key in climbing_keys(item.objects):
        live, _, takeover = item.objects[key]
        yield Write(method=Method.PUT, key=key, owner=item.owner, uuid=live.uuid, body=takeover.body)


def plan_release(desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """Every object of ours with AKO's marks, as the AKO of this cluster recognises it, regardless of Git."""
    created_by = created_by_ako(desired.cluster)
    ours: dict[Owner, dict[ObjectKey, LiveObject]] = defaultdict(dict)
    for item in live:
        if item.is_ours and item.owner is not None and options.selection.includes(item.owner):
            ours[item.owner][item.key] = item
    sets = take_over(
        Action.RELEASE,
        [
            OwnerTakeover(
                owner=owner,
                objects={
                    key: (
                        item,
                        "given back to AKO",
                        released(KINDS[key.kind], item.body, created_by=created_by),
                    )
                    for key, item in objects.items()
                },
            )
            for owner, objects in ours.items()
        ],
    )
    return Plan(
        commit=desired.commit,
        change_sets=sets,
        unchanged=0,
        foreign=(),
        held=(),
        problems=copies(live),
        digest=digest_of(sets),
    )
