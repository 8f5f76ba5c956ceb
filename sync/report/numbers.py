"""How many objects change: of the plan, or where it was applied of what was really done."""

from collections import Counter
from collections.abc import Mapping

from sync.model.outcome import ChangeState
from sync.model.plan import CHANGES_OF_HANDS, Action
from sync.model.run import Run


def is_only_planned(run: Run) -> bool:
    """Whether nothing was to be written, so that the plan is all there is to tell."""
    is_locked_out = bool(run.locked) and not run.outcomes
    return run.is_dry or run.plan is None or run.plan.is_empty or bool(run.refusals) or is_locked_out


def numbers(run: Run) -> Mapping[Action, int]:
    """Objects by action, in the order in which the actions are told; of a change of hands only where there is one."""
    found = _counted(run)
    return {action: number for action, number in found.items() if number or action not in CHANGES_OF_HANDS}


def _counted(run: Run) -> Mapping[Action, int]:
    if run.plan is None:
        return dict.fromkeys(Action, 0)
    if is_only_planned(run):
        return {action: run.plan.count(action) for action in Action}
    applied = Counter(
        item.change.action for outcome in run.outcomes for item in outcome.changes if item.state is ChangeState.APPLIED
    )
    return {action: applied[action] for action in Action}


def owners_in_trouble(run: Run) -> Mapping[ChangeState, int]:
    """How many owners failed (or were put back), were skipped and were not tried."""
    return Counter(item.state for item in run.owner_outcomes if item.state is not ChangeState.APPLIED)
