"""Bodies → normal forms: what means the same is equal."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sync.avi.addresses import usual_form
from sync.avi.references import Reference, short_reference
from sync.avi.schema import SCHEMA, Field
from sync.kinds import UNORDERED

NOTHING_KNOWN = Field()
"""A field that the schema does not know."""


def normal_form(body: Mapping[str, Any], kind: str, fields: Iterable[str]) -> dict[str, Any]:
    """The normal form of some top-level fields of a body; a field that means its default is absent."""
    schema = SCHEMA[kind]
    found = {}
    for name in fields:
        if name in body:
            value = _normal(body[name], schema.get(name, NOTHING_KNOWN), (kind, name))
            if value is not None:
                found[name] = value
    return found


def _normal(value: Any, field: Field, place: tuple[str, str]) -> Any:
    """The normal form of one value; None if it means the default.

    Bodies are JSON, so exact types are enough; this is the innermost loop of a run.
    """
    kind = type(value)
    if kind is str:
        if field.is_reference and (reference := short_reference(value)) is not None:
            return reference
        if field.is_address and ":" in value:
            return usual_form(value)
        return None if value in ("", field.default) else value
    if kind is bool:
        return None if value is (field.default or False) else value
    if kind is dict:
        return _normal_message(value, field.message)
    if kind is list:
        return _normal_list(value, field, place)
    return None if value == field.default else value


def _normal_message(value: dict[str, Any], message: str) -> dict[str, Any] | None:
    schema = SCHEMA.get(message, {})
    found = {}
    for key, item in value.items():
        field = schema.get(key, NOTHING_KNOWN)
        if type(item) is int:  # half of all values: not worth a call
            if item != field.default:
                found[key] = item
            continue
        normal = _normal(item, field, (message, key))
        if normal is not None:
            found[key] = normal
    return found or None


def _normal_list(value: Iterable[Any], field: Field, place: tuple[str, str]) -> Any:
    items = [normal for item in value if (normal := _normal(item, field, place)) is not None]
    if len(items) > 1 and (paths := _PATHS.get(place)) is not None:
        items.sort(key=lambda item: [_sortable(_at(item, path)) for path in paths])
    return items or None


_PATHS = {place: tuple(tuple(key.split(".")) for key in keys) or ((),) for place, keys in UNORDERED.items()}
"""The paths to the keys of the items of an unordered list; an empty path is the item itself."""


def _at(item: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        item = item.get(step) if type(item) is dict else None
    return item


def _sortable(part: Any) -> tuple[int, int, str]:
    """Numbers before texts, nothing first: a list may mix them."""
    if part is None:
        return (0, 0, "")
    if isinstance(part, int):
        return (1, part, "")
    return (2, 0, str(part))


def plain(value: Any) -> Any:
    """A normal form as JSON values, references as the names they point to."""
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def digest(value: Any) -> str:
    """A short fingerprint of JSON values or normal forms, the same for any order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
