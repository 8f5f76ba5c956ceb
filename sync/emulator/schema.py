"""Object types, their fields, defaults and references, compiled once from `data/schema.json`.

Everything that differs by type and is a fact of the API stands in that file; adding an object type is adding data.
A `Schema` is cut to the Controller's own version: fields that came later do not exist in it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from sync.emulator.versions import OLDEST, Version, parse_version

Body = dict[str, Any]
Scalar = str | int | float | bool

SCALAR_KINDS = ("string", "integer", "number", "boolean")
# License tier of the Controller → key of `tier_default` in the data (API guide: "Allowed in … edition").
TIERS = {"ENTERPRISE": "E", "ENTERPRISE_WITH_CLOUD_SERVICES": "E", "BASIC": "B", "ESSENTIALS": "S"}
# Fields that the swagger allows in Enterprise only, and that AKO, which minds the license where it must
# (internal/nodes/avi_model_l4_translator.go:1048), writes for the plainest layer 4 application with any.
WRITTEN_WITH_EVERY_LICENSE: Mapping[str, frozenset[str]] = {
    "L4RuleMatchTarget": frozenset({"protocol"}),
    "RoleFilterMatchLabel": frozenset({"key", "values"}),
    "Service": frozenset({"override_network_profile_ref"}),
    "VsVip": frozenset({"dns_info"}),
}
# Never hidden by an older API version: clients of every version read them.
IDENTITY = frozenset({"url", "uuid", "name", "_last_modified", "tenant_ref", "cloud_ref"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message. `kind` is string, integer, number, boolean or message."""

    name: str
    kind: str
    repeated: bool
    message: str | None = None
    refers_to: str | None = None
    enum: frozenset[str] | None = None
    allowed: frozenset[float] | None = None
    minimum: float | None = None
    maximum: float | None = None
    special: frozenset[float] = frozenset()
    min_items: int = 0
    max_items: int | None = None
    since: Version = OLDEST
    required: bool = False
    read_only: bool = False
    immutable: bool = False
    concealed: str | None = None  # never shown: `left out` or `masked`
    offered: tuple[Scalar, ...] | None = None  # the values that a lower license tier allows; None: all
    until: Version | None = None  # the release that no longer has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message: an object type (with `path`) or a part of one. `is_open` ones keep fields we know nothing about."""

    name: str
    path: str | None
    fields: Mapping[str, Field]
    defaults: Mapping[str, Scalar]
    required: frozenset[str]
    is_open: bool = False
    immutable: tuple[str, ...] = field(default=())
    secrets: frozenset[str] = frozenset()  # names of the secret fields in it and in its parts

    @property
    def has_tenant(self) -> bool:
        """Whether objects of the type belong to a tenant."""
        return "tenant_ref" in self.fields

    @property
    def has_cloud(self) -> bool:
        """Whether objects of the type belong to a cloud, so that names are unique within it."""
        return "cloud_ref" in self.fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All messages by name, object types by path; `newest` is the release of the latest field in it."""

    messages: Mapping[str, Message]
    by_path: Mapping[str, Message]
    newest: Version


@cache
def load_schema(version: Version, license_tier: str) -> Schema:
    """The schema of a Controller of that version and license."""
    data = {name: facts for name, facts in _data("schema.json") if _since(facts) <= version}
    secrets = _secrets(data)
    messages = {
        name: _message(name, facts, version, TIERS.get(license_tier, "E"), secrets[name])
        for name, facts in data.items()
    }
    newest = max(one.since for message in messages.values() for one in message.fields.values())
    by_path = {message.path: message for message in messages.values() if message.path}
    return Schema(messages=messages, by_path=by_path, newest=newest)


def system_objects() -> list[tuple[str, Body]]:
    """What a fresh Controller holds, as (type name, body) with portable references, each after those it refers to."""
    text = files("sync.emulator").joinpath("data", "system_objects.json").read_text(encoding="utf-8")
    return [(type_name, body) for type_name, body in json.loads(text)["objects"]]


def _data(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    document = json.loads(files("sync.emulator").joinpath("data", name).read_text(encoding="utf-8"))
    return ((key, value) for key, value in document.items() if key != "_meta")


def _secrets(data: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The secret fields of each message and of its parts, however deep."""
    known = {
        name: frozenset(key for key, one in facts["fields"].items() if "concealed" in one)
        for name, facts in data.items()
    }
    while True:
        grown = {
            name: known[name].union(*(known.get(_kind(one), ()) for one in facts["fields"].values()))
            for name, facts in data.items()
        }
        if grown == known:
            return known
        known = grown


def _kind(facts: Mapping[str, Any]) -> str:
    """The scalar kind or the message of a field, of its items if it is a list."""
    return str(facts["items"] if facts["type"] == "array" else facts.get("of", facts["type"]))


def _message(name: str, facts: Mapping[str, Any], version: Version, tier: str, secrets: frozenset[str]) -> Message:
    everywhere = WRITTEN_WITH_EVERY_LICENSE.get(name, frozenset())
    fields = {key: _field(key, value, "E" if key in everywhere else tier) for key, value in facts["fields"].items()}
    kept = {key: value for key, value in fields.items() if _is_in(value, version) or key in IDENTITY}
    defaults = {key: value for key in kept if (value := _default(facts["fields"][key], tier)) is not None}
    return Message(
        name=name,
        path=facts.get("path"),
        fields=kept,
        defaults=defaults,
        required=frozenset(key for key, one in kept.items() if one.required and key not in defaults),
        immutable=tuple(key for key, one in kept.items() if one.immutable),
        is_open=facts.get("open", False),
        secrets=secrets,
    )


def _since(facts: Mapping[str, Any]) -> Version:
    """The release that a type or a field came with."""
    return parse_version(facts.get("since", "")) or OLDEST


def _is_in(field: Field, version: Version) -> bool:
    return field.since <= version and (field.until is None or version < field.until)


def _default(facts: Mapping[str, Any], tier: str) -> Scalar | None:
    """The default in that license tier; None where unset means absent. Default references are the rules' business."""
    if "ref" in facts:
        return None
    tiers: Mapping[str, Scalar] = facts.get("tier_default", {})
    default: Scalar | None = facts.get("default")
    return tiers.get(tier, default) if tier != "E" else default


def _field(name: str, facts: Mapping[str, Any], tier: str) -> Field:
    repeated = facts["type"] == "array"
    kind = _kind(facts)
    offered = facts.get("tiers", {}).get(tier)
    is_scalar = kind in SCALAR_KINDS
    return Field(
        name=name,
        kind=kind if is_scalar else "message",
        repeated=repeated,
        message=None if is_scalar else kind,
        refers_to=facts.get("ref"),
        enum=frozenset(facts["enum"]) if "enum" in facts else None,
        allowed=frozenset(facts["allowed"]) if "allowed" in facts else None,
        minimum=facts.get("min"),
        maximum=facts.get("max"),
        special=frozenset(facts.get("special", ())),
        min_items=facts.get("min_items", 0),
        max_items=facts.get("max_items"),
        since=_since(facts),
        required=facts.get("required", False),
        read_only=facts.get("read_only", False),
        immutable=facts.get("immutable", False),
        concealed=facts.get("concealed"),
        offered=None if offered is None else tuple(offered),
        until=parse_version(facts.get("until", "")),
    )
