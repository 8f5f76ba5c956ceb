"""Whether a body of our kinds has the shape that everything after this relies on."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.avi.schema import SCHEMA, Field
from sync.kinds import KINDS

_KIND_OF_PATH = {**{kind.path: kind.name for kind in KINDS.values()}, "stringgroup": "StringGroup"}
_MARKERS = "RoleFilterMatchLabel"
_SCHEMA: Mapping[str, Mapping[str, Field]] = {
    **SCHEMA,
    "StringGroup": {"kv": Field(message="KeyValue"), "markers": Field(message=_MARKERS)},
}
"""With the object that holds our lock and record."""
_TEXTS = frozenset({"name", "uuid", "url", "tenant_ref", "cloud_ref", "created_by", "_last_modified"})
_LISTS = frozenset(
    {"kv", *(name for kind in KINDS.values() for name in kind.managed if SCHEMA[kind.name][name].is_list)}
)
_ANYTHING = Field()


def wrong_shape(path: str, answer: Any) -> str:
    """The first defect of the object or list that a request to `path` returned, "" if there is none.

    Avi's API has no null, objects are objects, references are texts, and a marker has a key and texts as values. Types
    that we do not write are not checked.
    """
    kind = _KIND_OF_PATH.get(path.removeprefix("/api/").partition("/")[0])
    if kind is None or not isinstance(answer, dict):
        return ""
    results = answer.get("results")
    bodies = results if isinstance(results, list) else [answer]
    for body in bodies:
        if isinstance(body, dict) and (what := next(_wrong(body, kind), "")):
            return f"{body.get('name', '')}: {what}"
    return ""


def _wrong(body: Mapping[str, Any], kind: str) -> Iterator[str]:
    for name in body.keys() & (_TEXTS | _LISTS):
        if not isinstance(body[name], str if name in _TEXTS else list):
            yield f"{name} is not a {'text' if name in _TEXTS else 'list'}"
    yield from _wrong_message(body, kind, "")


def _wrong_message(value: Mapping[str, Any], message: str, place: str) -> Iterator[str]:
    schema = _SCHEMA.get(message, {})
    for name, item in value.items():
        field = schema.get(name, _ANYTHING)
        if type(item) is list:
            for index, each in enumerate(item):
                yield from _wrong_value(each, field, f"{place}{name}[{index}]")
        else:
            yield from _wrong_value(item, field, f"{place}{name}")
    if message == _MARKERS and not _is_marker(value):
        yield f"{place.rstrip('.')} is not a marker"


def _wrong_value(value: Any, field: Field, place: str) -> Iterator[str]:
    if value is None:
        yield f"{place} is null"
    elif field.message:
        if isinstance(value, dict):
            yield from _wrong_message(value, field.message, f"{place}.")
        else:
            yield f"{place} is not an object"
    elif field.is_reference and not isinstance(value, str):
        yield f"{place} is not a reference"


def _is_marker(value: Mapping[str, Any]) -> bool:
    values = value.get("values", [])
    return (
        isinstance(value.get("key"), str) and isinstance(values, list) and all(isinstance(each, str) for each in values)
    )
