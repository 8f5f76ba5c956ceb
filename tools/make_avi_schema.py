"""Write sync/avi_schema.py: what comparison needs to know of Avi's schema.

usage: python tools/make_avi_schema.py SCHEMA.json

SCHEMA.json holds Avi's message types as {"Pool": {"properties": {"enabled": {"type": "boolean", "default": true}}}},
made from the swagger of Avi's SDK. Of what the four kinds hold, the names of all fields are kept, with their defaults,
nested types, and whether they hold lists, references or addresses.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

KINDS = ("VirtualService", "VsVip", "Pool", "L4PolicySet")
TARGET = Path(__file__).parent.parent / "sync" / "avi_schema.py"


def reachable(schema: dict[str, Any]) -> list[str]:
    """The four kinds and every message type inside them."""
    found: list[str] = []
    waiting = list(KINDS)
    while waiting:
        name = waiting.pop()
        if name in found or name not in schema:
            continue
        found.append(name)
        for field in schema[name]["properties"].values():
            waiting += [nested for nested in (field.get("items"), field.get("of")) if nested in schema]
    return sorted(found)


def field_row(message: str, name: str, field: dict[str, Any], schema: dict[str, Any]) -> str:
    """`Field(…)` with what is known of the field."""
    nested = next((name for name in (field.get("items"), field.get("of")) if name in schema), None)
    parts = []
    if "default" in field:
        parts.append(f"default={field['default']!r}")
    if nested:
        parts.append(f"message={nested!r}")
    if field["type"] == "array":
        parts.append("is_list=True")
    if "ref" in field or "ref" in (field.get("items_of") or {}):
        parts.append("is_reference=True")
    if (message, name) == ("IpAddr", "addr"):
        parts.append("is_address=True")
    if others := sorted({value for value in field.get("tier_default", {}).values() if value != field.get("default")}):
        parts.append(f"tier_defaults={tuple(others)!r}")
    if field.get("internal") or field.get("read_only"):
        parts.append("is_internal=True")
    return f"Field({', '.join(parts)})"


def main() -> None:
    """Read the schema named on the command line and write the module."""
    schema = json.loads(Path(sys.argv[1]).read_text())
    lines = [
        '"""Avi\'s schema as far as comparison needs it. Made by tools/make_avi_schema.py; do not edit.',
        "",
        f"Source: {schema['_meta']['source'].split(' (commit')[0]}.",
        '"""',
        "",
        "from collections.abc import Mapping",
        "from dataclasses import dataclass",
        "",
        "",
        "@dataclass(frozen=True, slots=True, kw_only=True)",
        "class Field:",
        '    """One field of a message: its default, the message type it holds, and what its values are.',
        "",
        "    `is_address` is for addresses, which IPv6 lets one write in many forms. `tier_defaults` are the defaults",
        "    that it has in other license tiers than Enterprise; `is_internal` tells that the Controller and other",
        "    programs set it, and people do not.",
        '    """',
        "",
        "    default: bool | int | float | str | None = None",
        '    message: str = ""',
        "    is_list: bool = False",
        "    is_reference: bool = False",
        "    is_address: bool = False",
        "    tier_defaults: tuple[bool | int | float | str, ...] = ()",
        "    is_internal: bool = False",
        "",
        "",
        "SCHEMA: Mapping[str, Mapping[str, Field]] = {",
    ]
    for name in reachable(schema):
        properties = sorted(schema[name]["properties"].items())
        lines.append(f'    "{name}": {{')
        lines += [f'        "{key}": {field_row(name, key, field, schema)},' for key, field in properties]
        lines.append("    },")
    lines += [
        "}",
        '"""Message type → field → what is known of it. A field that is not here belongs to another release."""',
    ]
    TARGET.write_text("\n".join(lines) + "\n")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(TARGET)], check=True)


if __name__ == "__main__":
    main()
