"""What somebody changed on the Controller, apart from what changed in Git."""

from collections.abc import Iterator
from dataclasses import replace

from sync.model.plan import Cause, ChangeSet, Plan
from sync.model.problem import Problem, Severity


def drift_of(plan: Plan) -> Plan:
    """The plan with the changes that set live edits back, and a warning of those that only Git asks for."""
    sets = tuple(found for item in plan.change_sets if (found := _edits(item)).changes)
    return replace(plan, change_sets=sets, problems=(*plan.problems, *_pending(plan)))


def _edits(change_set: ChangeSet) -> ChangeSet:
    changes = tuple(change for change in change_set.changes if change.cause is Cause.LIVE)
    keys = {change.key for change in changes}
    return replace(
        change_set,
        owners=tuple(owner for owner in change_set.owners if any(change.owner == owner for change in changes)),
        changes=changes,
        writes=tuple(write for write in change_set.writes if write.key in keys),
    )


def _pending(plan: Plan) -> Iterator[Problem]:
    pending = [change for change in plan.changes if change.cause is not Cause.LIVE]
    if pending:
        first, *more = pending
        others = f" and {len(more)} more" if more else ""
        yield Problem(
            severity=Severity.WARNING,
            message=f"not drift, but not applied yet: {first.action} {first.key}{others}",
            fix="see avi-sync --dry-run; avi-sync applies what Git asks for",
        )
