"""References in all the forms in which the API takes and gives them (AVI-REFERENCE-FORMS)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

_REFERENCE = re.compile(
    r"(?:https?://[^/]+)?/+api/(?P<type>[a-z0-9]+)(?:/?\?(?P<query>[^#]*)|/(?P<uuid>[^?#]*))(?:#(?P<name>.*))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `…_ref` points to. One of name and uuid may be unknown, and then is empty.

    Plain equality: one that is known by name differs from one that is known by uuid, even where both mean one object.
    Only a live body shows that they do (`names_in`).
    """

    type: str
    name: str
    uuid: str = ""

    def __str__(self) -> str:
        return self.name or self.uuid

    def is_to(self, live: "Reference") -> bool:
        """Whether it means the object of a live reference, which shows name and uuid."""
        known = (live.type, live.uuid) if self.uuid else (live.type, live.name)
        return (self.type, self.uuid or self.name) == known


@lru_cache(maxsize=8192)
def parse_reference(text: str) -> Reference | None:
    """Any of the forms in which a reference can be written (AVI-REFERENCE-FORMS); None for a text that is none."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    if found["query"] is not None:
        named = dict(part.partition("=")[::2] for part in found["query"].split("&"))
        return Reference(found["type"], unquote(named.get("name", "")))
    uuid = found["uuid"].strip("/")
    # A tenant's uuid may be its name (`/api/tenant/admin`, AVI-UUID-FORMS).
    return Reference(found["type"], found["name"] or (uuid if found["type"] == "tenant" else ""), uuid)


@lru_cache(maxsize=32768)
def short_reference(text: str) -> Reference | None:
    """The same by name alone where the name is known, else by uuid alone: what normal forms hold."""
    found = parse_reference(text)
    return Reference(found.type, found.name) if found is not None and found.name and found.uuid else found


Names = Mapping[Reference, Reference]
"""References by uuid alone → the same by name alone."""


def names_in(live: Any) -> Names:
    """The names of the objects that a live body refers to, less those that two of them have in common."""
    names = {Reference(found.type, "", found.uuid): Reference(found.type, found.name) for found in _complete(live)}
    counts = Counter(names.values())
    return {by_uuid: name for by_uuid, name in names.items() if counts[name] == 1}


def _complete(value: Any) -> Iterator[Reference]:
    """The references in a body that show name and uuid."""
    for text in texts_in(value):
        found = parse_reference(text) if "#" in text else None
        if found is not None and found.name and found.uuid:
            yield found


def with_names(value: Any, names: Names) -> Any:
    """A body or normal form in which each reference that shows a uuid is the name in `names`, else the uuid alone."""
    match value:
        case Mapping():
            return {key: with_names(item, names) for key, item in value.items()}
        case list():
            return [with_names(item, names) for item in value]
        case str() if "/api/" in value:
            found = parse_reference(value)
            return value if found is None or not found.uuid else with_names(found, names)
        case Reference() if value.uuid:
            by_uuid = Reference(value.type, "", value.uuid)
            return names.get(by_uuid, by_uuid)
    return value


def has_uuids(normal: Any) -> bool:
    """Whether a normal form holds a reference whose name is unknown."""
    match normal:
        case Mapping():
            return any(map(has_uuids, normal.values()))
        case list():
            return any(map(has_uuids, normal))
    return isinstance(normal, Reference) and bool(normal.uuid)


def by_uuid(value: Any) -> Any:
    """A body in which references that show name and uuid go by uuid."""
    return with_names(value, {})


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a body, at any depth."""
    match value:
        case Mapping():
            for item in value.values():
                yield from texts_in(item)
        case list():
            for item in value:
                yield from texts_in(item)
        case str():
            yield value


def references_in(value: Any) -> Iterator[Reference]:
    """Every reference in a body, at any depth."""
    return (found for text in texts_in(value) if (found := parse_reference(text)) is not None)


def uuids_in(value: Any) -> Iterator[str]:
    """The uuids that a body refers to, also those that stand there by themselves; other texts come along."""
    for text in texts_in(value):
        reference = parse_reference(text)
        yield reference.uuid if reference is not None else text


def by_name(value: Any, types: frozenset[str]) -> Any:
    """A body in which references to objects of these types go by name, where the name is known."""
    if isinstance(value, Mapping):
        return {key: by_name(item, types) for key, item in value.items()}
    if isinstance(value, list):
        return [by_name(item, types) for item in value]
    if isinstance(value, str) and "#" in value:
        found = parse_reference(value)
        if found is not None and found.type in types and found.name:
            return reference_by_name(found.type, found.name)
    return value


def reference_by_name(type_name: str, name: str) -> str:
    """A reference as a request sends it."""
    return f"/api/{type_name}?name={quoted_name(name)}"


_QUOTED = str.maketrans({"%": "%25", "&": "%26", "#": "%23", "+": "%2B"})


def quoted_name(name: str) -> str:
    """A name as it stands in a reference: only what would end it or mean something else is written out."""
    return name.translate(_QUOTED)
