"""The one-sentence verdict of a report, and its severity."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.model.desired import DesiredState
from sync.model.outcome import ChangeState
from sync.model.plan import Plan
from sync.model.problem import Problem, Severity
from sync.model.run import Run
from sync.plan.outages import effects_of
from sync.report.words import counted


class Level(StrEnum):
    """The severity of a headline."""

    DONE = "done"
    """Live is as Git requests."""
    PENDING = "pending"
    """Something would change."""
    HELD = "held"
    """Something in Git must be corrected first; the rest is applied."""
    FAILED = "failed"
    """Something was not done that should have been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One sentence without a full stop."""

    level: Level
    words: str


def headline_of(run: Run) -> Headline:
    """The verdict of a run; the most severe finding wins."""
    plan = run.plan
    if plan is None:
        return Headline(level=Level.FAILED, words="The source cannot be used: nothing was changed")
    if run.lost:
        words = "The plan was applied, but the Controller could not be read again: its state is unknown"
        return Headline(level=Level.FAILED, words=words)
    if run.locked:
        words = "Locked by another run: nothing was written" if not run.outcomes else "The lock was lost while applying"
        return Headline(level=Level.FAILED, words=_with_troubles(words, plan, run.problems))
    if run.refusals:
        refused = "The saved plan is stale" if run.is_stale else "Refused"
        words = f"{refused}: nothing was written. {_changes(run, plan, will='would change')}"
        return Headline(level=Level.FAILED, words=_with_troubles(words, plan, run.problems))
    if any(not outcome.is_success for outcome in run.outcomes):
        return Headline(level=Level.FAILED, words=_with_troubles(_failed(run), plan, run.problems))
    if run.remaining is not None and not run.remaining.is_empty:
        words = f"The plan was applied, but {_remain(len(run.remaining.changes))}"
        return Headline(level=Level.FAILED, words=_with_troubles(words, plan, run.problems))
    if down := len(run.down):
        words = f"The plan was applied, but {down} of {counted(len(run.services), 'VirtualService')} did not come up"
        return Headline(level=Level.FAILED, words=_with_troubles(words, plan, run.problems))
    level = Level.PENDING if run.is_dry and not plan.is_empty else Level.DONE
    has_errors = any(problem.severity is Severity.ERROR for problem in run.problems)
    words = f"{_done(run, plan, has_errors=has_errors)}{_edits(run)}"
    return Headline(
        level=Level.HELD if has_errors or plan.held else level, words=_with_troubles(words, plan, run.problems)
    )


def _done(run: Run, plan: Plan, *, has_errors: bool) -> str:
    """What changes, or would."""
    if plan.is_empty:
        return "No object changes" if has_errors or plan.held or run.edits else "Nothing to do: no object changes"
    if not plan.reviewed:
        return f"Only servers {'would ' if run.is_only_planned else ''}follow the cluster: {_pools(plan)}"
    return _changes(run, plan, will="would change" if run.is_only_planned else "changed")


def _edits(run: Run) -> str:
    return f"; {counted(len(run.edits), 'object')} edited, left alone" if run.edits else ""


def headline_of_tree(desired: DesiredState) -> Headline:
    """The verdict of a tree, without a Controller."""
    errors = sum(problem.severity is Severity.ERROR for problem in desired.problems)
    if not errors:
        words = f"The tree is in order: {counted(len(desired.objects), 'object')}"
        return Headline(level=Level.DONE, words=words)
    if not desired.objects:
        return Headline(level=Level.FAILED, words="The source cannot be used")
    held = f"; {_are_held(len(desired.held))}" if desired.held else ""
    return Headline(level=Level.HELD, words=f"{counted(errors, 'error')}{held}")


_ENDS = {
    ChangeState.FAILED: ("failed", "failed"),
    ChangeState.RESTORED: ("was restored", "were restored"),
    ChangeState.SKIPPED: ("was skipped", "were skipped"),
    ChangeState.NOT_TRIED: ("was not tried", "were not tried"),
}
"""How one owner and how several owners ended."""


def _failed(run: Run) -> str:
    trouble = run.owners_in_trouble
    said = [f"{trouble[state]} {words[trouble[state] > 1]}" for state, words in _ENDS.items() if trouble.get(state)]
    return f"Of {counted(len(run.owner_outcomes), 'owner')} {', '.join(said) or 'not all were applied'}"


def _pools(plan: Plan) -> str:
    return counted(len(plan.server_changes), "pool")


def _changes(run: Run, plan: Plan, *, will: str) -> str:
    reviewed = {change.owner for change in plan.reviewed}
    effects = [found for owner, found in effects_of(plan, run.before).items() if owner in reviewed or found.losses]
    lost = sum(bool(effect.losses) for effect in effects)
    words = f"{counted(len(effects), 'owner')} {will}"
    if not lost:
        return words
    return f"{words}, with an outage" if len(effects) == 1 else f"{words}, with an outage for {lost}"


def _with_troubles(words: str, plan: Plan, problems: Iterable[Problem]) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    if plan.held:
        return f"{words}; {_are_held(len(plan.held))}"
    return f"{words}; {counted(errors, 'error')}" if errors else words


def _are_held(number: int) -> str:
    return f"{counted(number, 'owner')} {'is' if number == 1 else 'are'} held"


def _remain(number: int) -> str:
    return f"{counted(number, 'change')} {'remains' if number == 1 else 'remain'}"
