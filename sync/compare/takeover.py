"""An object that is handed over: AKO's becomes ours, or ours becomes AKO's again.

Only marks change. Other differences stay and show up in the next plan: handing over must not change traffic. The one
exception is an order that AKO leaves to chance and that means nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.markers import OUR_MARKERS, TOOL, Marker, Markers
from sync.avi.schema import SCHEMA
from sync.compare.differences import Difference, differences, in_the_same_words
from sync.compare.normal_form import NOTHING_KNOWN, digest
from sync.compare.objects import compare, marker_differences, top_level
from sync.kinds import ORDER_BY_CHANCE, Kind
from sync.model.desired import AviObject

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
