"""The message that a webhook is sent when the condition of a target changes."""

from typing import Annotated, Any

from sync.model.ending import Condition, Ending, Event
from sync.report.documents import Count, VersionedDocument, known
from sync.report.ending import troubles, verdict
from sync.report.numbers import numbers
from sync.report.words import counted

TOLD_TROUBLES = 5
"""How many troubles a message names; the others are counted."""


class MessageDocument(VersionedDocument):
    """What a webhook is sent when the condition changes."""

    event: Annotated[str, known(Event)]
    target: str
    """What metrics and messages call the run."""
    before: Annotated[str | None, known(Condition)]
    """Null for the first run."""
    now: Annotated[str | None, known(Condition)]
    exit_code: int
    cluster: str
    """Empty where it is not known."""
    commit: str
    digest: str
    """Of the plan; empty where there is none."""
    dry_run: bool | None
    """Null where the run had no result."""
    changes: dict[str, Count]
    """Objects by action; empty where the run had no result."""
    problems: list[str]
    """The first ones, a line each."""
    text: str
    """All of it in words, for a chat."""


def message_document(ending: Ending, event: Event, before: Condition | None) -> dict[str, Any]:
    """What a webhook is sent. `text` alone is enough for a chat."""
    run = ending.run
    found = list(troubles(ending))
    told = found[:TOLD_TROUBLES]
    more = [f"and {counted(len(found) - len(told), 'problem')} more"] if len(found) > len(told) else []
    return MessageDocument.of(
        {
            "event": event,
            "target": ending.target,
            "before": before,
            "now": ending.condition,
            "exit_code": ending.exit_code,
            "cluster": run.desired.cluster if run is not None else "",
            "commit": run.desired.commit if run is not None else "",
            "digest": run.plan.digest if run is not None and run.plan is not None else "",
            "dry_run": run.is_dry if run is not None else None,
            "changes": numbers(run) if run is not None else {},
            "problems": told,
            "text": "\n".join([f"avi-sync {ending.target}: {event.value}. {verdict(ending)}", *told, *more]),
        }
    )
