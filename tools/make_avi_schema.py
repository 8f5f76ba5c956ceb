"""Write sync/avi/schema.json: what comparison needs to know of Avi's schema.

usage: python tools/make_avi_schema.py SCHEMA.json

SCHEMA.json holds Avi's message types as {"Pool": {"properties": {"enabled": {"type": "boolean", "default": true}}}},
made from the swagger of Avi's SDK. All fields of our kinds and of the messages in them are kept, with their defaults,
nested types, and whether they hold lists, references or addresses (`Field` in sync/avi/schema.py).
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sync.kinds import KINDS

TARGET = Path(__file__).parent.parent / "sync" / "avi" / "schema.json"


def reachable(schema: Mapping[str, Any]) -> list[str]:
    """Our kinds and every message type inside them."""
    found: list[str] = []
    waiting = list(KINDS)
    while waiting:
        name = waiting.pop()
        if name in found or name not in schema:
            continue
        found.append(name)
        for field in schema[name]["properties"].values():
            waiting += _nested(field, schema)
    return sorted(found)


def _nested(field: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in (field.get("items"), field.get("of")) if name in schema]


def facts_of(message: str, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a field, without what is false or nothing."""
    field = schema[message]["properties"][name]
    facts = {
        "default": field.get("default"),
        "message": next(iter(_nested(field, schema)), ""),
        "is_list": field["type"] == "array",
        "is_reference": "ref" in field or "ref" in (field.get("items_of") or {}),
        "is_address": (message, name) == ("IpAddr", "addr"),
        "tier_defaults": sorted(set(field.get("tier_default", {}).values()) - {field.get("default")}),
        "is_internal": bool(field.get("internal") or field.get("read_only")),
    }
    return {fact: value for fact, value in facts.items() if value or (fact == "default" and "default" in field)}


def lines_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """The file, a line for each field."""
    source = schema["_meta"]["source"].split(" (commit")[0]
    (version,) = re.findall(r"info\.version (\S+)", source)
    yield f'{{"source": {json.dumps(source)}, "version": "{version}", "messages": {{'
    yield ",\n".join(
        f'"{message}": {{\n'
        + ",\n".join(
            f'  "{name}": {json.dumps(facts_of(message, name, schema))}'
            for name in sorted(schema[message]["properties"])
        )
        + "}"
        for message in reachable(schema)
    )
    yield "}}"


def main() -> None:
    """Read the schema named on the command line and write the file."""
    TARGET.write_text("\n".join(lines_of(json.loads(Path(sys.argv[1]).read_text("utf-8")))) + "\n", "utf-8")


if __name__ == "__main__":
    main()
