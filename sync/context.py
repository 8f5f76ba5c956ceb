"""The context of one run and its assessment: values that its steps pass on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync.cluster.place import ClusterPlace
from sync.controller.address import ControllerAddress
from sync.controller.apply import ApplyOptions
from sync.controller.client import ControllerClient, Login
from sync.controller.facts import read_facts
from sync.controller.record import RecordStore
from sync.desired import Source
from sync.model.cluster import ClusterState
from sync.model.desired import DesiredState
from sync.model.facts import Facts
from sync.model.live import LiveState
from sync.model.lock import Record
from sync.model.outcome import Awaited, Outcome
from sync.model.plan import Plan, PlanOptions, Refusal
from sync.model.problem import Problem
from sync.model.run import RunOptions, Target
from sync.model.settings import Settings
from sync.model.traffic import Observer, unobserved
from sync.source.git.source import SourceRequest
from sync.timing import Timing
from sync.translate.names import Names
from sync.translate.references import references_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is desired, what is live, and what has to change."""

    cluster: ClusterState | None
    """The cluster that servers come from; None without one."""
    has_waited: bool
    """Whether the cluster was read a second time, because the first look was in the middle of a rollout."""
    facts: Facts | None
    """The facts behind `desired`; None if it needs none."""
    desired: DesiredState
    live: LiveState
    plan: Plan
    record: Record
    """What earlier runs left on the Controller."""
    notices: tuple[Problem, ...]
    """Why this assessment may be wrong: a record that cannot be read, or another run that is writing."""
    renamed: tuple[Refusal, ...]
    """Why nothing is planned: objects are live under other names."""


Planner = Callable[[DesiredState, LiveState, PlanOptions], Plan]
"""The function that plans a run: `make_plan`, or that of adopt, release or pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Callbacks of the command line during a run."""

    writing: Callable[[], None] = lambda: None
    """Called before the first write."""
    apply_options: Callable[[Plan], ApplyOptions] = lambda _: ApplyOptions()
    observe: Observer = unobserved
    """Called for every request to the Controller."""
    should_stop: Callable[[], bool] = lambda: False
    """Called while the run waits for the lock, or for VirtualServices to come up."""
    waiting: Callable[[Sequence[Awaited]], None] = lambda _: None
    """Called before the run waits for VirtualServices to come up."""
    applying: Callable[[Assessment], None] = lambda _: None
    """Called with what is about to be applied: once, or more often if others write at the same time."""
    applied: Callable[[tuple[Outcome, ...]], None] = lambda _: None
    """Called with its outcomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run: its source, its options, and its Controller."""

    request: SourceRequest
    source: Source
    settings: Settings
    options: RunOptions
    planner: Planner
    cluster: ClusterPlace
    client: ControllerClient
    timing: Timing
    hooks: Hooks

    @property
    def record_store(self) -> RecordStore:
        """The store of lock and last run."""
        return record_store(self.client, self.settings)


def open_client(
    target: Target, settings: Settings, timing: Timing, *, is_read_only: bool, observe: Observer = unobserved
) -> ControllerClient:
    """A client of this Controller; it logs in when it is entered."""
    return ControllerClient(
        ControllerAddress.of(target),
        Login.of(target),
        version=settings.controller.controller_version,
        read_only=is_read_only,
        max_connections=max(target.parallelism, 4) + 1,  # the lock beats while all others are busy
        observe=observe,
        timing=timing,
    )


def record_store(client: ControllerClient, settings: Settings) -> RecordStore:
    """Where lock and last run of a cluster are kept."""
    names = Names(cluster=settings.cluster, is_encoded=settings.ako.enable_evh)
    return RecordStore(client, tenant=settings.controller.tenant_name, names=names)


def read_facts_for(source: Source, settings: Settings, client: ControllerClient) -> Facts:
    """The Controller's facts about what the source refers to."""
    references = references_of(source.resources, settings)
    return read_facts(client, cloud_name=settings.controller.cloud_name, references=references)
