"""Which fields a body of a kind may have: what Avi's schema says, and what only the Controller sets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.schema import SCHEMA, VERSION, Field
from sync.kinds import IDENTITY, KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongField:
    """A field that no request may have: where it is, its own name, why, and the names that the schema has there."""

    path: str
    name: str
    why: str
    known: tuple[str, ...] = ()


def wrong_fields(body: Mapping[str, Any], kind: str) -> Iterator[WrongField]:
    """The fields of a rendered body that Avi does not know, that only the Controller sets, or of the wrong shape."""
    return _wrong_fields(body, kind, "")


_REFUSED: Mapping[str, frozenset[str]] = {
    message: KINDS[message].server_side | IDENTITY
    if message in KINDS
    else frozenset(name for name, field in fields.items() if field.is_internal)
    for message, fields in SCHEMA.items()
}
"""Message type → fields that only the Controller sets."""


def _wrong_fields(value: Mapping[str, Any], message: str, path: str) -> Iterator[WrongField]:
    schema, refused = SCHEMA[message], _REFUSED[message]
    if not value.keys() <= schema.keys() or not refused.isdisjoint(value):
        yield from _wrong_names(value, message, refused, path)
    for name, item in value.items():
        field = schema.get(name)
        if field is not None and (type(item) in (dict, list) or field.is_list or field.message):
            yield from _wrong_inside(item, field, f"{path}{name}", name)


def _wrong_names(value: Mapping[str, Any], message: str, refused: frozenset[str], path: str) -> Iterator[WrongField]:
    for name in value:
        if name in refused:
            yield WrongField(path=f"{path}{name}", name=name, why="is computed by the Controller")
        elif name not in SCHEMA[message]:
            why = f"is not a field of {message} (Avi {VERSION})"
            yield WrongField(path=f"{path}{name}", name=name, why=why, known=tuple(SCHEMA[message]))


def _wrong_inside(value: Any, field: Field, path: str, name: str) -> Iterator[WrongField]:
    if field.is_list is not (type(value) is list):
        yield WrongField(path=path, name=name, why="is a list" if field.is_list else "is not a list")
        return
    for item in value if field.is_list else (value,):
        is_object = type(item) is dict
        if is_object is not bool(field.message):
            yield WrongField(path=path, name=name, why="holds objects" if field.message else "holds no objects")
        elif is_object:
            yield from _wrong_fields(item, field.message, f"{path}[]." if field.is_list else f"{path}.")


def wrong_path(kind: str, path: str) -> WrongField | None:
    """Why a path such as `analytics_policy.full_client_logs` is not one field; None if it is.

    No path leads into the items of a list: there would be as many values as items.
    """
    message, parent = kind, ""
    for name in path.split("."):
        schema, here = SCHEMA.get(message, {}), f"{parent}.{name}" if parent else name
        if parent and not schema:
            return WrongField(path=parent, name=name, why="has no fields")
        if name not in schema:
            why = f"is not a field of {message} (Avi {VERSION})"
            return WrongField(path=here, name=name, why=why, known=tuple(schema))
        if schema[name].is_list and here != path:
            return WrongField(path=here, name=name, why="is a list: a rule covers all of it")
        message, parent = schema[name].message, here
    return None
