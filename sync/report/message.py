"""The message that a webhook is sent when the state of a target changes."""

from typing import Annotated, Any

from sync.model.ending import Ending, SyncState, Topic
from sync.report.documents import Count, VersionedDocument, known
from sync.report.ending import ending_line, troubles
from sync.report.words import counted

TOLD_TROUBLES = 5
"""How many troubles a message names; the others are counted."""


class MessageDocument(VersionedDocument):
    """What a webhook is sent when the state of a target changes."""

    event: Annotated[str, known(Topic)]
    target: str
    """What metrics and messages call the run."""
    before: Annotated[str | None, known(SyncState)]
    """Null for the first run."""
    now: Annotated[str | None, known(SyncState)]
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


def message_document(ending: Ending, topic: Topic, before: SyncState | None) -> dict[str, Any]:
    """What a webhook is sent. `text` alone is enough for a chat."""
    run = ending.run
    found = list(troubles(ending))
    told = found[:TOLD_TROUBLES]
    more = [f"and {counted(len(found) - len(told), 'problem')} more"] if len(found) > len(told) else []
    return MessageDocument.of(
        {
            "event": topic,
            "target": ending.target,
            "before": before,
            "now": ending.sync_state,
            "exit_code": ending.exit_code,
            "cluster": run.desired.cluster if run is not None else "",
            "commit": run.desired.commit if run is not None else "",
            "digest": run.plan.digest if run is not None and run.plan is not None else "",
            "dry_run": run.is_dry if run is not None else None,
            "changes": run.counts if run is not None else {},
            "problems": told,
            "text": "\n".join([f"avi-sync {ending.target}: {topic.value}. {ending_line(ending)}", *told, *more]),
        }
    )
