"""What one run is to do, and what it found, planned and did, with its exit code."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sync.errors import ExitCode
from sync.model.cluster import ClusterState
from sync.model.desired import DesiredState, Status
from sync.model.live import LiveState
from sync.model.lock import Record
from sync.model.outcome import ChangeState, Outcome, OwnerOutcome, ServiceState, Verdict, by_owner
from sync.model.plan import CHANGES_OF_HANDS, Action, Change, Edit, Permit, Plan, PlanOptions, Refusal, SavedPlan
from sync.model.problem import Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One Controller and how to log in there. `is_verified` False means that its certificate is not checked.

    `timeout_seconds` is for each answer; after `deadline_seconds` a run begins nothing more. `state_folder` is where
    this machine keeps what runs on it must know of each other, `emulator_file` the state of an embedded emulator.
    """

    controller: str
    username: str = "admin"
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca_bundle: str = ""
    is_verified: bool = True
    timeout_seconds: float = 30.0
    deadline_seconds: float = 3600.0
    parallelism: int = 8
    state_folder: str
    emulator_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What one run is to do, beyond where things are."""

    plan: PlanOptions
    run_id: str
    """Names this run in the lock and in the record of the last run."""
    is_dry: bool = True
    permit: Permit | None = None
    """What lets one plan through that a guard would refuse."""
    saved: SavedPlan | None = None
    """The plan that must still be the plan: else nothing is written."""
    follows_git: bool = True
    """Whether the run makes live follow its commit, so that who wrote last matters; a pause, for one, does not."""
    changes_hands: Action | None = None
    """Where objects change hands and nothing else happens to them: ADOPT or RELEASE."""
    needs_manifests: bool = True
    """Whether the plan depends on what the manifests say, and not only on whose objects are meant."""
    accepts_source: bool = False
    """Whether it may write although the last run read another source."""
    accepts_cluster_name: bool = False
    """Whether it may create everything again although this source has written under another clusterName."""
    wait_seconds: float = 0.0
    """How long to look whether the VirtualServices that were changed come up."""
    accepts_older_commit: bool = False
    """Whether it may write although its commit does not descend from the one that was applied last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run planned and did.

    `statuses` hold what the Controller says of each owner, too. `plan` is None where the source allows none.
    `remaining` is the plan made after applying: empty if live equals desired. `live` is what was read last, None
    where it is not known how things stand.
    """

    desired: DesiredState
    statuses: tuple[Status, ...] = ()
    plan: Plan | None = None
    live: LiveState | None = None
    outcomes: tuple[Outcome, ...] = ()
    remaining: Plan | None = None
    notices: tuple[Problem, ...] = ()
    """What else speaks against writing, where nothing is to be written, and what the cluster did not take."""
    refusals: tuple[Refusal, ...] = ()
    """Why a guard did not let the plan through: then nothing was written."""
    is_stale: bool = False
    """Whether a saved plan was to be applied that no longer fits; `refusals` say what has moved."""
    lost: str = ""
    """Why live could not be read again after applying; empty where it could, or nothing was applied."""
    services: tuple[ServiceState, ...] = ()
    """The state of the changed VirtualServices; empty without `--wait`."""
    locked: str = ""
    """Who holds the lock, or why this run lost it: what is not among the outcomes was not tried."""
    edits: tuple[Edit, ...] = ()
    """Edits of live objects that Git does not decide; only `drift` and `status` look for them."""
    before: LiveState = field(default_factory=LiveState)
    """What `plan` was made against, before anything was written."""
    record: Record = field(default_factory=Record)
    """What earlier runs left on the Controller, as it was read before anything was written."""
    cluster: ClusterState | None = None
    """The cluster that the servers of pools come from; None without one."""
    is_dry: bool = True

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of the source, of the plan and what remains of it, and of the Controller's record, by place.

        What is still wrong after applying is reported with the fix for what is left.
        """
        left = self.remaining.problems if self.remaining is not None else ()
        told = {(problem.resource, problem.message) for problem in left}
        planned = self.plan.problems if self.plan is not None else ()
        first = (problem for problem in planned if (problem.resource, problem.message) not in told)
        found = {*self.desired.problems, *self.notices, *first, *left}
        return tuple(sorted(found, key=lambda problem: problem.sort_key))

    @property
    def down(self) -> tuple[ServiceState, ...]:
        """The VirtualServices that should have come up and did not: all of them where none is up, idle ones too."""
        if not any(service.verdict is Verdict.UP for service in self.services):
            return self.services
        return tuple(service for service in self.services if not service.is_well)

    @property
    def owner_outcomes(self) -> tuple[OwnerOutcome, ...]:
        """How each owner of the plan fared, in owner order; empty where nothing was applied."""
        return by_owner(self.outcomes)

    @property
    def owners_in_trouble(self) -> Mapping[ChangeState, int]:
        """How many owners failed, were restored, were skipped and were not tried."""
        return Counter(item.state for item in self.owner_outcomes if item.state is not ChangeState.APPLIED)

    @property
    def is_only_planned(self) -> bool:
        """Whether nothing was to be written, so that the plan is the whole result."""
        is_locked_out = bool(self.locked) and not self.outcomes
        return self.is_dry or self.plan is None or self.plan.is_empty or bool(self.refusals) or is_locked_out

    @property
    def counts(self) -> Mapping[Action, int]:
        """Objects by action: planned, or applied where the plan was applied. A change of hands only if there is one."""
        found = Counter(change.action for change in self._changes() if not change.is_server_change)
        return {action: found[action] for action in Action if found[action] or action not in CHANGES_OF_HANDS}

    @property
    def moved_pools(self) -> int:
        """How many pools follow the cluster with their servers, and change in nothing else: planned, or applied."""
        return sum(change.is_server_change for change in self._changes())

    def _changes(self) -> Iterator[Change]:
        if self.is_only_planned:
            yield from self.plan.changes if self.plan is not None else ()
            return
        for outcome in self.outcomes:
            yield from (item.change for item in outcome.changes if item.state is ChangeState.APPLIED)

    def exit_code(self, *, is_detailed: bool) -> ExitCode:
        """The exit code (docs/reference.md#exit-codes); 2 only with --detailed-exitcode."""
        if self.lost:
            return ExitCode.UNREACHABLE
        if self.locked:
            return ExitCode.LOCKED
        if self.is_stale:
            return ExitCode.STALE_PLAN
        if self.plan is None or self.desired.exit_code is ExitCode.SOURCE_INVALID:
            return ExitCode.SOURCE_INVALID
        if self.refusals:
            return ExitCode.REFUSED
        has_errors = any(problem.severity is Severity.ERROR for problem in self.problems)
        has_failed = any(not outcome.is_success for outcome in self.outcomes)
        if has_errors or has_failed or self.down or (self.remaining is not None and not self.remaining.is_empty):
            return ExitCode.HELD_OR_FAILED
        if self.is_dry and is_detailed and (self.edits or not self.plan.is_empty):
            return ExitCode.CHANGES_PENDING
        return ExitCode.DONE
