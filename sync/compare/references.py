"""References in all the forms in which the API takes and gives them (avi-api §2.5)."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_REFERENCE = re.compile(
    r"(?:https?://[^/]+)?/+api/(?P<type>[a-z0-9]+)(?:/?\?(?P<query>[^#]*)|/(?P<uuid>[^?#]*))(?:#(?P<name>.*))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `…_ref` points to. Name or uuid may be unknown; `==` is exact, `same` is by what both know."""

    type: str
    name: str
    uuid: str = ""

    def same(self, other: "Reference") -> bool:
        """Whether both can only mean one object."""
        if self.type != other.type:
            return False
        if self.uuid and other.uuid:
            return self.uuid == other.uuid
        return bool(self.name) and self.name == other.name

    def __str__(self) -> str:
        return self.name or self.uuid


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
