"""One desired and one live object → equal, changed in place, or to be replaced; and the body of each write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.markers import Markers
from sync.compare.differences import Difference, differences_from
from sync.compare.ignoring import is_ignored, with_live_values
from sync.compare.managed import computed_fields, managed_fields, names_written
from sync.compare.moves import FIELD, Moves, moves_of
from sync.compare.vips import IDENTITY_OF_A_VIP, replace_reason
from sync.kinds import COMPUTED, HIDDEN, IDENTITY, KINDS, Part, Scope
from sync.model.desired import AviObject
from sync.model.plan import ServerMove


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What lies between a desired and a live object.

    `replace` is what must be created again because the Controller refuses the change in place, `reason` says why.
    """

    differences: tuple[Difference, ...] = ()
    replace: Scope | None = None
    reason: str = ""
    is_disruptive: bool = False
    moved: ServerMove | None = None
    """What the cluster moved; `differences` are without that."""
    is_as_written: bool = False
    """Whether Git requests what was written last: then every difference is an edit on the Controller."""

    @property
    def is_equal(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.differences and self.replace is None and self.moved is None


def compare(desired: AviObject, live: Mapping[str, Any]) -> Comparison:
    """Compare all fields that are ours; fields that are left alone or set by others do not count."""
    kind = KINDS[desired.key.kind]
    markers, wanted_markers = Markers.of(live), desired.markers
    is_as_written = wanted_markers.digest == markers.digest
    fields = _fields(desired, markers) - {"markers"}
    follows = desired.follows_cluster and FIELD in fields and not is_ignored(FIELD, desired.ignored)
    servers = moves_of(desired.normal, live, kind.name, computed_fields(kind.name, markers)) if follows else Moves()
    fields -= {FIELD} if follows else set()
    wanted = {name: value for name, value in desired.normal.items() if name in fields}
    reason = replace_reason(desired.body, live, markers.requested_address) if kind.part is Part.ADDRESS else ""
    computed = computed_fields(kind.name, markers)
    found = [
        item
        for item in differences_from(live, wanted, kind.name, sorted(fields), computed)
        if not (is_as_written and _is_hidden(item))
    ]
    found += [*servers.edits, *marker_differences(wanted_markers, markers)]
    found = [item for item in found if not is_ignored(item.path, desired.ignored)]
    scope = Scope.VIP if reason else None
    for difference in found:
        scope = _wider(scope, kind.replace.get(top_level(difference.path)))
    if scope is not None and not reason:
        reason = ", ".join(
            f"{item.path}: {_shown(item.before)} → {_shown(item.after)}"
            for item in found
            if top_level(item.path) in kind.replace
        )
    return Comparison(
        differences=tuple(found),
        replace=scope,
        reason=reason,
        is_disruptive=any(top_level(item.path) in kind.disruptive for item in found),
        moved=servers.moved,
        is_as_written=is_as_written,
    )


def _is_hidden(difference: Difference) -> bool:
    """Whether the Controller hides the live value, a secret, so that it cannot be compared.

    Used for objects that were written with the fields that Git requests now, by their digest. If Git requests something
    else, the hidden value stays a difference, and the secret is written again.
    """
    return difference.before == HIDDEN and isinstance(difference.after, str)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _wider(one: Scope | None, other: Scope | None) -> Scope | None:
    return Scope.OWNER if Scope.OWNER in (one, other) else one or other


def top_level(path: str) -> str:
    """The top-level field that a path leads into."""
    return path.partition(".")[0].partition("[")[0]


def fields_of(desired: AviObject, live: Mapping[str, Any]) -> frozenset[str]:
    """The fields of a live object that are ours."""
    return _fields(desired, Markers.of(live))


def _fields(desired: AviObject, markers: Markers) -> frozenset[str]:
    rendered = desired.body.keys() - {"name", "tenant_ref", "cloud_ref"}
    return managed_fields(desired.key.kind, rendered, names_written(markers)) - desired.left_alone


def marker_differences(desired: Markers, live: Markers) -> list[Difference]:
    """The markers of ours that differ, less those that are never a reason to write."""
    wanted, present = desired.compared, live.compared
    return [
        Difference(path=f"markers[{key}]", before=present.get(key), after=wanted.get(key))
        for key in sorted(wanted.keys() | present.keys())
        if wanted.get(key) != present.get(key)
    ]


def body_of_update(desired: AviObject, live: Mapping[str, Any]) -> dict[str, Any]:
    """The live body overlaid with what is ours, with the `_last_modified` that was read.

    What the Controller computed for a VIP is sent back unchanged; a field that we wrote once and no longer render is
    left out, which resets it.
    """
    fields = fields_of(desired, live)
    gone = fields | {KINDS[desired.key.kind].ako_checksum}  # the checksum of what AKO wrote
    body = {key: value for key, value in live.items() if key not in gone}
    body |= {key: desired.body[key] for key in fields if key in desired.body}
    if desired.key.part is Part.ADDRESS:
        body["vip"] = _overlaid_vips(desired.body.get("vip") or (), live.get("vip") or ())
    markers = Markers.of(live)
    body["markers"] = desired.markers.with_labels_of(markers).to_json()
    if markers.is_to_be_enabled:
        body["enabled"] = True
    return with_live_values(body, live, desired.ignored)


def without_identity(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A live body as a create takes it."""
    gone = IDENTITY | KINDS[kind].server_side
    return {key: value for key, value in body.items() if key not in gone}


def _overlaid_vips(desired: Any, live: Any) -> list[dict[str, Any]]:
    """Each VIP as desired, with the live values of what identifies it and of what the Controller computed."""
    present = {vip.get("vip_id"): vip for vip in live}
    kept = IDENTITY_OF_A_VIP | COMPUTED["Vip"]
    return [
        {
            **{key: value for key, value in present.get(vip["vip_id"], vip).items() if key in kept},
            **{key: value for key, value in vip.items() if key not in IDENTITY_OF_A_VIP},
        }
        for vip in desired
    ]
