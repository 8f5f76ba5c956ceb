"""Plans and what became of them, for people: grouped by owner, symbols, reasons, and the counts as last line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sync.kinds import KINDS
from sync.model.outcome import Outcome, SetState, WriteState
from sync.model.plan import Action, Change, FieldChange, Plan
from sync.model.run import Run
from sync.report.text import Paint, commit_text, counted, problem_lines

SYMBOLS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
}

OUTAGE: Mapping[Action, str] = {
    Action.REPLACE: "the VIP is down from the delete to the create: connections break",
    Action.DELETE: "connections end",
}
"""What an action means for the traffic of an owner, said once per owner."""

MAX_VALUE_LENGTH = 100


def run_lines(run: Run, paint: Paint) -> Iterator[str]:
    """What `sync` prints: the plan, what became of it where it was applied, and the counts."""
    if run.plan is None:
        yield from problem_lines(run.problems, paint)
        yield paint("Nothing was changed: the source cannot be used.", "error")
        return
    yield from _owners(run.plan, paint)
    yield from _held(run.plan, paint)
    yield from problem_lines(run.problems, paint)
    yield from _failures(run, paint)
    for refusal in run.refusals:
        yield f"{paint('refused:', 'error')} {refusal.message}"
        yield paint(f"  fix: {refusal.fix}", "quiet")
    yield counts(run, paint)


def _owners(plan: Plan, paint: Paint) -> Iterator[str]:
    for change_set in plan.change_sets:
        if len(change_set.owners) > 1:
            names = ", ".join(str(owner) for owner in change_set.owners)
            yield paint(f"Together, because they pass on addresses: {names}", "quiet")
        for owner in change_set.owners:
            changes = [change for change in change_set.changes if change.owner == owner]
            yield paint(str(owner), "title")
            yield from _outage(changes, paint)
            for change in changes:
                yield from _change(change, paint)


def _outage(changes: Iterable[Change], paint: Paint) -> Iterator[str]:
    """The outage that a VirtualService's replacement or end means, said before anything else."""
    worst = {
        change.action for change in changes if change.action in OUTAGE and "vsvip_ref" in KINDS[change.key.kind].managed
    }
    for action in (Action.REPLACE, Action.DELETE):
        if action in worst:
            yield paint(f"  ! {OUTAGE[action]}", "error")


def _change(change: Change, paint: Paint) -> Iterator[str]:
    name = f"{change.key.kind:<15} {change.key.tenant}/{change.key.name}"
    reason = "" if change.action is Action.CREATE else f"   {change.reason}"
    yield paint(f"{SYMBOLS[change.action]:>5} {name}", change.action.value) + reason
    if change.action is Action.CREATE:
        return
    for field in change.fields:
        if not (change.action is Action.REPLACE and field.path.startswith("markers[")):  # the reason says it already
            yield f"          {_field(field)}"


def _field(field: FieldChange) -> str:
    if field.path.endswith("[]"):
        sign, value = ("-", field.before) if field.after is None else ("+", field.after)
        return f"{sign} {field.path.removesuffix('[]')}: {shown(value)}"
    return f"{field.path}: {shown(field.before)} → {shown(field.after)}"


def shown(value: Any) -> str:
    """A JSON value on one line; `none` for nothing."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[: MAX_VALUE_LENGTH - 1]}…"


def _held(plan: Plan, paint: Paint) -> Iterator[str]:
    for held in plan.held:
        place = f"   ({held.origin.file}:{held.origin.line})" if held.origin else ""
        yield paint(f"    ! {held.owner}", "warning") + f"   held: nothing of it is touched{place}"


def _failures(run: Run, paint: Paint) -> Iterator[str]:
    for outcome in run.outcomes:
        if not outcome.is_success:
            yield from _failure(outcome, paint)
    if run.lost:
        yield f"{paint('error:', 'error')} after applying, the Controller could not be read again: {run.lost}"
    if run.remaining is not None and not run.remaining.is_empty:
        left = run.remaining.changes
        yield paint(f"After applying, {counted(len(left), 'change')} remain:", "error")
        for change in left:
            yield from _change(change, paint)


def _failure(outcome: Outcome, paint: Paint) -> Iterator[str]:
    owners = ", ".join(str(owner) for owner in outcome.change_set.owners)
    said = {
        SetState.RESTORED: f"{owners}: refused; the old objects are back. {outcome.said}",
        SetState.NOT_TRIED: f"{owners}: not tried: {outcome.said}",
    }.get(outcome.state, f"{owners}: failed. {outcome.said}")
    yield f"{paint('error:', 'error')} {said}"
    missing = [item.write for item in outcome.writes if item.state is WriteState.NOT_TRIED]
    if missing and outcome.state is not SetState.NOT_TRIED:
        yield paint(f"  not tried: {', '.join(f'{w.method} {w.key}' for w in missing)}", "quiet")


def counts(run: Run, paint: Paint) -> str:
    """The last line."""
    plan = run.plan
    if plan is None:
        return ""
    failed = sum(not outcome.is_success for outcome in run.outcomes)
    done = ", ".join(f"{_number(run, plan, action)} {action.value}" for action in Action)
    rest = f"({plan.unchanged} unchanged, {len(plan.foreign)} foreign, {len(plan.held)} held)"
    word = "Plan" if _is_only_planned(run, plan) else "Applied"
    trouble = paint(f", {counted(failed, 'owner')} failed", "error") if failed else ""
    end = f"digest {plan.digest[:12]}   {commit_text(plan.commit)}"
    return f"{word}: {done} {rest}{trouble}   {end}"


def _is_only_planned(run: Run, plan: Plan) -> bool:
    return run.is_dry or plan.is_empty or bool(run.refusals)


def _number(run: Run, plan: Plan, action: Action) -> int:
    """How many objects: of the plan, or of what was really done."""
    if _is_only_planned(run, plan):
        return plan.count(action)
    return sum(
        change.action is action
        for outcome in run.outcomes
        if outcome.is_success
        for change in outcome.change_set.changes
    )
