"""What may keep the Controller from creating a VIP: said where one is new, a hold where one would be lost."""

from collections.abc import Iterator
from dataclasses import replace

from sync.kinds import Part
from sync.model.desired import DesiredState
from sync.model.plan import Action
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges


def doubts_about(owner: OwnerChanges, desired: DesiredState) -> tuple[Problem, ...]:
    """The doubts about a VIP that the owner would get; nothing where it gets none."""
    made = (change for change in owner.changes.values() if change.action in (Action.CREATE, Action.REPLACE))
    is_made = any(change.key.part is Part.ADDRESS for change in made)
    return desired.doubts.get(owner.pair.name, ()) if is_made else ()


def holding_doubts(owner: OwnerChanges, desired: DesiredState) -> Iterator[Problem]:
    """The same as errors, where a live VIP would be deleted for the new one."""
    for doubt in doubts_about(owner, desired) if owner.frees_addresses else ():
        message = f"held: {doubt.message}, and a VIP would be deleted for it"
        yield replace(doubt, severity=Severity.ERROR, message=message, resource=str(owner.pair.owner))
