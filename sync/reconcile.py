"""What each command does, as a list of hops over the data's way (DESIGN §4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sync.controller.address import ControllerAddress
from sync.controller.apply import ApplyOptions, apply_plan
from sync.controller.client import ControllerClient, Login
from sync.controller.facts import read_facts
from sync.controller.live import read_live
from sync.controller.lock import Lock, this_run
from sync.controller.machine_lock import MachineLock
from sync.controller.record import RecordStore
from sync.controller.timing import Timing
from sync.errors import LockedError, SourceError, SyncError, UsageError
from sync.guard import refusals
from sync.model.desired import DesiredState
from sync.model.facts import Facts
from sync.model.live import LiveState
from sync.model.lock import KeptObject
from sync.model.outcome import Outcome
from sync.model.plan import ChangeSet, Plan, PlanOptions, Refusal
from sync.model.run import Run, RunOptions, Wish
from sync.model.selection import Selection
from sync.model.settings import Settings
from sync.model.target import Target
from sync.model.traffic import Observer, unobserved
from sync.model.wording import did_you_mean
from sync.plan.make import make_plan
from sync.plan.saving import moved
from sync.report.status import statuses_with_live
from sync.source.git import SourceRequest
from sync.translate.names import Names
from sync.translate.references import references_of
from sync.wish import Source, load_source, make_wish, narrowed, wish_for_nothing, with_rules

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
    """Asked while the run waits for the lock."""


Planner = Callable[[DesiredState, LiveState, PlanOptions], Plan]
"""What makes the plan of a run: `make_plan`, or what takes over, gives back, pauses or puts back."""


def synchronise(
    request: SourceRequest, target: Target, hooks: Hooks, asked: RunOptions, planner: Planner = make_plan
) -> Run:
    """Read the source, plan against the live Controller and, unless it is a dry run, apply and read again.

    Whatever `planner` plans passes the same guards, is applied in the same way, and must leave nothing to plan.
    """
    timing = Timing().ending_after(target.deadline_seconds)
    request = replace(request, timeout_seconds=min(request.timeout_seconds, target.deadline_seconds))
    try:
        source = load_source(request, controller=target.controller)
    except SourceError as error:
        return Run(wish=wish_for_nothing(error), is_dry=asked.is_dry)
    settings = source.settings
    if settings is None:
        wish = make_wish(source, None)
        return Run(wish=wish, statuses=wish.statuses, is_dry=asked.is_dry)
    with _client(target, settings, timing, is_read_only=asked.is_dry, observe=hooks.observe) as client:
        look = _look(client, source, settings, asked, planner)
        if look.refusals or asked.is_dry or look.plan.is_empty:
            return _run_without_writes(look, asked)
        hooks.writing()
        store = _record_store(client, settings)
        me = this_run(asked.run_id, settings.sync.lock.ttl_seconds)
        try:
            with (
                MachineLock(target.state_folder, controller=target.controller, cluster=settings.cluster),
                Lock(store, me, timing, should_stop=hooks.should_stop) as lock,
            ):
                # What was seen before belongs to a time in which others may have written.
                look = _look(client, source, settings, asked, planner)
                if look.refusals or look.plan.is_empty:
                    return _run_without_writes(look, asked)
                return _apply(client, settings, look, asked.plan, hooks, planner, lock)
        except LockedError as error:
            return replace(_run_without_writes(look, asked), locked=error.message)


def _run_without_writes(look: "Look", asked: RunOptions) -> Run:
    statuses = statuses_with_live(look.wish, look.plan, look.live)
    return Run(
        wish=look.wish,
        plan=look.plan,
        live=look.live,
        before=look.live,
        statuses=statuses,
        refusals=look.refusals,
        is_stale=look.is_stale,
        is_dry=asked.is_dry,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is wanted, what is live, and what would have to change: steps 4 to 9 of the data's way."""

    wish: Wish
    live: LiveState
    plan: Plan
    refusals: tuple[Refusal, ...]
    is_stale: bool


def _look(client: ControllerClient, source: Source, settings: Settings, asked: RunOptions, planner: Planner) -> Look:
    wish = with_rules(make_wish(source, _facts(client, source, settings)), source, asked.plan.now.date())
    live = read_live(client, settings)
    _check_selection(asked.plan.selection, wish, live)
    wish = narrowed(wish, asked.plan.selection)
    plan = planner(wish.desired, live, asked.plan)
    refused = refusals(plan, live, settings.sync, asked.permit, source.freeze, asked.plan.now)
    outdated = moved(asked.saved, wish.desired.commit, plan, live) if asked.saved else ()
    return Look(wish=wish, live=live, plan=plan, refusals=(*outdated, *refused), is_stale=bool(outdated))


