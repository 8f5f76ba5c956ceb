"""Saved plans as text and back. Nothing in such a file is secret."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sync.compare.normal_form import digest
from sync.errors import UsageError
from sync.model.plan import SavedPlan
from sync.model.wording import shown

SCHEMA_VERSION = 1
_CHECKSUM = "checksum"
_ADAPTER: TypeAdapter[SavedPlan] = TypeAdapter(SavedPlan)


def plan_file_text(saved: SavedPlan, document: Mapping[str, Any]) -> str:
    """The file: what `apply` needs, the plan as a JSON document for readers, and a checksum over both."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "saved_plan": _ADAPTER.dump_python(saved, mode="json"),
        "document": document,
    }
    selection = content["saved_plan"]["options"]["selection"]
    selection |= {key: sorted(values, key=str) for key, values in selection.items()}
    return json.dumps({**content, _CHECKSUM: digest(content)}, indent=2, ensure_ascii=False) + "\n"


def read_plan_file(text: str, where: str) -> SavedPlan:
    """The plan of a file; raises UsageError if `plan --out` has not written it as it is."""
    fix = "write it again with avi-sync plan --out FILE"
    try:
        content = json.loads(text)
        checksum = content.pop(_CHECKSUM)
        if content["schema_version"] != SCHEMA_VERSION:
            raise UsageError(f"a plan file of version {shown(content['schema_version'])}", where=where, fix=fix)
        if checksum != digest(content):
            raise UsageError("the plan file was changed after it was written", where=where, fix=fix)
        return _ADAPTER.validate_python(content["saved_plan"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError):
        raise UsageError("this is not a plan file", where=where, fix=fix) from None
