"""Change windows: when a run may write (`SyncSettings.windows`)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sync.model.live import LiveState
from sync.model.plan import FieldChange, Plan, Refusal
from sync.model.settings import DAYS, Window
from sync.plan.outages import effects_of

_WHOLE = FieldChange(path="", before=None, after=None)
"""A change without single fields: the whole object is created or deleted."""


def outside_windows(plan: Plan, live: LiveState, windows: Sequence[Window], now: datetime) -> Iterator[Refusal]:
    """Refused where the plan needs a window and none is open.

    Marks alone, such as a pause, need none, nor do servers that follow the cluster: there, the change has happened.
    """
    takes_down = any(effect.losses for effect in effects_of(plan, live).values()) if windows else False
    is_disruptive = takes_down or any(change.is_disruptive for change in plan.changes)
    fields = (field for change in plan.reviewed for field in change.fields or (_WHOLE,))
    if not is_disruptive and all(field.path.startswith("markers[") for field in fields):
        return
    needed = [window for window in windows if window.needed_for == "all" or is_disruptive]
    if needed and not any(is_open(window, now) for window in windows):
        what = "breaks connections" if all(window.needed_for == "disruptive" for window in needed) else "writes"
        yield Refusal(
            message=f"the plan {what}, and no change window is open at {now:%a %Y-%m-%d %H:%M} {now.tzname()}",
            fix=f"run again {' or '.join(dict.fromkeys(map(_window_text, needed)))}",
        )


def is_open(window: Window, now: datetime) -> bool:
    """Whether the window is open; one that ends before it begins belongs to the day on which it begins."""
    local = now.astimezone(window.timezone)
    today, clock = DAYS[local.weekday()], local.time().replace(tzinfo=None)
    if window.start < window.end:
        return today in window.days and window.start <= clock < window.end
    yesterday = DAYS[(local - timedelta(days=1)).weekday()]
    return (today in window.days and clock >= window.start) or (yesterday in window.days and clock < window.end)


def _window_text(window: Window) -> str:
    days = "" if len(set(window.days)) == len(DAYS) else f"{', '.join(window.days)} "
    return f"{days}{window.start:%H:%M} to {window.end:%H:%M} {window.timezone.key}"
