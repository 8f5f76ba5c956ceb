"""Edits by others in fields that are not ours: never compared, and kept by every write."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.avi.markers import Markers
from sync.avi.references import Reference
from sync.avi.schema import SCHEMA, Field
from sync.compare.differences import Difference, differences
from sync.compare.ignoring import is_ignored
from sync.compare.managed import managed_fields, names_written
from sync.compare.normal_form import normal_form
from sync.compare.objects import fields_of
from sync.kinds import COMPUTED, IDENTITY, KINDS, OURS_AFTER_RENDERING
from sync.model.desired import AviObject
from sync.model.secrets import shown_at
from sync.model.wording import shown

Body = Mapping[str, Any]


def edits_beside(desired: AviObject, live: Body) -> tuple[Difference, ...]:
    """The fields that differ from those of a new object and that Git does not manage, in field order.

    Fields that are left to others are not edits: those of `SyncSettings.ignore`, and servers that Git does not list.
    """
    found = _edits(desired.key.kind, live, fields_of(desired, live) | desired.left_alone)
    return tuple(item for item in found if not is_ignored(item.path, desired.ignored))


def edits_on(kind: str, live: Body) -> tuple[Difference, ...]:
    """The same for an object that is not in Git, or not at the moment."""
    return tuple(_edits(kind, live, managed_fields(kind, (), names_written(Markers.of(live)))))


def lost_by_delete(kind: str, live: Body) -> tuple[str, ...]:
    """What others set on a live object and a delete would lose, in words.

    Labels count here. They are not edits otherwise, because they say who may see an object, not what it does.
    """
    labels = sorted(Markers.of(live).labels.texts.items())
    return (
        *(f"{item.path}: set to {_value_text(item)} on the Controller" for item in edits_on(kind, live)),
        *(f"label {key}: set to {shown(value)} on the Controller" for key, value in labels),
    )


def _value_text(edit: Difference) -> str:
    return shown(shown_at(edit.path, edit.before))


def _edits(kind: str, live: Body, ours: frozenset[str]) -> Iterator[Difference]:
    schema, row = SCHEMA[kind], KINDS[kind]
    not_theirs = ours | IDENTITY | OURS_AFTER_RENDERING | row.server_side | COMPUTED.get(kind, frozenset())
    if Markers.of(live).is_to_be_enabled:
        not_theirs |= {"enabled"}  # we have disabled it, for a moment
    names = [name for name in sorted(live.keys() & schema.keys() - not_theirs) if not schema[name].is_internal]
    for name, value in normal_form(live, kind, names).items():
        if not _is_of_a_new_object(value, schema[name], row.completed.get(name, ())):
            yield from differences(_empty({name: value}), {name: value}, kind)


def _is_of_a_new_object(value: Any, field: Field, completed: tuple[str, ...]) -> bool:
    """Whether the Controller gives a field this value by itself, in any license tier."""
    if isinstance(value, Reference):
        return value.name in completed
    return value in field.tier_defaults or (field.default is None and not value)


def _empty(value: Mapping[str, Any]) -> dict[str, Any]:
    """The messages of a normal form without their fields, so that a difference leads to the single field."""
    return {name: _empty(item) for name, item in value.items() if isinstance(item, Mapping)}
