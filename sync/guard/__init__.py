"""Plan × limits → what a guard refuses. Pure.

A refused plan is printed and not applied, as a whole. To apply half of it, commit only that half.
"""

from collections.abc import Iterator
from datetime import datetime

from sync.guard.limits import beyond_limits
from sync.guard.windows import outside_windows
from sync.model.live import LiveState
from sync.model.plan import Permit, Plan, Refusal
from sync.model.settings import SyncSettings

FREEZE_FILE = ".avi-sync-freeze"


def refusals(
    plan: Plan, live: LiveState, settings: SyncSettings, permit: Permit | None, freeze: str | None, now: datetime
) -> tuple[Refusal, ...]:
    """Every reason not to apply the plan; empty if it may be applied.

    `freeze` is the text of the freeze file in Git, None if there is none. `permit` lifts the limits for one plan; no
    permit opens a window or lifts a freeze.
    """
    if plan.is_empty:
        return ()
    return (
        *_frozen(freeze),
        *outside_windows(plan, live, settings.windows, now),
        *beyond_limits(plan, live, settings.guards, permit),
    )


def _frozen(freeze: str | None) -> Iterator[Refusal]:
    if freeze is not None:
        note = " ".join(freeze.split())
        yield Refusal(
            message=f"Git holds {FREEZE_FILE}: nothing is written{f' ({note})' if note else ''}",
            fix="remove the file from Git",
        )
