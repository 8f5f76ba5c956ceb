"""Documents for machines: every key always present, stable order, no times (DESIGN §7)."""

import json
from collections.abc import Mapping
from typing import Any

from sync.model.desired import DesiredState, Owner, Status
from sync.model.problem import Problem

SCHEMA_VERSION = 1


def to_text(document: Mapping[str, Any]) -> str:
    """The document as it is printed."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_document(
    desired: DesiredState, problems: tuple[Problem, ...], statuses: tuple[Status, ...]
) -> dict[str, Any]:
    """What `render` prints: desired objects, problems and statuses."""
    return {
        "schema_version": SCHEMA_VERSION,
        "commit": desired.commit,
        "objects": [
            {
                "kind": item.key.kind,
                "tenant": item.key.tenant,
                "name": item.key.name,
                "owner": owner_document(item.owner),
                "body": item.body,
            }
            for item in desired
        ],
        "problems": [problem_document(problem) for problem in problems],
        "statuses": [status_document(status) for status in statuses],
    }


def validate_document(
    desired: DesiredState, problems: tuple[Problem, ...], statuses: tuple[Status, ...]
) -> dict[str, Any]:
    """What `validate` prints: the problems, and how much was found to be right."""
    return {
        "schema_version": SCHEMA_VERSION,
        "commit": desired.commit,
        "summary": {
            "owners": len({item.owner for item in desired}),
            "objects": len(desired.objects),
            "held": len(desired.held),
            "errors": sum(problem.severity == "error" for problem in problems),
            "warnings": sum(problem.severity == "warning" for problem in problems),
        },
        "problems": [problem_document(problem) for problem in problems],
        "statuses": [status_document(status) for status in statuses],
    }


def owner_document(owner: Owner) -> dict[str, str]:
    """An owner."""
    return {"kind": owner.kind.value, "namespace": owner.namespace, "name": owner.name}


def problem_document(problem: Problem) -> dict[str, Any]:
    """A problem."""
    return {
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "resource": problem.resource,
        "field": problem.field_text,
        "message": problem.message,
        "fix": problem.fix,
    }


def status_document(status: Status) -> dict[str, Any]:
    """A status as Kubernetes would show it."""
    return {
        "kind": status.kind,
        "namespace": status.namespace,
        "name": status.name,
        "conditions": [
            {
                "type": condition.type,
                "status": condition.status,
                "reason": condition.reason,
                "message": condition.message,
            }
            for condition in status.conditions
        ],
        "addresses": list(status.addresses),
        "hostnames": list(status.hostnames),
    }
