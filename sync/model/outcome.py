"""What became of a plan: never more than what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from sync.model.desired import ObjectKey, Owner
from sync.model.plan import Change, ChangeSet, Refusal, Write


class WriteState(StrEnum):
    """How one write ended."""

    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not sent, because an earlier one of its set failed."""
    NOT_TRIED = "not tried"
    """Not sent, because the run was stopped."""


class SetState(StrEnum):
    """How one change set ended."""

    APPLIED = "applied"
    FAILED = "failed"
    RESTORED = "restored"
    """A create was finally refused, and the objects that were deleted for it have been restored."""
    STOPPED = "stopped"
    """The run was stopped after one of its writes and before another; nothing was missing in between."""
    NOT_TRIED = "not tried"


class ChangeState(StrEnum):
    """How one change ended."""

    APPLIED = "applied"
    FAILED = "failed"
    RESTORED = "restored"
    """The object is as it was before: restored, or deleted again."""
    SKIPPED = "skipped"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOutcome:
    """One write and how it ended; `said` is the Controller's own text where it failed."""

    write: Write
    state: WriteState
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOutcome:
    """One change and how it ended; `said` tells why it was not applied."""

    change: Change
    state: ChangeState
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One change set and how it ended.

    `restored` are the objects that are as they were before. `is_stale` asks for reading and planning again (412).
    """

    change_set: ChangeSet
    state: SetState
    writes: tuple[WriteOutcome, ...]
    said: str = ""
    restored: frozenset[ObjectKey] = frozenset()
    is_stale: bool = False

    @property
    def is_success(self) -> bool:
        """Whether every write was applied."""
        return self.state is SetState.APPLIED

    @property
    def changes(self) -> tuple[ChangeOutcome, ...]:
        """How each change ended, in the order of the set."""
        return tuple(self._outcome_of(change) for change in self.change_set.changes)

    def done(self) -> "Outcome | None":
        """What was achieved of a set that is planned again: its applied part, None if there is none."""
        changes = tuple(item.change for item in self.changes if item.state is ChangeState.APPLIED)
        keys = {change.key for change in changes}
        writes = tuple(item for item in self.writes if item.write.key in keys)
        if not changes:
            return None
        part = replace(self.change_set, changes=changes, writes=tuple(item.write for item in writes))
        return Outcome(change_set=part, state=SetState.APPLIED, writes=writes)

    def explained(self, refusal: Refusal) -> "Outcome":
        """The outcome with the reason why its set was not planned and applied once more."""
        return replace(self, said=f"{self.said}; the new plan is refused: {refusal.message}")

    def _outcome_of(self, change: Change) -> ChangeOutcome:
        ends = [item for item in self.writes if item.write.key == change.key]
        said = next((item.said for item in ends if item.said), self.said)
        state = self._state_of(change.key, {item.state for item in ends})
        return ChangeOutcome(change=change, state=state, said="" if state is ChangeState.APPLIED else said)

    def _state_of(self, key: ObjectKey, ends: set[WriteState]) -> ChangeState:
        if key in self.restored:
            return ChangeState.RESTORED
        if ends == {WriteState.APPLIED}:
            return ChangeState.APPLIED
        if WriteState.FAILED in ends or WriteState.APPLIED in ends:  # deleted and not created again is a failure
            return ChangeState.FAILED
        return ChangeState.SKIPPED if WriteState.SKIPPED in ends else ChangeState.NOT_TRIED


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerOutcome:
    """The worst of what became of an owner's changes, with the words that go with it."""

    owner: Owner
    state: ChangeState
    said: str = ""


_WORST_FIRST = (ChangeState.FAILED, ChangeState.RESTORED, ChangeState.SKIPPED, ChangeState.NOT_TRIED)


def by_owner(outcomes: Iterable[Outcome]) -> tuple[OwnerOutcome, ...]:
    """How each owner fared, in owner order."""
    found: dict[Owner, set[ChangeState]] = {}
    said: dict[Owner, str] = {}
    for outcome in outcomes:
        for item in outcome.changes:
            found.setdefault(item.change.owner, set()).add(item.state)
            said[item.change.owner] = outcome.said or said.get(item.change.owner, "")
    return tuple(
        OwnerOutcome(owner=owner, state=_worst(states), said=said[owner]) for owner, states in sorted(found.items())
    )


def _worst(states: set[ChangeState]) -> ChangeState:
    return next((state for state in _WORST_FIRST if state in states), ChangeState.APPLIED)


class Verdict(StrEnum):
    """What the state of a VirtualService means for the run that changed it."""

    UP = "up"
    IDLE = "idle"
    """Not up, as expected: it is disabled, or has no server."""
    NOT_UP = "not up"
    UNKNOWN = "unknown"
    """The Controller could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A VirtualService that was changed; `idle_because` is empty where it is expected to come up."""

    key: ObjectKey
    owner: Owner
    uuid: str
    idle_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """How it was when the run stopped looking. `state` is the Controller's word (`OPER_UP`), `said` its reason."""

    key: ObjectKey
    owner: Owner
    verdict: Verdict
    state: str = ""
    said: str = ""

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to worry about."""
        return self.verdict in (Verdict.UP, Verdict.IDLE)
