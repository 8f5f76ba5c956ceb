"""One run as a pipeline: read → desired → live → plan → guard → apply → verify (docs/architecture.md#the-pipeline)."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from sync.admission import Admission, admit, admit_again, check_selection, notice, other_names
from sync.backends import NO_PLACE, is_same, read_back_ends, with_back_ends
from sync.cluster.place import ClusterPlace
from sync.cluster_status import write_back
from sync.context import Assessment, Hooks, Planner, RunContext, open_client, read_facts_for
from sync.controller.apply import ApplyOptions, apply_plan
from sync.controller.live import read_live
from sync.controller.lock import Lock, this_run
from sync.controller.machine_lock import MachineLock
from sync.controller.preflight import check_before_replacing
from sync.controller.record import RecordError
from sync.controller.services import watch_services
from sync.controller.surroundings import read_surroundings
from sync.desired import (
    empty_desired,
    load_source,
    make_desired,
    narrowed,
    owners_in_git,
    with_ignore_rules,
)
from sync.errors import LockedError, LockLostError, SourceError, SyncError
from sync.guard.naming import nothing_desired
from sync.guard.writer import Writer
from sync.model.cluster import ClusterState
from sync.model.desired import DesiredState
from sync.model.facts import Facts
from sync.model.live import Backup, LiveState
from sync.model.lock import LastRun, Record
from sync.model.outcome import Outcome, ServiceState, WriteState
from sync.model.plan import ChangeSet, Plan, PlanOptions, Refusal
from sync.model.problem import Problem
from sync.model.run import Run, RunOptions, Target
from sync.plan.awaiting import awaited
from sync.plan.make import make_plan
from sync.plan.naming import with_owners_of_git
from sync.plan.rollouts import is_unsettled
from sync.plan.stranded import still_needed
from sync.report.kubernetes_status import statuses_with_live
from sync.source.git.source import SourceRequest
from sync.timing import Timing

_STEP_SECONDS = 0.2
"""How often a wait looks whether the run is to stop."""

ROUNDS = 3
"""How often a run plans and applies before it leaves the rest to the next one: others may write at the same time."""


def synchronise(
    request: SourceRequest,
    target: Target,
    hooks: Hooks,
    options: RunOptions,
    planner: Planner = make_plan,
    cluster: ClusterPlace = NO_PLACE,
) -> Run:
    """Read the source, plan against the live Controller and, unless it is a dry run, apply and verify.

    Every plan, of any `planner`, passes the same guards, is applied in the same way, and must leave nothing to plan.
    """
    timing = Timing().ending_after(target.deadline_seconds)
    request = replace(request, timeout_seconds=min(request.timeout_seconds, target.deadline_seconds))
    try:
        source = load_source(request, controller=target.controller)
    except SourceError as error:
        return Run(desired=empty_desired(error), is_dry=options.is_dry)
    settings = source.settings
    if settings is None:
        desired = make_desired(source, None)
        return Run(desired=desired, statuses=desired.statuses, is_dry=options.is_dry)
    with open_client(target, settings, timing, is_read_only=options.is_dry, observe=hooks.observe) as client:
        context = RunContext(
            request=request,
            source=source,
            settings=settings,
            options=options,
            planner=planner,
            cluster=cluster,
            client=client,
            timing=timing,
            hooks=hooks,
        )
        run = _run(context, target)
    told = write_back(run, options, settings.sync, cluster, timing, location=request.location)
    return replace(run, notices=(*run.notices, *told))


def _run(context: RunContext, target: Target) -> Run:
    seen = _assess(context)
    admission = admit(context, seen)
    if context.options.is_dry or admission.refusals or (seen.plan.is_empty and not admission.takes_over):
        return _result(context, seen, admission)
    context.hooks.writing()
    run = _write(context, seen, admission, target)
    return replace(run, services=_services(context, run))


def _assess(context: RunContext, before: Assessment | None = None) -> Assessment:
    """Desired, live and plan as of now; with the facts of `before`, an earlier one, its desired state is reused."""
    options = context.options
    record, notices = _read_record(context)
    cluster, facts, desired = _desired(context, before)
    live = _read_live(context, desired, record)
    has_waited = before is not None and before.has_waited
    if not has_waited and _is_worth_waiting(context, desired, live, cluster):
        has_waited = True
        _wait(context)
        cluster, facts, desired = _desired(context, before)
    check_selection(options.plan.selection, desired, live)
    desired = narrowed(desired, options.plan.selection)
    renamed = tuple(other_names(context, desired, live, record))
    plan, live = _plan(context, nothing_desired(desired) if renamed else desired, live, options.plan)
    return Assessment(
        cluster=cluster,
        has_waited=has_waited,
        facts=facts,
        desired=desired,
        live=live,
        plan=plan,
        record=record,
        notices=notices,
        renamed=renamed,
    )


def _is_worth_waiting(
    context: RunContext, desired: DesiredState, live: LiveState, cluster: ClusterState | None
) -> bool:
    """Whether a second look at the cluster may show another picture; a file that stands in for it does not change."""
    return context.cluster.state_file is None and is_unsettled(desired, live, cluster)


def _wait(context: RunContext) -> None:
    """A moment for the rollout to go on, less if the run is stopped or its deadline comes."""
    timing = context.timing
    ends_at = min(timing.now() + context.cluster.rollout_wait_seconds, timing.ends_at)
    while (left := ends_at - timing.now()) > 0 and not context.hooks.should_stop():
        timing.sleep(min(left, _STEP_SECONDS))


def _read_record(context: RunContext) -> tuple[Record, tuple[Problem, ...]]:
    """The record of earlier runs. If it cannot be read, that is a warning, and an error once something is written."""
    try:
        stored = context.record_store.read()
    except RecordError as error:
        return Record(), (notice(Refusal(message=error.message, fix=error.fix)),)
    record = stored.record if stored else Record()
    if record.holder is None or not context.options.is_dry:
        return record, ()
    busy = f"{record.holder} holds the lock, for {record.holder.age_text}: this plan may show a change in progress"
    return record, (notice(Refusal(message=busy, fix="run again after it has ended")),)


def _desired(context: RunContext, before: Assessment | None) -> tuple[ClusterState | None, Facts | None, DesiredState]:
    """The desired state, and the cluster and the facts behind it."""
    source, options = context.source, context.options
    if not options.needs_manifests:
        return None, None, owners_in_git(source, context.settings)
    now = options.plan.now
    cluster = read_back_ends(source, context.cluster, context.timing, location=context.request.location)
    followed = with_back_ends(source, cluster, context.cluster, now, writes=not options.is_dry)
    facts = read_facts_for(source, context.settings, context.client)
    if before is not None and before.facts == facts and is_same(before.cluster, cluster):
        return cluster, facts, before.desired
    desired = make_desired(followed, facts, context.timing.is_over)
    return cluster, facts, with_ignore_rules(desired, source, now.date())


def _read_live(context: RunContext, desired: DesiredState, record: Record) -> LiveState:
    """Live objects and backups, each with its owner according to Git and its markers."""
    other = record.holder if record.holder is not None and record.holder.run_id != context.options.run_id else None
    live = replace(read_live(context.client, context.settings), backups=record.backups, holder=str(other or ""))
    return with_owners_of_git(live, desired.in_git.named)


def _plan(context: RunContext, desired: DesiredState, live: LiveState, options: PlanOptions) -> tuple[Plan, LiveState]:
    """The plan, and the live state with the surroundings of what it deletes, which are read only if needed."""
    plan = context.planner(desired, live, options)
    surroundings = read_surroundings(context.client, plan.change_sets, live)
    if surroundings == live.surroundings:
        return plan, live
    live = replace(live, surroundings=surroundings)
    return context.planner(desired, live, options), live


def _result(context: RunContext, seen: Assessment, admission: Admission) -> Run:
    """The result of a run that writes nothing."""
    return Run(
        desired=seen.desired,
        plan=seen.plan,
        live=seen.live,
        before=seen.live,
        statuses=statuses_with_live(seen.desired, seen.plan, seen.live),
        notices=(*seen.notices, *admission.notices),
        record=seen.record,
        cluster=seen.cluster,
        refusals=admission.refusals,
        is_stale=admission.is_stale,
        is_dry=context.options.is_dry,
    )


def _write(context: RunContext, seen: Assessment, admission: Admission, target: Target) -> Run:
    """Take the lock, assess again, and apply what there is to do then."""
    me = this_run(context.options.run_id, context.settings.sync.lock.ttl_seconds)
    try:
        with (
            MachineLock(target.state_folder, controller=target.controller, cluster=context.settings.cluster),
            Lock(context.record_store, me, context.timing, should_stop=context.hooks.should_stop) as lock,
        ):
            # Others may have written since the first assessment.
            seen = _assess(context, seen)
            admission = admit(context, seen)
            if admission.takes_over and seen.plan.is_empty and not admission.refusals:
                lock.note(_last_run(context.options, admission.writer, lock.record.last))
            if admission.refusals or seen.plan.is_empty:
                return _result(context, seen, admission)
            return _apply(context, seen, admission, lock)
    except (LockedError, LockLostError) as error:
        return replace(_result(context, seen, admission), locked=error.message)
    except RecordError as error:
        refusal = Refusal(message=error.message, fix=error.fix)
        return replace(_result(context, seen, admission), refusals=(refusal,))


def _apply(context: RunContext, seen: Assessment, admission: Admission, lock: Lock) -> Run:
    """Apply the plan, then verify: read and plan again. What remains was not achieved.

    Owners that were changed by others meanwhile are planned and applied again, if the guards allow it and the new plan
    takes down no other owners than the first one. A saved plan is applied as it is, once.
    """
    hooks, options, last = context.hooks, context.options, lock.record.last
    run = _result(context, seen, admission)
    outcomes: tuple[Outcome, ...] = ()
    live, todo, remaining = seen.live, seen.plan, seen.plan
    lock.begin(_last_run(options, admission.writer, last), _still_needed(options, seen))
    for rounds_left in reversed(range(1 if options.saved else ROUNDS)):
        hooks.applying(replace(seen, plan=todo, live=live))
        done = apply_plan(todo, context.client, _apply_options(context, lock, todo))
        hooks.applied(done)
        outcomes = (*outcomes, *done)
        try:
            remaining, live = _verify(context, seen.desired, lock.record)
        except SyncError as error:
            statuses = seen.desired.statuses
            return replace(run, statuses=statuses, live=None, outcomes=outcomes, lost=str(error), locked=lock.lost)
        todo = remaining.only({owner for item in done if item.is_stale for owner in item.change_set.owners})
        if refused := admit_again(context, seen, todo, live):
            outcomes = tuple(item.explained(refused[0]) if item.is_stale else item for item in outcomes)
            break
        if todo.is_empty or rounds_left:
            outcomes = tuple(_achieved(outcomes))
        if lock.lost or todo.is_empty:
            break
    if not any(write.state is WriteState.APPLIED for item in outcomes for write in item.writes):
        with suppress(SyncError):  # then it stays recorded as a run that may have changed something
            lock.note(last)
    statuses = statuses_with_live(seen.desired, remaining, live, outcomes)
    return replace(run, statuses=statuses, live=live, outcomes=outcomes, remaining=remaining, locked=lock.lost)


def _verify(context: RunContext, desired: DesiredState, record: Record) -> tuple[Plan, LiveState]:
    """The remaining plan and the live state after writing."""
    live = _read_live(context, desired, record)
    return _plan(context, desired, live, replace(context.options.plan, retry_refused=False))


def _achieved(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """The outcomes; of a set that is planned again, only what was applied."""
    for outcome in outcomes:
        settled = outcome.done() if outcome.is_stale else outcome
        if settled is not None:
            yield settled


def _still_needed(options: RunOptions, seen: Assessment) -> tuple[Backup, ...]:
    """The backups, without those that are no longer needed."""
    in_git = {item.owner_name for item in seen.desired} | {item.name for item in seen.plan.held}
    is_everything = options.follows_git and options.plan.selection.is_everything
    return still_needed(seen.live, frozenset(in_git), is_everything=is_everything)


def _last_run(options: RunOptions, writer: Writer | None, before: LastRun | None) -> LastRun | None:
    """This run as the record shows it; a run that does not follow Git keeps the last commit."""
    time = f"{options.plan.now:%Y-%m-%dT%H:%M:%SZ}"
    if writer is None:
        return before and replace(before, time=time, run_id=options.run_id)
    return LastRun(source=writer.source, path=writer.path, commit=writer.commit, time=time, run_id=options.run_id)


def _apply_options(context: RunContext, lock: Lock, plan: Plan) -> ApplyOptions:
    """Options that tie every write to the lock, and every delete in a replace to a backup."""

    def back_up(change_set: ChangeSet) -> None:
        group = str(change_set.owners[0])
        lock.back_up([Backup(group=group, before=item) for item in change_set.replaced])

    def drop(change_set: ChangeSet) -> None:
        lock.drop({item.key for item in change_set.replaced} | change_set.resumes.keys())

    def preflight(change_set: ChangeSet) -> None:
        check_before_replacing(change_set, context.client, context.settings)

    return replace(
        context.hooks.apply_options(plan),
        timing=context.timing,
        preflight=preflight,
        confirm_hold=lock.confirm,
        back_up=back_up,
        drop=drop,
    )


def _services(context: RunContext, run: Run) -> tuple[ServiceState, ...]:
    """The state of the changed VirtualServices, after waiting for them if requested; without the lock."""
    seconds, hooks = context.options.wait_seconds, context.hooks
    services = awaited(run.outcomes, run.live) if seconds and run.live is not None else ()
    if not services:
        return ()
    hooks.waiting(services)
    return watch_services(
        context.client, services, seconds=seconds, timing=context.timing, should_stop=hooks.should_stop
    )