def _check_selection(selection: Selection, wish: Wish, live: LiveState) -> None:
    """An owner that is neither in Git nor live is a typo, not something to delete."""
    known = {item.owner for item in (*wish.desired, *wish.desired.held)}
    known |= {item.owner for item in live if item.owner is not None}
    for owner in sorted(selection.owners - known):
        names = [f"{each.kind}/{each.namespace}/{each.name}" for each in sorted(known)]
        wanted = f"{owner.kind}/{owner.namespace}/{owner.name}"
        raise UsageError(f"--only {wanted} is neither in Git nor on the Controller", fix=did_you_mean(wanted, names))


def _apply(
    client: ControllerClient,
    settings: Settings,
    look: Look,
    options: PlanOptions,
    hooks: Hooks,
    planner: Planner,
    lock: Lock,
) -> Run:
    """Apply the plan, read again, and plan again: what remains is what was not achieved."""
    outcomes: tuple[Outcome, ...] = ()
    wish, plan, live, remaining = look.wish, look.plan, look.live, look.plan
    for _ in range(ROUNDS):
        done = apply_plan(remaining, client, _under(lock, hooks.apply_options(remaining)))
        outcomes = (*(item for item in outcomes if not item.is_stale), *done)
        try:
            live = read_live(client, settings)
        except SyncError as error:
            return Run(
                wish=wish,
                statuses=wish.statuses,
                plan=plan,
                before=look.live,
                outcomes=outcomes,
                lost=str(error),
                locked=lock.lost,
                is_dry=False,
            )
        remaining = planner(wish.desired, live, replace(options, retry_refused=False))
        if lock.lost or not any(item.is_stale for item in done):
            break
    statuses = statuses_with_live(wish, remaining, live, outcomes)
    return Run(
        wish=wish,
        statuses=statuses,
        plan=plan,
        live=live,
        before=look.live,
        outcomes=outcomes,
        remaining=remaining,
        locked=lock.lost,
        is_dry=False,
    )


def _under(lock: Lock, options: ApplyOptions) -> ApplyOptions:
    """The options with the lock behind them: nothing is written without it, and nothing deleted that is not kept."""

    def keep(change_set: ChangeSet) -> None:
        group = str(change_set.owners[0])
        lock.keep([KeptObject(group=group, before=item) for item in change_set.replaced])

    def drop(change_set: ChangeSet) -> None:
        lock.drop({item.key for item in change_set.replaced})

    return replace(options, confirm_hold=lock.confirm, keep=keep, drop=drop)


def _record_store(client: ControllerClient, settings: Settings) -> RecordStore:
    names = Names(cluster=settings.cluster, is_encoded=settings.ako.enable_evh)
    return RecordStore(client, tenant=settings.controller.tenant_name, names=names)


def read_facts_of(request: SourceRequest, target: Target) -> Facts:
    """What the Controller tells about what the tree refers to."""
    source = load_source(request, controller=target.controller)
    if source.settings is None:
        first = make_wish(source, None).problems[0]
        raise SourceError(first.message, where=f"{first.file}:{first.line}" if first.file else "", fix=first.fix)
    timing = Timing().ending_after(target.deadline_seconds)
    with _client(target, source.settings, timing, is_read_only=True) as client:
        return _facts(client, source, source.settings)


def _facts(client: ControllerClient, source: Source, settings: Settings) -> Facts:
    references = references_of(source.resources, settings)
    return read_facts(client, cloud_name=settings.controller.cloud_name, references=references)


def _client(
    target: Target, settings: Settings, timing: Timing, *, is_read_only: bool, observe: Observer = unobserved
) -> ControllerClient:
    return ControllerClient(
        ControllerAddress(
            url=target.controller,
            ca_bundle=target.ca_bundle,
            is_verified=target.is_verified,
            timeout_seconds=target.timeout_seconds,
        ),
        Login(username=target.username, password=target.password, token=target.token),
        version=settings.controller.controller_version,
        read_only=is_read_only,
        max_connections=max(target.parallelism, 4) + 1,  # the lock beats while all others are busy
        observe=observe,
        timing=timing,
    )
