"""What a journal tells of runs: a list of them, or one in full, for people and for machines."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sync.errors import ExitCode
from sync.model.desired import Owner
from sync.model.journal import RecordedChange, RecordedRun
from sync.model.plan import CHANGES_OF_HANDS, Action
from sync.report.json import SCHEMA_VERSION, key_document, owner_document
from sync.report.plan_text import field_line
from sync.report.text import Paint
from sync.report.verdict import MEANINGS
from sync.report.words import SYMBOLS, commit_text, one_line

BROKE_OFF = "broke off, or is not over"

_SHORT_COMMIT = 12
_STYLES = {"applied": "quiet", "failed": "error", "restored": "warning"}


def history_lines(runs: Sequence[RecordedRun], paint: Paint) -> Iterator[str]:
    """One line per run: its id, when, how it ended, what it changed, who, and from which commit."""
    rows = [(run, _row(run)) for run in runs]
    widths = [max((len(row[column]) for _, row in rows), default=0) for column in range(5)]
    for run, row in rows:
        cells = [text.ljust(width) for text, width in zip(row, (*widths, 0), strict=True)]
        cells[2] = paint(cells[2], "" if run.is_success else "error")
        yield "  ".join(cells).rstrip()


def _row(run: RecordedRun) -> tuple[str, str, str, str, str, str]:
    began = run.began
    does = f"{began.command} commit {began.commit[:_SHORT_COMMIT]}" if began.commit else began.command
    return (began.run, _time(began.time), _short_outcome(run), _counts(run), one_line(began.actor), does)


def run_details(run: RecordedRun, paint: Paint) -> Iterator[str]:
    """One run in full: each object that it changed, field by field, and what became of it."""
    began = run.began
    ended = f" to {_time(run.ended.time)}" if run.ended is not None else ""
    yield paint(f"Run {began.run}", "title")
    yield f"  {began.command} by {one_line(began.actor)}, {_time(began.time)}{ended}"
    yield f"  controller {one_line(began.controller)}   cluster {began.cluster or 'unknown'}"
    yield f"  source {one_line(began.source)}{f' (folder {one_line(began.path)})' if began.path else ''}"
    yield f"  {commit_text(began.commit)}   digest {began.digest[:_SHORT_COMMIT] or 'none'}   {began.version}"
    for owner in dict.fromkeys(change.owner for change in run.changes):
        yield from _owner(owner, [change for change in run.changes if change.owner == owner], paint)
    for trouble in run.ended.troubles if run.ended is not None else ():
        yield f"{paint('error:', 'error')} {one_line(trouble)}"
    yield f"{_outcome(run)}: {_counts(run)}"


def _owner(owner: Owner, changes: Sequence[RecordedChange], paint: Paint) -> Iterator[str]:
    yield paint(one_line(str(owner)), "title")
    for change in changes:
        name = one_line(f"{change.key.kind:<15} {change.key.tenant}/{change.key.name}")
        state = change.state.value if change.state is not None else "nobody knows whether it was done"
        yield (
            paint(f"{SYMBOLS[change.action]:>5} {name}", change.action.value)
            + f"   {one_line(change.reason)}   "
            + paint(state, _STYLES.get(state, "warning"))
        )
        if change.said:
            yield f"          {one_line(change.said)}"
        if change.action is not Action.CREATE:
            yield from (f"          {field_line(field)}" for field in change.fields)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}Z"


def _counts(run: RecordedRun) -> str:
    told = [f"{number} {action}" for action, number in run.counts.items() if number]
    return ", ".join(told) or "no change"


def _outcome(run: RecordedRun) -> str:
    return MEANINGS[run.ended.exit_code] if run.ended is not None else BROKE_OFF


_SHORT = {
    ExitCode.SOURCE_INVALID: "bad source",
    ExitCode.REFUSED: "refused",
    ExitCode.HELD_OR_FAILED: "held or failed",
    ExitCode.UNREACHABLE: "unreachable",
    ExitCode.LOCKED: "locked",
    ExitCode.STALE_PLAN: "stale plan",
    ExitCode.USAGE: "wrong usage",
}


def _short_outcome(run: RecordedRun) -> str:
    """In two words or three, for a table."""
    return BROKE_OFF if run.ended is None else _SHORT.get(run.ended.exit_code, MEANINGS[run.ended.exit_code])


def history_document(runs: Sequence[RecordedRun], unread: int) -> dict[str, Any]:
    """The same for machines; `unread_lines` counts what nobody can read."""
    return {
        "schema_version": SCHEMA_VERSION,
        "runs": [run_summary(run) for run in runs],
        "unread_lines": unread,
    }


def run_details_document(run: RecordedRun) -> dict[str, Any]:
    """One run in full, with the bodies before and after."""
    return {
        "schema_version": SCHEMA_VERSION,
        **run_summary(run),
        "changes": [
            {
                "action": change.action.value,
                **key_document(change.key),
                "owner": owner_document(change.owner),
                "reason": change.reason,
                "state": change.state.value if change.state is not None else None,
                "said": change.said,
                "fields": [{"path": item.path, "before": item.before, "after": item.after} for item in change.fields],
                "before": change.before,
                "after": change.after,
            }
            for change in run.changes
        ],
    }


def run_summary(run: RecordedRun) -> dict[str, Any]:
    """What a list tells of a run."""
    began, ended = run.began, run.ended
    return {
        "run": began.run,
        "command": began.command,
        "began": began.time.isoformat(),
        "ended": ended.time.isoformat() if ended is not None else None,
        "actor": began.actor,
        "controller": began.controller,
        "cluster": began.cluster,
        "source": began.source,
        "path": began.path,
        "commit": began.commit,
        "digest": began.digest,
        "counts": {
            action.value: number for action, number in run.counts.items() if number or action not in CHANGES_OF_HANDS
        },
        "held": ended.held if ended is not None else 0,
        "exit_code": int(ended.exit_code) if ended is not None else None,
        "outcome": _outcome(run),
        "troubles": list(ended.troubles) if ended is not None else [],
    }
