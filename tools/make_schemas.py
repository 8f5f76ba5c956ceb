"""Make docs/schemas/ from the documents in sync/report/, or check that it is up to date.

usage: python tools/make_schemas.py [--write]

Refuses to write a schema that takes something away from readers of the one that is there (a key that goes or may be
missing, another type) unless SCHEMA_VERSION of sync/report/documents.py has grown.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from sync.report.checkup import CheckupDocument
from sync.report.deployment import DeploymentDocument
from sync.report.documents import SCHEMA_VERSION, JsonDocument, RenderDocument, ValidateDocument
from sync.report.explanation import ExplanationDocument, ExplanationsDocument
from sync.report.lock import LockDocument
from sync.report.message import MessageDocument
from sync.report.run_document import PlanFileDocument, RunDocument

Schema = dict[str, Any]
FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

DOCUMENTS: Mapping[str, type[JsonDocument]] = {
    "checkup": CheckupDocument,
    "explanation": ExplanationDocument,
    "explanations": ExplanationsDocument,
    "lock": LockDocument,
    "message": MessageDocument,
    "plan": PlanFileDocument,
    "render": RenderDocument,
    "result": RunDocument,
    "status": DeploymentDocument,
    "validate": ValidateDocument,
}
"""File name → class."""


class _Generator(GenerateJsonSchema):
    """Without titles, which would only repeat the names of keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        del schema
        return False


def schemas() -> dict[str, Schema]:
    """All schemas by file name."""
    return {name: _schema(name, shape) for name, shape in DOCUMENTS.items()}


def _schema(name: str, shape: type[JsonDocument]) -> Schema:
    made = shape.model_json_schema(mode="serialization", schema_generator=_Generator)
    return {"$schema": DIALECT, "$id": _identity(name), **_renamed(made)}


def _identity(name: str) -> str:
    return f"urn:avi-sync:schema:{name}:{SCHEMA_VERSION}"


def _renamed(value: Any) -> Any:
    """Without the titles of classes, whose names lose their common ending."""
    if isinstance(value, dict):
        is_class = isinstance(value.get("title"), str) and value["title"].endswith("Document")
        kept = {key: item for key, item in value.items() if not (is_class and key == "title")}
        return {key.removesuffix("Document"): _renamed(item) for key, item in kept.items()}
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if isinstance(value, str) and value.startswith("#/$defs/"):
        return value.removesuffix("Document")
    return value


def losses(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """What readers of the old schema would miss in documents of the new one."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    if old.get("type") != new.get("type") or old.get("$ref") != new.get("$ref"):
        yield f"{path or 'the document'} has another type"
    for key in old.get("properties", {}):
        if key not in new.get("properties", {}):
            yield f"{path}.{key} is gone"
    for key in set(old.get("required", ())) - set(new.get("required", ())):
        if key in new.get("properties", {}):
            yield f"{path}.{key} may be missing"
    for group in ("properties", "$defs"):
        for key in old.get(group, {}):
            yield from losses(old[group][key], new.get(group, {}).get(key), f"{path}.{key}")
    yield from losses(old.get("items"), new.get("items"), f"{path}[]")


def text_of(schema: Schema) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Compare or write all files."""
    stale = []
    for name, schema in schemas().items():
        file = FOLDER / f"{name}.json"
        before = file.read_text("utf-8") if file.exists() else ""
        if before == text_of(schema):
            continue
        old = json.loads(before) if before else {}
        if old.get("$id") == schema["$id"] and (lost := sorted(losses(old, schema))):
            sys.exit(f"{file.name}: {'; '.join(lost)}\n  fix: keep it, or raise SCHEMA_VERSION with a major version")
        stale.append(file.name)
        if "--write" in sys.argv[1:]:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text_of(schema), "utf-8")
    if stale and "--write" not in sys.argv[1:]:
        sys.exit(f"{', '.join(stale)} no longer follow from the code\n  fix: make schemas")


if __name__ == "__main__":
    main()
