"""The published schemas, and the same without room for what they do not name."""

import json
from typing import Any

from tools.make_schemas import FOLDER


def published(name: str) -> Any:
    """A schema as it is published."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def closed(value: Any) -> Any:
    """The schema without room for keys that it does not name."""
    if isinstance(value, dict):
        shut = {"additionalProperties": False} if "properties" in value else {}
        return {key: closed(item) for key, item in value.items()} | shut
    return [closed(item) for item in value] if isinstance(value, list) else value
