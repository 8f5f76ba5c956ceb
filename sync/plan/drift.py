"""Edits on the Controller, apart from changes in Git: to be reverted, or left alone."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sync.compare.edits import edits_beside, edits_on
from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.model.plan import Cause, ChangeSet, Edit, FieldChange, Plan, Selection
from sync.model.problem import Problem, Severity
from sync.model.wording import shown


def drift_of(plan: Plan) -> Plan:
    """The plan with only the changes that revert edits on the Controller, and a warning about the others."""
    sets = tuple(found for item in plan.change_sets if (found := _edits(item)).changes)
    return replace(plan, change_sets=sets, problems=(*plan.problems, *_pending(plan)))


def _edits(change_set: ChangeSet) -> ChangeSet:
    changes = tuple(replace(change, moved=None) for change in change_set.changes if change.cause is Cause.LIVE)
    keys = {change.key for change in changes}
    return replace(
        change_set,
        owners=tuple(owner for owner in change_set.owners if any(change.owner == owner for change in changes)),
        changes=changes,
        writes=tuple(write for write in change_set.writes if write.key in keys),
    )


def _pending(plan: Plan) -> Iterator[Problem]:
    pending = [change for change in plan.reviewed if change.cause is not Cause.LIVE]
    if pending:
        first, *more = pending
        others = f" and {len(more)} more" if more else ""
        yield Problem(
            severity=Severity.WARNING,
            message=f"not drift, but not applied yet: {first.action} {first.key}{others}",
            fix="see it with avi-sync --dry-run, and apply it with avi-sync",
        )


def edits_of(desired: DesiredState, live: LiveState, selection: Selection) -> tuple[Edit, ...]:
    """Edits of our objects in fields that Git does not manage, in key order. No run changes them."""
    found = []
    for key in sorted(live.objects):
        item, wanted = live.objects[key], desired.objects.get(key)
        owner = wanted.owner if wanted is not None else item.owner
        if not item.is_ours or owner is None or not selection.includes(owner):
            continue
        edits = edits_beside(wanted, item.body) if wanted is not None else edits_on(key.kind, item.body)
        if edits:
            fields = tuple(FieldChange(path=edit.path, before=edit.before, after=edit.after) for edit in edits)
            found.append(Edit(key=key, owner=owner, fields=fields))
    return tuple(found)


def edit_problems(edits: Iterable[Edit], desired: DesiredState, live: LiveState) -> Iterator[Problem]:
    """A warning for each object with such edits."""
    for edit in edits:
        yield Problem(
            severity=Severity.WARNING,
            message=f"edited, left alone: {edit.key}: {edit_text(edit)}",
            fix="no run changes it; revert it on the Controller if it is not intended",
            origin=desired.origins.get(live.objects[edit.key].owner_name),
            resource=str(edit.owner),
        )


def edit_text(edit: Edit) -> str:
    """The edited fields of an object with their live values, on one line."""
    return ", ".join(f"{field.path}: {shown(field.before)}" for field in edit.fields)
