"""An owner that goes while another one takes its place: what others set on its objects does not go along."""

from collections.abc import Iterator, Sequence

from sync.compare.markers import markers_of
from sync.kinds import KINDS, Part
from sync.model.desired import DesiredState
from sync.model.plan import Action, Change
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges
from sync.plan.owners import Pair


def lost_by_rename(owners: Sequence[OwnerChanges], desired: DesiredState) -> Iterator[Problem]:
    """A warning for each owner that is deleted with what others set, where an owner that is new serves the same.

    The new VirtualService would be enabled though somebody had disabled the old one, and have none of its policies.
    """
    new = [owner.pair for owner in owners if any(map(_creates_an_entrance, owner.changes.values()))]
    for gone in owners:
        lost = [f"{change.key} {text}" for change in gone.changes.values() for text in change.lost]
        successor = next((pair for pair in new if _serves_the_same(gone.pair, pair)), None)
        if lost and not gone.pair.desired and successor is not None:
            yield Problem(
                severity=Severity.WARNING,
                message=f"{gone.pair.owner} goes, and {successor.owner} takes its place without: {'; '.join(lost)}",
                fix="keep the old name, or set it on the new objects by hand after the run",
                origin=desired.origins.get(successor.name),
                resource=str(gone.pair.owner),
            )


def _creates_an_entrance(change: Change) -> bool:
    return change.action is Action.CREATE and KINDS[change.key.kind].part is Part.ENTRANCE


def _serves_the_same(gone: Pair, new: Pair) -> bool:
    """Whether two owners have a Service, an address or a hostname in common."""
    return bool(
        _services(gone) & _services(new)
        or gone.held_addresses & new.wanted_addresses
        or gone.held_hostnames & new.wanted_hostnames
    )


def _services(pair: Pair) -> frozenset[tuple[str, str]]:
    """Namespace and name of the Services behind an owner: those that are live, or that Git asks for."""
    bodies = [item.body for item in pair.live.values()] + [item.body for item in pair.desired.values()]
    found = map(markers_of, bodies)
    return frozenset((marks.get("Namespace", ""), marks["ServiceName"]) for marks in found if "ServiceName" in marks)
