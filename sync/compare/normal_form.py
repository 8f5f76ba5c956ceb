"""Bodies → normal forms: what means the same is equal."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sync.avi_schema import SCHEMA, Field
from sync.compare.references import Reference, parse_reference
from sync.kinds import UNORDERED

NOTHING_KNOWN = Field()
"""A field of which the schema has neither default nor type."""


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
    """The normal form of one value; None where it means the default."""
    if isinstance(value, Mapping):
        message = SCHEMA.get(field.message, {})
        items = {
            key: normal
            for key, item in value.items()
            if (normal := _normal(item, message.get(key, NOTHING_KNOWN), (field.message, key))) is not None
        }
        return items or None
    if isinstance(value, list | tuple):
        return _normal_list(value, field, place)
    if isinstance(value, str):
        if field.is_reference and (reference := parse_reference(value)) is not None:
            return reference
        return None if value in ("", field.default) else value
    if value is False and field.default is None:
        return None
    return None if value == field.default and isinstance(value, bool) == isinstance(field.default, bool) else value


def _normal_list(value: Iterable[Any], field: Field, place: tuple[str, str]) -> Any:
    items = [normal for item in value if (normal := _normal(item, field, place)) is not None]
    if (keys := UNORDERED.get(place)) is not None:
        items.sort(key=lambda item: tuple(_sortable(part) for part in _keys_of(item, keys)))
    return items or None


def _keys_of(item: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    if not keys:
        yield item
    for key in keys:
        part = item
        for step in key.split("."):
            part = part.get(step) if isinstance(part, Mapping) else None
        yield part


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
    """A short fingerprint of JSON values: equal values in any key order have equal fingerprints."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
