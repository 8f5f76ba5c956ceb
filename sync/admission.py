"""The guard step of a run: whether its plan may be written."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sync.context import Assessment, RunContext
from sync.errors import UsageError
from sync.guard import refusals
from sync.guard.ako import ako_still_writes
from sync.guard.limits import beyond_the_first_plan
from sync.guard.naming import may_be_renamed, other_cluster_name, other_encoding
from sync.guard.writer import Writer, wrong_writer
from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.model.lock import LastRun, Record
from sync.model.plan import Plan, Refusal, Selection
from sync.model.problem import Problem, Severity
from sync.model.run import RunOptions
from sync.model.wording import did_you_mean
from sync.plan.saving import moved
from sync.source.git.lineage import doubt_of_descent, origin_of
from sync.source.git.tree import clean_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a plan may be written, and by whom.

    `writer` is this run as it is recorded for the next one; None if that does not matter. `takes_over`: an option
    accepts it in place of the last writer. This must be recorded even if nothing else changes, or the next run would
    be refused.
    """

    refusals: tuple[Refusal, ...]
    notices: tuple[Problem, ...]
    """Refusals that apply only if something is written."""
    is_stale: bool
    writer: Writer | None
    takes_over: bool


def admit(context: RunContext, seen: Assessment) -> Admission:
    """All guards: every objection to the plan is a refusal, or a notice if nothing would be written."""
    options, plan, last = context.options, seen.plan, seen.record.last
    writer = _writer_of(context, seen)
    strangers = wrong_writer(last, writer) if writer else ()
    left = _not_accepted(options, last, writer) if writer else ()
    outdated = moved(options.saved, seen.desired.commit, plan, seen.live) if options.saved else ()
    refused = [*outdated, *_refused_plan(context, plan, seen.live)]
    notices: list[Refusal] = []
    (notices if options.is_dry else refused).extend(seen.renamed)
    (notices if options.is_dry or plan.is_empty else refused).extend(left)
    refused += ako_still_writes(plan, seen.live, context.settings.cluster, context.client.time)
    return Admission(
        refusals=tuple(refused),
        notices=tuple(map(notice, notices)),
        is_stale=bool(outdated),
        writer=writer,
        takes_over=bool(strangers) and not left,
    )


def admit_again(context: RunContext, first: Assessment, todo: Plan, live: LiveState) -> tuple[Refusal, ...]:
    """Refusals of a plan that was made again during a run.

    A permit for the first plan covers what is left of it.
    """
    permit = context.options.permit
    permit = replace(permit, digest=todo.digest) if permit else None
    return (
        *beyond_the_first_plan(first.plan, first.live, todo, live),
        *_refused_plan(replace(context, options=replace(context.options, permit=permit)), todo, live),
    )


def _refused_plan(context: RunContext, plan: Plan, live: LiveState) -> tuple[Refusal, ...]:
    """The refusals of limits, windows and the freeze file."""
    options = context.options
    return refusals(plan, live, context.settings.sync, options.permit, context.source.freeze, options.plan.now)


def check_selection(selection: Selection, desired: DesiredState, live: LiveState) -> None:
    """An owner that is neither in Git nor live is a typo, not something to delete."""
    known = {item.owner for item in (*desired, *desired.held)} | desired.in_git.named
    known |= {item.owner for item in live if item.owner is not None}
    for owner in sorted(selection.owners - known):
        message = f"{owner.argument} is neither in Git nor on the Controller"
        raise UsageError(message, fix=did_you_mean(owner.argument, [each.argument for each in sorted(known)]))


def other_names(context: RunContext, desired: DesiredState, live: LiveState, record: Record) -> Iterator[Refusal]:
    """Refusals if objects are live under the names of another clusterName, or of the other enableEVH."""
    if not context.options.follows_git:
        return
    named = desired.in_git.named
    yield from other_encoding(live, named, is_encoded=context.settings.ako.enable_evh)
    if desired.objects and may_be_renamed(live, record) and not context.options.accepts_cluster_name:
        writer, last_runs = _writer(context, desired.commit, None), context.record_store.last_runs_of_others()
        yield from other_cluster_name(live, named, context.settings.cluster, writer, last_runs)


def notice(refusal: Refusal) -> Problem:
    """A refusal as a warning, for a run that writes nothing."""
    return Problem(severity=Severity.WARNING, message=refusal.message, fix=refusal.fix)


def _writer_of(context: RunContext, seen: Assessment) -> Writer | None:
    """This run as a writer; None unless it follows Git and would write or take over."""
    options = context.options
    accepts = options.accepts_source or options.accepts_older_commit
    if not options.follows_git or (seen.plan.is_empty and not accepts):
        return None
    return _writer(context, seen.desired.commit, seen.record.last)


def _writer(context: RunContext, commit: str, last: LastRun | None) -> Writer:
    request = context.request
    is_new = last is not None and commit not in ("", last.commit)
    return Writer(
        source=origin_of(request),
        path=clean_path(request.path),
        commit=commit,
        doubt=doubt_of_descent(request, commit, last.commit) if last is not None and is_new else None,
    )


def _not_accepted(options: RunOptions, last: LastRun | None, writer: Writer) -> tuple[Refusal, ...]:
    """The refusals of this writer after the last one, without those that options accept."""
    return wrong_writer(
        last, writer, accepts_source=options.accepts_source, accepts_older_commit=options.accepts_older_commit
    )
