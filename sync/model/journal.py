"""The story of runs: what is written down of each as it happens, and what can be told from it later.

An event is one line of a journal. Bodies are as they may be shown: secrets are not in them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sync.errors import ExitCode
from sync.model.desired import ObjectKey, Owner
from sync.model.outcome import ChangeState, WriteState
from sync.model.plan import Action, FieldChange, Method

SCHEMA_VERSION = 1

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan:
    """A run is about to write, or ended in a way that somebody may ask about.

    `source` is the normalised URL of the repository, without credentials. `actor` is `user@host`, or whom the CI says
    it runs for.
    """

    event: Literal["begin"] = "begin"
    schema_version: int = SCHEMA_VERSION
    run: str
    time: datetime
    command: str
    actor: str
    controller: str
    cluster: str
    source: str
    path: str
    commit: str
    digest: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlanned:
    """One object is about to change. Written before the first request, so that no crash can hide a change.

    `before` is the live body, `after` what will be sent; None where there is no object.
    """

    event: Literal["change"] = "change"
    run: str
    time: datetime
    action: Action
    key: ObjectKey
    owner: Owner
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()
    before: Body | None = field(default=None, repr=False)
    after: Body | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteEnded:
    """One request is over; `said` is the Controller's own text where it failed."""

    event: Literal["write"] = "write"
    run: str
    time: datetime
    method: Method
    key: ObjectKey
    state: WriteState
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEnded:
    """What became of one object, told when all that belongs together with it is over."""

    event: Literal["outcome"] = "outcome"
    run: str
    time: datetime
    key: ObjectKey
    state: ChangeState
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run is over. `counts` are objects by action, `troubles` what went wrong, in words."""

    event: Literal["end"] = "end"
    run: str
    time: datetime
    exit_code: ExitCode
    counts: Mapping[str, int]
    held: int = 0
    troubles: tuple[str, ...] = ()


Event = RunBegan | ChangePlanned | WriteEnded | ChangeEnded | RunEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """One object that a run changed, or meant to. `state` is None where the run broke off: nobody knows."""

    action: Action
    key: ObjectKey
    owner: Owner
    reason: str
    fields: tuple[FieldChange, ...] = ()
    state: ChangeState | None = None
    said: str = ""
    before: Body | None = field(default=None, repr=False)
    after: Body | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """One run. `ended` is None where it broke off, or goes on."""

    began: RunBegan
    changes: tuple[RecordedChange, ...] = ()
    ended: RunEnded | None = None

    @property
    def run(self) -> str:
        """Its id."""
        return self.began.run

    @property
    def is_success(self) -> bool:
        """Whether it did all that was asked of it."""
        return self.ended is not None and self.ended.exit_code in (ExitCode.DONE, ExitCode.CHANGES_PENDING)

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many objects it changed, by action."""
        if self.ended is not None:
            return {action: self.ended.counts.get(action.value, 0) for action in Action}
        done = [change.action for change in self.changes if change.state is ChangeState.APPLIED]
        return {action: done.count(action) for action in Action}


def recorded_runs(events: Iterable[Event]) -> tuple[RecordedRun, ...]:
    """The runs that events tell of, in the order in which they began; an event without its beginning is left out."""
    began: dict[str, RunBegan] = {}
    others: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if isinstance(event, RunBegan):
            began.setdefault(event.run, event)
        else:
            others[event.run].append(event)
    runs = (_recorded(first, others[run]) for run, first in began.items())
    return tuple(sorted(runs, key=lambda run: (run.began.time, run.run)))


def _recorded(began: RunBegan, events: Iterable[Event]) -> RecordedRun:
    """A run from its events. A change that was planned twice began with the first and ended with the last plan."""
    changes: dict[ObjectKey, RecordedChange] = {}
    ended = None
    for event in events:
        match event:
            case ChangePlanned():
                changes[event.key] = _planned(event, changes.get(event.key))
            case WriteEnded() if event.key in changes:
                changes[event.key] = _written(changes[event.key], event)
            case ChangeEnded() if event.key in changes:
                changes[event.key] = replace(changes[event.key], state=event.state, said=event.said)
            case RunEnded():
                ended = event
    return RecordedRun(began=began, changes=tuple(changes.values()), ended=ended)


def _planned(event: ChangePlanned, earlier: RecordedChange | None) -> RecordedChange:
    happened = earlier is not None and earlier.state in (ChangeState.APPLIED, None)
    return RecordedChange(
        action=event.action,
        key=event.key,
        owner=event.owner,
        reason=event.reason,
        fields=event.fields,
        before=earlier.before if earlier is not None and happened else event.before,
        after=event.after,
    )


def _written(change: RecordedChange, event: WriteEnded) -> RecordedChange:
    """A replaced object is changed with its second write only: between the two there is none."""
    if event.state is WriteState.FAILED:
        return replace(change, state=ChangeState.FAILED, said=event.said)
    is_half = change.action is Action.REPLACE and event.method is Method.DELETE
    return change if is_half else replace(change, state=ChangeState.APPLIED, said="")
