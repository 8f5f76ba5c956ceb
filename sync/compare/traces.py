"""Whether a live body is what was sent, and whether it is still what a plan has seen."""

from collections.abc import Iterable, Mapping
from typing import Any

from sync.avi.addresses import addresses
from sync.avi.references import by_uuid
from sync.compare.differences import differences_from
from sync.compare.normal_form import normal_form
from sync.kinds import IDENTITY, KINDS


def is_as_sent(sent: Mapping[str, Any], live: Mapping[str, Any], kind: str) -> bool:
    """Whether a live body holds everything that was sent; what the Controller adds by itself does not count."""
    return addresses(sent) <= addresses(live) and _agree(sent, live, kind, sent.keys())


def is_unchanged(seen: Mapping[str, Any], live: Mapping[str, Any], kind: str) -> bool:
    """Whether an object is unchanged since it was seen.

    `_last_modified` also moves when the Controller itself writes (AVI-LAST-MODIFIED-INTERNAL): then the fields decide.
    """
    if seen.get("uuid") != live.get("uuid"):
        return False
    if seen.get("_last_modified") == live.get("_last_modified"):
        return True
    return addresses(seen) == addresses(live) and _agree(seen, live, kind, seen.keys() | live.keys())


def _agree(one: Mapping[str, Any], other: Mapping[str, Any], kind: str, fields: Iterable[str]) -> bool:
    compared = sorted(set(fields) - IDENTITY - KINDS[kind].server_side)
    return not differences_from(other, normal_form(by_uuid(one), kind, compared), kind, compared)
