"""A document as lines of JSON, one event each: for what reads line by line and keeps what it knows."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

EVENTS: Mapping[str, str] = {
    "changes": "change",
    "change_sets": "change_set",
    "objects": "object",
    "outages": "outage",
    "outcomes": "outcome",
    "owners": "owner",
    "problems": "problem",
    "refusals": "refusal",
    "services": "service",
    "statuses": "status",
}
"""Lists of a document whose items are called something else than the list."""


def to_lines(document: Mapping[str, Any]) -> str:
    """First `summary` with all that is no list, then an event per item of each list, in the document's order."""
    return "\n".join(json.dumps(event, ensure_ascii=False) for event in events_of(document))


def events_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The events; nothing of the document is left out."""
    yield {"event": "summary", **{key: value for key, value in document.items() if not isinstance(value, list)}}
    for key, value in document.items():
        if isinstance(value, list):
            for item in value:
                yield {"event": EVENTS.get(key, key), **item}
