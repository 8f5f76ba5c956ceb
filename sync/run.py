"""What each command does, as a list of hops over the data's way (docs/architecture.md#the-datas-way)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.controller.address import ControllerAddress
from sync.controller.apply import ApplyOptions, apply_plan
from sync.controller.client import ControllerClient, Login
from sync.controller.facts import read_facts
from sync.controller.live import read_live
from sync.controller.lock import Lock, release_from, this_run
from sync.controller.machine_lock import MachineLock
from sync.controller.preflight import look_before_replacing
from sync.controller.record import RecordError, RecordStore
from sync.controller.services import watch_services
from sync.controller.surroundings import read_surroundings
from sync.controller.timing import Timing
from sync.desired import Source, empty_desired, load_source, make_desired, narrowed, offline, with_ignore_rules
from sync.errors import LockedError, LockLostError, SourceError, SyncError, UsageError
from sync.guard import refusals
from sync.guard.ako import ako_still_writes
from sync.guard.limits import beyond_the_first_plan
from sync.guard.naming import may_be_renamed, nothing_desired, other_cluster_name, other_encoding
from sync.guard.writer import Writer, wrong_writer
from sync.model.desired import DesiredState, OwnersInGit
from sync.model.facts import Facts, assumed_facts
from sync.model.live import KeptObject, LiveState
from sync.model.lock import Holder, LastRun, Record
from sync.model.outcome import Outcome, WriteState
from sync.model.plan import ChangeSet, Plan, PlanOptions, Refusal
from sync.model.problem import Problem, Severity
from sync.model.run import Run, RunOptions
from sync.model.selection import Selection
from sync.model.service import Awaited, ServiceState
from sync.model.settings import Settings
from sync.model.target import Target
from sync.model.traffic import Observer, unobserved
from sync.model.wording import did_you_mean
from sync.plan.awaiting import awaited
from sync.plan.make import make_plan
from sync.plan.naming import with_owners_of_git
from sync.plan.saving import moved
from sync.plan.stranded import still_needed
from sync.report.status import statuses_with_live
from sync.source.git.lineage import doubt_of_descent, origin_of
from sync.source.git.source import SourceRequest
from sync.source.git.tree import clean_path
from sync.translate.names import Names
from sync.translate.owners import named_owners
from sync.translate.references import references_of

ROUNDS = 3
"""How often a run plans and applies before it leaves the rest to the next one: others may write at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the command line wants to hear while a run goes on."""

    writing: Callable[[], None] = lambda: None
    """Called before the first write."""
    apply_options: Callable[[Plan], ApplyOptions] = lambda _: ApplyOptions()
    observe: Observer = unobserved
    """Called for every request to the Controller."""
    should_stop: Callable[[], bool] = lambda: False
    """Asked while the run waits for the lock, or for VirtualServices to come up."""
    waiting: Callable[[Sequence[Awaited]], None] = lambda _: None
    """Called before the run waits for VirtualServices to come up."""
    applying: Callable[["Look"], None] = lambda _: None
    """Called with what is about to be applied: once, or more often where others write at the same time."""
    applied: Callable[[tuple[Outcome, ...]], None] = lambda _: None
    """Called with what became of it."""


Planner = Callable[[DesiredState, LiveState, PlanOptions], Plan]
"""What makes the plan of a run: `make_plan`, or what takes over, gives back or pauses."""

Wisher = Callable[["Job"], DesiredState]
"""What tells a planner what is wanted: `desired_of_tree`, or less, for what needs no manifests."""


def desired_of_tree(job: "Job") -> DesiredState:
    """Everything that the tree asks for."""
    facts = _facts(job.client, job.source, job.settings)
    if job.made.desired is None or job.made.facts != facts:
        desired = make_desired(job.source, facts, job.timing.is_over)
        job.made.facts, job.made.desired = facts, with_ignore_rules(desired, job.source, job.asked.plan.now.date())
    return job.made.desired


def desired_of_settings(job: "Job") -> DesiredState:
    """Nothing but whose objects are meant; what is wrong with manifests does not matter."""
    return DesiredState(
        commit=job.source.snapshot.commit,
        cluster=job.settings.cluster,
        objects={},
        in_git=OwnersInGit(named=named_owners(job.source.resources)),
    )


def synchronise(
    request: SourceRequest,
    target: Target,
    hooks: Hooks,
    asked: RunOptions,
    planner: Planner = make_plan,
    wisher: Wisher = desired_of_tree,
) -> Run:
    """Read the source, plan against the live Controller and, unless it is a dry run, apply and read again.

    Whatever `planner` plans passes the same guards, is applied in the same way, and must leave nothing to plan.
    """
    timing = Timing().ending_after(target.deadline_seconds)
    request = replace(request, timeout_seconds=min(request.timeout_seconds, target.deadline_seconds))
    try:
        source = load_source(request, controller=target.controller)
    except SourceError as error:
        return Run(desired=empty_desired(error), is_dry=asked.is_dry)
    settings = source.settings
    if settings is None:
        desired = make_desired(source, None)
        return Run(desired=desired, statuses=desired.statuses, is_dry=asked.is_dry)
    with _client(target, settings, timing, is_read_only=asked.is_dry, observe=hooks.observe) as client:
        job = Job(
            client=client,
            request=request,
            source=source,
            settings=settings,
            asked=asked,
            planner=planner,
            wisher=wisher,
            timing=timing,
        )
        look = _look(job)
        if look.refusals or asked.is_dry or (look.plan.is_empty and not look.takes_over):
            return _run_without_writes(look, asked)
        hooks.writing()
        run = _write(job, look, target, hooks)
        return replace(run, services=_services(job, run, hooks))


def _write(job: "Job", look: "Look", target: Target, hooks: Hooks) -> Run:
    """Take the lock, look again, and apply what there is to do then."""
    me = this_run(job.asked.run_id, job.settings.sync.lock.ttl_seconds)
    try:
        with (
            MachineLock(target.state_folder, controller=target.controller, cluster=job.settings.cluster),
            Lock(job.record_store, me, job.timing, should_stop=hooks.should_stop) as lock,
        ):
            # What was seen before belongs to a time in which others may have written.
            look = _look(job)
            if look.takes_over and look.plan.is_empty and not look.refusals:
                lock.note(_last_run(job.asked, look.writer, lock.record.last))
            if look.refusals or look.plan.is_empty:
                return _run_without_writes(look, job.asked)
            return _apply(job, look, hooks, lock)
    except (LockedError, LockLostError) as error:
        return replace(_run_without_writes(look, job.asked), locked=error.message)
    except RecordError as error:
        refusal = Refusal(message=error.message, fix=error.fix)
        return replace(_run_without_writes(look, job.asked), refusals=(refusal,))


def _services(job: "Job", run: Run, hooks: Hooks) -> tuple[ServiceState, ...]:
    """How the VirtualServices that were changed are doing, if somebody wants to wait for them; without the lock."""
    services = awaited(run.outcomes, run.live) if job.asked.wait_seconds and run.live is not None else ()
    if not services:
        return ()
    hooks.waiting(services)
    return watch_services(
        job.client, services, seconds=job.asked.wait_seconds, timing=job.timing, should_stop=hooks.should_stop
    )


def _run_without_writes(look: "Look", asked: RunOptions) -> Run:
    statuses = statuses_with_live(look.desired, look.plan, look.live)
    return Run(
        desired=look.desired,
        plan=look.plan,
        live=look.live,
        before=look.live,
        statuses=statuses,
        notices=look.notices,
        record=look.record,
        refusals=look.refusals,
        is_stale=look.is_stale,
        is_dry=asked.is_dry,
    )


@dataclass(slots=True, kw_only=True)
class Made:
    """What was desired last, and of which facts: the second look of a run finds the same ones as a rule."""

    facts: Facts | None = None
    desired: DesiredState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run on its way: what it reads from, where it writes to, and what was asked of it."""

    client: ControllerClient
    request: SourceRequest
    source: Source
    settings: Settings
    asked: RunOptions
    planner: Planner
    wisher: Wisher
    timing: Timing
    made: Made = field(default_factory=Made)

    def preflight(self, change_set: ChangeSet) -> None:
        """The last look before a set deletes what it creates anew."""
        look_before_replacing(change_set, self.client, self.settings)

    @property
    def record_store(self) -> RecordStore:
        """Where lock and last run are kept."""
        return record_store(self.client, self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is wanted, what is live, and what would have to change: steps 4 to 9 of the data's way.

    `writer` is this run, as the next one will have to know it. `takes_over` says that it was accepted in the place of
    the last writer, which must be recorded even if nothing else changes: otherwise the next run would be refused.
    """

    desired: DesiredState
    live: LiveState
    plan: Plan
    record: Record
    writer: Writer
    notices: tuple[Problem, ...]
    refusals: tuple[Refusal, ...]
    is_stale: bool
    takes_over: bool


def _look(job: Job) -> Look:
    source, settings, asked = job.source, job.settings, job.asked
    record, notices = _record(job)
    desired = job.wisher(job)
    live = _live(job, desired, record)
    _check_selection(asked.plan.selection, desired, live)
    desired = narrowed(desired, asked.plan.selection)
    renamed = tuple(_other_names(job, desired, live, record)) if asked.follows_git else ()
    plan, live = _planned(job, nothing_desired(desired) if renamed else desired, live, asked.plan)
    refused = refusals(plan, live, settings.sync, asked.permit, source.freeze, asked.plan.now)
    if asked.is_dry:
        notices = (*notices, *map(_notice, renamed))
    else:
        refused = (*refused, *renamed)
    outdated = moved(asked.saved, desired.commit, plan, live) if asked.saved else ()
    writer = Writer(source="", path="", commit="")
    takes_over = False
    accepts = asked.accepts_source or asked.accepts_older_commit
    if asked.follows_git and (accepts or not plan.is_empty):
        writer = _writer(job.request, desired.commit, record.last)
        strangers = wrong_writer(
            record.last,
            writer,
            accepts_source=asked.accepts_source,
            accepts_older_commit=asked.accepts_older_commit,
        )
        takes_over = accepts and not strangers and bool(wrong_writer(record.last, writer))
        if asked.is_dry or plan.is_empty:  # nothing is written, so there is nothing to refuse
            notices = (*notices, *map(_notice, strangers))
        else:
            refused = (*refused, *strangers)
    return Look(
        desired=desired,
        live=live,
        plan=plan,
        record=record,
        writer=writer,
        notices=notices,
        refusals=(*outdated, *refused, *ako_still_writes(plan, live, settings.cluster, job.client.time)),
        is_stale=bool(outdated),
        takes_over=takes_over,
    )


def _other_names(job: Job, desired: DesiredState, live: LiveState, record: Record) -> Iterator[Refusal]:
    """What is live already under the names of another clusterName, or of the other enableEVH."""
    named = desired.in_git.named
    yield from other_encoding(live, named, is_encoded=job.settings.ako.enable_evh)
    if desired.objects and may_be_renamed(live, record) and not job.asked.accepts_cluster_name:
        writer, last_runs = _writer(job.request, desired.commit, None), job.record_store.last_runs_of_others()
        yield from other_cluster_name(live, named, job.settings.cluster, writer, last_runs)


def _live(job: Job, desired: DesiredState, record: Record) -> LiveState:
    """What is live and kept, each object with the owner that Git and its markers tell together."""
    other = record.holder if record.holder is not None and record.holder.run_id != job.asked.run_id else None
    live = replace(read_live(job.client, job.settings), kept=record.kept, holder=str(other or ""))
    return with_owners_of_git(live, desired.in_git.named)


def _planned(job: Job, desired: DesiredState, live: LiveState, options: PlanOptions) -> tuple[Plan, LiveState]:
    """The plan, and what is live with all that the plan depends on: who uses what it deletes is read only then."""
    plan = job.planner(desired, live, options)
    surroundings = read_surroundings(job.client, plan.change_sets, live)
    if surroundings == live.surroundings:
        return plan, live
    live = replace(live, surroundings=surroundings)
    return job.planner(desired, live, options), live


def _record(job: Job) -> tuple[Record, tuple[Problem, ...]]:
    """What earlier runs left for this one; a record that cannot be read is a warning, until something is written."""
    try:
        stored = job.record_store.read()
    except RecordError as error:
        return Record(), (_notice(Refusal(message=error.message, fix=error.fix)),)
    record = stored.record if stored else Record()
    if record.holder is None or not job.asked.is_dry:
        return record, ()
    busy = f"{record.holder} holds the lock, for {record.holder.age_text}: what is seen now may be half done"
    return record, (_notice(Refusal(message=busy, fix="look again when that run has ended")),)


def _notice(refusal: Refusal) -> Problem:
    """What would speak against writing, where nothing is written."""
    return Problem(severity=Severity.WARNING, message=refusal.message, fix=refusal.fix)


def _writer(request: SourceRequest, commit: str, last: LastRun | None) -> Writer:
    is_new = last is not None and commit not in ("", last.commit)
    return Writer(
        source=origin_of(request),
        path=clean_path(request.path),
        commit=commit,
        doubt=doubt_of_descent(request, commit, last.commit) if last is not None and is_new else None,
    )


def _check_selection(selection: Selection, desired: DesiredState, live: LiveState) -> None:
    """An owner that is neither in Git nor live is a typo, not something to delete."""
    known = {item.owner for item in (*desired, *desired.held)} | desired.in_git.named
    known |= {item.owner for item in live if item.owner is not None}
    for owner in sorted(selection.owners - known):
        names = [f"{each.kind}/{each.namespace}/{each.name}" for each in sorted(known)]
        wanted = f"{owner.kind}/{owner.namespace}/{owner.name}"
        raise UsageError(f"--only {wanted} is neither in Git nor on the Controller", fix=did_you_mean(wanted, names))


def _apply(job: Job, look: Look, hooks: Hooks, lock: Lock) -> Run:
    """Apply the plan, read again, and plan again: what remains is what was not achieved.

    Owners that somebody else changed meanwhile are planned and applied once more, as far as a guard lets it pass and it
    takes down nobody whom the first plan did not take down. A saved plan is applied as it is, once.
    """
    outcomes: tuple[Outcome, ...] = ()
    desired, live, todo, remaining = look.desired, look.live, look.plan, look.plan
    run = Run(
        desired=desired, statuses=desired.statuses, plan=look.plan, before=look.live, notices=look.notices, is_dry=False
    )
    last = lock.record.last
    lock.begin(_last_run(job.asked, look.writer, last), _still_needed(job.asked, look))
    for rounds_left in reversed(range(1 if job.asked.saved else ROUNDS)):
        hooks.applying(replace(look, plan=todo, live=live))
        options = _under(lock, replace(hooks.apply_options(todo), timing=job.timing, preflight=job.preflight))
        done = apply_plan(todo, job.client, options)
        hooks.applied(done)
        outcomes = (*outcomes, *done)
        try:
            live = _live(job, desired, lock.record)
        except SyncError as error:
            return replace(run, outcomes=outcomes, lost=str(error), locked=lock.lost)
        remaining, live = _planned(job, desired, live, replace(job.asked.plan, retry_refused=False))
        todo = remaining.only({owner for item in done if item.is_stale for owner in item.change_set.owners})
        if refused := _refused_again(job, look, todo, live):
            outcomes = tuple(item.explained(refused[0]) if item.is_stale else item for item in outcomes)
            break
        if todo.is_empty or rounds_left:
            outcomes = tuple(part for item in outcomes if (part := item.done() if item.is_stale else item))
        if lock.lost or todo.is_empty:
            break
    if not any(write.state is WriteState.APPLIED for item in outcomes for write in item.writes):
        with suppress(SyncError):  # it stays noted as one that may have changed something
            lock.note(last)
    statuses = statuses_with_live(desired, remaining, live, outcomes)
    return replace(run, statuses=statuses, live=live, outcomes=outcomes, remaining=remaining, locked=lock.lost)


def _still_needed(asked: RunOptions, look: Look) -> tuple[KeptObject, ...]:
    """What is stored in case of a crash, less what this run knows to be of no use any more."""
    wanted = {item.owner_name for item in look.desired} | {item.name for item in look.plan.held}
    is_everything = asked.follows_git and asked.plan.selection.is_everything
    return still_needed(look.live, frozenset(wanted), is_everything=is_everything)


def _last_run(asked: RunOptions, writer: Writer, before: LastRun | None) -> LastRun | None:
    """What the next run must know of this one; a run that does not follow Git changes nothing about the commit."""
    time = f"{asked.plan.now:%Y-%m-%dT%H:%M:%SZ}"
    if not asked.follows_git:
        return before and replace(before, time=time, run_id=asked.run_id)
    return LastRun(source=writer.source, path=writer.path, commit=writer.commit, time=time, run_id=asked.run_id)


def _refused_again(job: Job, look: Look, todo: Plan, live: LiveState) -> tuple[Refusal, ...]:
    """What speaks against applying a plan that was made anew in the middle of a run.

    A permit for the first plan holds for what is left of it.
    """
    asked, sync = job.asked, job.settings.sync
    permit = replace(asked.permit, digest=todo.digest) if asked.permit else None
    return (
        *beyond_the_first_plan(look.plan, look.live, todo, live),
        *refusals(todo, live, sync, permit, job.source.freeze, asked.plan.now),
    )


def _under(lock: Lock, options: ApplyOptions) -> ApplyOptions:
    """The options with the lock behind them: nothing is written without it, and nothing deleted that is not kept."""

    def keep(change_set: ChangeSet) -> None:
        group = str(change_set.owners[0])
        lock.keep([KeptObject(group=group, before=item) for item in change_set.replaced])

    def drop(change_set: ChangeSet) -> None:
        lock.drop({item.key for item in change_set.replaced} | change_set.resumes.keys())

    return replace(options, confirm_hold=lock.confirm, keep=keep, drop=drop)


def record_store(client: ControllerClient, settings: Settings) -> RecordStore:
    """Where lock and last run of a cluster are kept."""
    names = Names(cluster=settings.cluster, is_encoded=settings.ako.enable_evh)
    return RecordStore(client, tenant=settings.controller.tenant_name, names=names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a tree asks for and what is live, with no plan between them; `live` is None without a Controller."""

    source: Source
    settings: Settings
    facts: Facts
    desired: DesiredState
    live: LiveState | None


def look_at(request: SourceRequest, target: Target, now: datetime, observe: Observer = unobserved) -> Sight:
    """The tree and the Controller as they are; raises SourceError where the tree cannot be used."""
    source, settings = _usable(request, target.controller)
    timing = Timing().ending_after(target.deadline_seconds)
    with _client(target, settings, timing, is_read_only=True, observe=observe) as client:
        facts = _facts(client, source, settings)
        live = read_live(client, settings)
    desired = with_ignore_rules(make_desired(source, facts, timing.is_over), source, now.date())
    live = with_owners_of_git(live, desired.in_git.named)
    return Sight(source=source, settings=settings, facts=facts, desired=desired, live=live)


def look_at_tree(request: SourceRequest, facts: Facts | None, now: datetime, timing: Timing) -> Sight:
    """The tree alone, with what a Controller would tell or what is assumed of it."""
    source, settings = _usable(request)
    facts = facts or assumed_facts(settings.controller.cloud_name)
    desired = offline(with_ignore_rules(make_desired(source, facts, timing.is_over), source, now.date()))
    return Sight(source=source, settings=settings, facts=facts, desired=desired, live=None)


def read_facts_of(request: SourceRequest, target: Target) -> Facts:
    """What the Controller tells about what the tree refers to."""
    source, settings = _usable(request, target.controller)
    timing = Timing().ending_after(target.deadline_seconds)
    with _client(target, settings, timing, is_read_only=True) as client:
        return _facts(client, source, settings)


def read_record_of(request: SourceRequest, target: Target) -> tuple[str, Record]:
    """The name of the lock of the tree's cluster, and what is recorded there."""
    _, settings = _usable(request, target.controller)
    timing = Timing().ending_after(target.deadline_seconds)
    with _client(target, settings, timing, is_read_only=True) as client:
        store = record_store(client, settings)
        stored = store.read()
        return store.name, stored.record if stored else Record()


def release_lock(request: SourceRequest, target: Target, holder: Holder) -> None:
    """Take the lock away from this holder; raises LockedError if another one has it by now."""
    _, settings = _usable(request, target.controller)
    timing = Timing().ending_after(target.deadline_seconds)
    with _client(target, settings, timing, is_read_only=False) as client:
        release_from(record_store(client, settings), holder.run_id)


def _usable(request: SourceRequest, controller: str = "") -> tuple[Source, Settings]:
    """The source with its settings; raises SourceError where they cannot be used."""
    source = load_source(request, controller=controller)
    if source.settings is None:
        first = make_desired(source, None).problems[0]
        raise SourceError(first.message, where=f"{first.file}:{first.line}" if first.file else "", fix=first.fix)
    return source, source.settings


def _facts(client: ControllerClient, source: Source, settings: Settings) -> Facts:
    references = references_of(source.resources, settings)
    return read_facts(client, cloud_name=settings.controller.cloud_name, references=references)


def _client(
    target: Target, settings: Settings, timing: Timing, *, is_read_only: bool, observe: Observer = unobserved
) -> ControllerClient:
    return ControllerClient(
        ControllerAddress.of(target),
        Login.of(target),
        version=settings.controller.controller_version,
        read_only=is_read_only,
        max_connections=max(target.parallelism, 4) + 1,  # the lock beats while all others are busy
        observe=observe,
        timing=timing,
    )
