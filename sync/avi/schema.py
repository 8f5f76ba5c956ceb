"""Avi's schema as far as comparison needs it: `schema.json`, which tools/make_avi_schema.py writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message: its default, the type of message in it, and what its values are.

    An address (`is_address`) can be written in several ways in IPv6. `tier_defaults` are the defaults in license
    tiers other than Enterprise. An internal field is set by the Controller and other programs, never by people.
    """

    default: bool | int | float | str | None = None
    message: str = ""
    is_list: bool = False
    is_reference: bool = False
    is_address: bool = False
    tier_defaults: tuple[bool | int | float | str, ...] = ()
    is_internal: bool = False


def _field(facts: Mapping[str, Any]) -> Field:
    return Field(**{**facts, "tier_defaults": tuple(facts.get("tier_defaults", ()))})


_DATA: Mapping[str, Any] = json.loads(files("sync.avi").joinpath("schema.json").read_text("utf-8"))

VERSION: str = _DATA["version"]
"""The release of Avi that the schema belongs to."""

SCHEMA: Mapping[str, Mapping[str, Field]] = {
    message: {name: _field(facts) for name, facts in fields.items()} for message, fields in _DATA["messages"].items()
}
"""Message type → field → what is known of it. A field that is missing here belongs to another release."""
