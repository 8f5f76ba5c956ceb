"""References in all the forms in which the API takes and gives them (avi-api §2.5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

_REFERENCE = re.compile(
    r"(?:https?://[^/]+)?/+api/(?P<type>[a-z0-9]+)(?:/?\?(?P<query>[^#]*)|/(?P<uuid>[^?#]*))(?:#(?P<name>.*))?"
)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What a `…_ref` points to. Name or uuid may be unknown: two are equal if both can only mean one object."""

    type: str
    name: str
    uuid: str = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference) or self.type != other.type:
            return False
        if self.uuid and other.uuid:
            return self.uuid == other.uuid
        return bool(self.name) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.type)

    def __str__(self) -> str:
        return self.name or self.uuid


@lru_cache(maxsize=8192)
def parse_reference(text: str) -> Reference | None:
    """Any of the forms in which a reference can be written (avi-api §2.5); None for a text that is none."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    if found["query"] is not None:
        named = dict(part.partition("=")[::2] for part in found["query"].split("&"))
        return Reference(found["type"], unquote(named.get("name", "")))
    uuid = found["uuid"].strip("/")
    # A tenant's uuid may be its name (`/api/tenant/admin`, avi-api §2.6).
    return Reference(found["type"], found["name"] or (uuid if found["type"] == "tenant" else ""), uuid)


def by_name(value: Any, types: frozenset[str]) -> Any:
    """A body in which references to objects of these types go by name, where the name is known."""
    if isinstance(value, Mapping):
        return {key: by_name(item, types) for key, item in value.items()}
    if isinstance(value, list):
        return [by_name(item, types) for item in value]
    if isinstance(value, str) and "#" in value:
        found = parse_reference(value)
        if found is not None and found.type in types and found.name:
            return f"/api/{found.type}?name={quoted_name(found.name)}"
    return value


_QUOTED = str.maketrans({"%": "%25", "&": "%26", "#": "%23", "+": "%2B"})


def quoted_name(name: str) -> str:
    """A name as it stands in a reference: only what would end it or mean something else is written out."""
    return name.translate(_QUOTED)
