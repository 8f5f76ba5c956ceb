"""An owner that goes while another one takes its place: what others set on its objects does not go along."""

from collections.abc import Iterator, Sequence

from sync.kinds import Part
from sync.model.desired import DesiredState
from sync.model.plan import Action, Change
from sync.model.problem import Problem, Severity
from sync.plan.passing import Passing


def lost_by_rename(owners: Sequence[Passing], desired: DesiredState) -> Iterator[Problem]:
    """A warning for each owner that is deleted with what others set, where an owner that is new serves the same.

    The new VirtualService would be enabled though somebody had disabled the old one, and have none of its policies.
    """
    new = [each for each in owners if any(map(_creates_an_entrance, each.owner.changes.values()))]
    for gone in owners:
        lost = [f"{change.key} {text}" for change in gone.owner.changes.values() for text in change.lost]
        successor = next((each.pair for each in new if _passes(gone, each)), None)
        if lost and not gone.pair.desired and successor is not None:
            yield Problem(
                severity=Severity.WARNING,
                message=f"{gone.pair.owner} goes, and {successor.owner} takes its place without: {'; '.join(lost)}",
                fix="keep the old name, or set it on the new objects by hand after the run",
                origin=desired.origins.get(successor.name),
                resource=str(gone.pair.owner),
            )


def _creates_an_entrance(change: Change) -> bool:
    return change.action is Action.CREATE and change.key.part is Part.ENTRANCE


def _passes(gone: Passing, new: Passing) -> bool:
    """Whether a Service, an address or a DNS name passes from the one owner to the other."""
    return bool(gone.services_given & new.services_taken or gone.gives & new.takes)
