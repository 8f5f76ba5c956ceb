"""How a run ended, for metrics, a webhook and a termination message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from sync.errors import ExitCode
from sync.model.run import Run

K = TypeVar("K")


class Phase(StrEnum):
    """The parts of a run that are timed: until the first write, and from it on."""

    PLAN = "plan"
    APPLY = "apply"


class SyncState(StrEnum):
    """The state of a target after a run."""

    IN_SYNC = "in sync"
    DRIFT = "drift"
    """The Controller differs from Git, and this run was not meant to write."""
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Requests to the Controller, by method and status, and repetitions, by trouble."""

    requests: Mapping[tuple[str, str], int] = field(default_factory=dict)
    repetitions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One run that is over. `run` is None where an error ended it before there was a result; `error` says which.

    Times are seconds since 1970.
    """

    target: str
    exit_code: ExitCode
    ended: float
    seconds: Mapping[Phase, float]
    run: Run | None = None
    error: str = ""
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def is_success(self) -> bool:
        """Whether the run did everything that it should."""
        return self.exit_code in (ExitCode.DONE, ExitCode.CHANGES_PENDING)

    @property
    def sync_state(self) -> SyncState | None:
        """None if the run was stopped or left to another one: the state is unknown then."""
        if self.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.LOCKED):
            return None
        if not self.is_success:
            return SyncState.FAILING
        run = self.run if self.run is not None and self.run.is_dry else None
        is_drift = run is not None and run.plan is not None and bool(run.edits or run.plan.reviewed)
        return SyncState.DRIFT if is_drift else SyncState.IN_SYNC


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known of earlier runs with the same target. It is safe to lose."""

    sync_state: SyncState | None = None
    """The state that was reported last, or would have been if requested."""
    last_success: float | None = None
    last_cluster_read: float | None = None
    """When a cluster that tells servers was last read as a whole; None where none does."""
    traffic: Traffic = field(default_factory=Traffic)
    """Since the memory began."""


class Topic(StrEnum):
    """The topic of a message."""

    FAILING = "failing"
    DRIFT = "drift"
    RECOVERED = "recovered"


def topic_of(before: SyncState | None, now: SyncState | None) -> Topic | None:
    """The message for a change of state; the very first run reports only failures."""
    if now is None or now is before:
        return None
    match now:
        case SyncState.FAILING:
            return Topic.FAILING
        case SyncState.DRIFT:
            return Topic.DRIFT if before is not None else None
        case SyncState.IN_SYNC:
            return Topic.RECOVERED if before is not None else None


def remembered(before: Memory, ending: Ending, *, is_told: bool) -> Memory:
    """The memory for the next run. A state that could not be reported is left out, and reported then."""
    keeps = ending.sync_state is None or not is_told
    return Memory(
        sync_state=before.sync_state if keeps else ending.sync_state,
        last_success=ending.ended if ending.is_success else before.last_success,
        last_cluster_read=_last_cluster_read(before, ending.run),
        traffic=Traffic(
            requests=_sum(before.traffic.requests, ending.traffic.requests),
            repetitions=_sum(before.traffic.repetitions, ending.traffic.repetitions),
        ),
    )


def _last_cluster_read(before: Memory, run: Run | None) -> float | None:
    if run is None or (run.cluster is None and not run.desired.objects):
        return before.last_cluster_read  # it did not come so far, or needed no manifests
    if run.cluster is None:
        return None
    return before.last_cluster_read if run.cluster.unread else run.cluster.read_at.timestamp()


def _sum(first: Mapping[K, int], second: Mapping[K, int]) -> dict[K, int]:
    return {key: first.get(key, 0) + second.get(key, 0) for key in {**first, **second}}
