"""Documents for machines: every key always present, stable order, no times (docs/reports.md#json)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sync.model.desired import Condition, DesiredState, ObjectKey, Owner, Status
from sync.model.outcome import Outcome
from sync.model.plan import Action, Change, ChangeSet, Edit, Plan
from sync.model.problem import Problem
from sync.model.resources.gateway import Gateway
from sync.model.resources.registry import REGISTRY
from sync.model.run import Run
from sync.model.secrets import without_secrets
from sync.plan.outages import effects_of
from sync.report.documents import (
    ChangeDocument,
    ChangeSetDocument,
    ConditionDocument,
    EditDocument,
    KeyDocument,
    OutageDocument,
    OutcomeDocument,
    OwnerDocument,
    ProblemDocument,
    RenderDocument,
    RunDocument,
    StatusDocument,
    ValidateDocument,
)

SCHEMA_VERSION = 1


def to_text(document: Mapping[str, Any]) -> str:
    """The document as it is printed."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_document(desired: DesiredState) -> RenderDocument:
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
                "body": without_secrets(item.body),
            }
            for item in desired
        ],
        "problems": [problem_document(problem) for problem in desired.problems],
        "statuses": [status_document(status) for status in desired.statuses],
    }


def validate_document(desired: DesiredState) -> ValidateDocument:
    """What `validate` prints: the problems, and how much was found to be right."""
    problems = desired.problems
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
        "ignored": dict(sorted(desired.ignored.items())),
        "problems": [problem_document(problem) for problem in desired.problems],
        "statuses": [status_document(status) for status in desired.statuses],
    }


def run_document(run: Run) -> RunDocument:
    """What `sync` prints: the plan, what became of it, and all problems."""
    plan = run.plan
    return {
        "schema_version": SCHEMA_VERSION,
        "commit": run.desired.commit,
        "dry_run": run.is_dry,
        "summary": summary_document(plan),
        "changes": [change_document(change) for change in plan.changes] if plan else [],
        "change_sets": [change_set_document(item) for item in plan.change_sets] if plan else [],
        "outages": list(_outages(run)),
        "held": [owner_document(held.owner) for held in plan.held] if plan else [],
        "foreign": [key_document(key) for key in plan.foreign] if plan else [],
        "owners": [
            {"owner": owner_document(item.owner), "state": item.state.value, "said": item.said}
            for item in run.owner_outcomes
        ],
        "outcomes": [outcome_document(outcome) for outcome in run.outcomes],
        "remaining": [change_document(change) for change in run.remaining.changes] if run.remaining else [],
        "edits": [edit_document(edit) for edit in run.edits],
        "refusals": [{"message": item.message, "fix": item.fix} for item in run.refusals],
        "stale": run.is_stale,
        "services": [
            {
                **key_document(item.key),
                "owner": owner_document(item.owner),
                "verdict": item.verdict.value,
                "state": item.state,
                "said": item.said,
            }
            for item in run.services
        ],
        "lost": run.lost,
        "locked": run.locked,
        "problems": [problem_document(problem) for problem in run.problems],
        "statuses": [status_document(status) for status in run.statuses],
        "digest": plan.digest if plan else "",
    }


def _outages(run: Run) -> Iterator[OutageDocument]:
    for owner, effect in effects_of(run.plan, run.before).items() if run.plan else ():
        if effect.losses:
            yield {
                "owner": owner_document(owner),
                "losses": [
                    {"gravity": loss.gravity.value, "said": loss.words, "cause": loss.cause.value}
                    for loss in effect.losses
                ],
                "enabled_before": effect.before.enabled,
                "enabled_after": effect.after.enabled,
            }


def summary_document(plan: Plan | None) -> dict[str, int]:
    """The counts: objects, but `held`, which counts owners."""
    return {
        **{action.value: plan.count(action) if plan else 0 for action in Action},
        "unchanged": plan.unchanged if plan else 0,
        "foreign": len(plan.foreign) if plan else 0,
        "held": len(plan.held) if plan else 0,
    }


def key_document(key: ObjectKey) -> KeyDocument:
    """An object's kind, tenant and name."""
    return {"kind": key.kind, "tenant": key.tenant, "name": key.name}


def change_document(change: Change) -> ChangeDocument:
    """One changed object, field by field."""
    return {
        "action": change.action.value,
        **key_document(change.key),
        "reason": change.reason,
        "cause": change.cause.value,
        "owner": owner_document(change.owner),
        "fields": [{"path": item.path, "before": item.before, "after": item.after} for item in change.fields],
        "lost": list(change.lost),
    }


def edit_document(edit: Edit) -> EditDocument:
    """One object that somebody edited and that is left alone, field by field."""
    return {
        **key_document(edit.key),
        "owner": owner_document(edit.owner),
        "fields": [{"path": item.path, "live": item.before, "default": item.after} for item in edit.fields],
    }


def change_set_document(change_set: ChangeSet) -> ChangeSetDocument:
    """The writes of one set, in the order in which they are sent."""
    return {
        "owners": [owner_document(owner) for owner in change_set.owners],
        "writes": [{"method": write.method.value, **key_document(write.key)} for write in change_set.writes],
    }


def outcome_document(outcome: Outcome) -> OutcomeDocument:
    """What became of one set, write by write and change by change."""
    return {
        "owners": [owner_document(owner) for owner in outcome.change_set.owners],
        "state": outcome.state.value,
        "said": outcome.said,
        "writes": [
            {
                "method": item.write.method.value,
                **key_document(item.write.key),
                "state": item.state.value,
                "said": item.said,
            }
            for item in outcome.writes
        ],
        "changes": [
            {
                "action": item.change.action.value,
                **key_document(item.change.key),
                "owner": owner_document(item.change.owner),
                "state": item.state.value,
                "said": item.said,
            }
            for item in outcome.changes
        ],
    }


def owner_document(owner: Owner) -> OwnerDocument:
    """An owner."""
    return {"kind": owner.kind.value, "namespace": owner.namespace, "name": owner.name}


def problem_document(problem: Problem) -> ProblemDocument:
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


def status_document(status: Status) -> StatusDocument:
    """A status as Kubernetes would show it."""
    return {
        "kind": status.kind,
        "namespace": status.namespace,
        "name": status.name,
        "conditions": [condition_document(condition) for condition in status.conditions],
        "addresses": list(status.addresses),
        "hostnames": list(status.hostnames),
        "listeners": [
            {"port": item.port, "protocol": item.protocol, "conditions": [condition_document(item.condition)]}
            for item in status.listeners
        ],
    }


def condition_document(condition: Condition) -> ConditionDocument:
    """A condition."""
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
    }


def manifest_of(status: Status) -> dict[str, Any]:
    """The status as a manifest in the shape of Kubernetes."""
    document = status_document(status)
    head = {
        "apiVersion": REGISTRY.by_group_kind[status.group_kind].api_versions[0],
        "kind": status.kind,
        "metadata": {"name": status.name, "namespace": status.namespace},
    }
    if status.group_kind == Gateway.GROUP_KIND:
        return {
            **head,
            "status": {
                "addresses": [{"type": "IPAddress", "value": address} for address in status.addresses],
                "conditions": document["conditions"],
                "listeners": document["listeners"],
            },
        }
    hostname = {"hostname": status.hostnames[0]} if status.hostnames else {}
    return {
        **head,
        "status": {
            "loadBalancer": {"ingress": [{"ip": address, **hostname} for address in status.addresses]},
            "conditions": document["conditions"],
        },
    }
