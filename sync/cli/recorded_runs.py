"""The runs in a journal, for `avi-sync history`: a list, or one of them in full."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from sync.cli.terminal import paint, say, show, show_document
from sync.errors import ExitCode, UsageError
from sync.journal import ChangeEnded, ChangePlanned, Event, RunBegan, RunEnded, as_document, read_journal
from sync.model.desired import ObjectKey
from sync.model.plan import Change
from sync.model.wording import short
from sync.report.documents import SCHEMA_VERSION
from sync.report.plan_text import change_lines
from sync.report.words import commit_text, counted, one_line

LAST = "last"
"""Names the newest run that planned a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """One run: its beginning, and all events after it."""

    began: RunBegan
    events: tuple[Event, ...]

    @property
    def planned(self) -> tuple[ChangePlanned, ...]:
        """The changes that it planned."""
        return tuple(event for event in self.events if isinstance(event, ChangePlanned))

    @property
    def ended(self) -> RunEnded | None:
        """Its end; None if it was interrupted, or still runs."""
        return next((event for event in self.events if isinstance(event, RunEnded)), None)


def show_history(journal: str, run: str, limit: int, output: str) -> None:
    """Print the newest `limit` runs, or all about the one that `run` names."""
    runs = runs_in(journal)
    shown = [_chosen(runs, run)] if run else runs[:limit]
    if output == "json":
        documents = [_document(item, is_whole=bool(run)) for item in shown]
        show_document({"schema_version": SCHEMA_VERSION, "runs": documents})
    elif run:
        show(_details(shown[0]))
    else:
        show(map(_line, shown))
    if not runs:
        say("note: the journal has no runs")
    if len(shown) < len(runs) and not run:
        say(f"note: {len(runs) - len(shown)} older runs are not shown (--limit)")


def runs_in(journal: str) -> list[RecordedRun]:
    """The runs in a journal, the newest first. An event without the beginning of its run is left out."""
    if not journal:
        fix = "give every run --journal FILE|DIR (SYNC_JOURNAL), on storage that lasts, and name it here"
        raise UsageError("no journal is named", fix=fix)
    events, unread = read_journal(Path(journal))
    if unread:
        say(f"{paint('warning:', 'warning')} {journal}: skipped {counted(unread, 'line')} that cannot be read")
    later: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if not isinstance(event, RunBegan):
            later[event.run].append(event)
    found = [
        RecordedRun(began=event, events=tuple(later[event.run])) for event in events if isinstance(event, RunBegan)
    ]
    return sorted(found, key=lambda item: item.began.time, reverse=True)


def _chosen(runs: Sequence[RecordedRun], name: str) -> RecordedRun:
    if name == LAST:
        found = [item for item in runs if item.planned][:1]
    else:
        found = [item for item in runs if item.began.run.startswith(name) or item.began.run.endswith(name)]
    if len(found) == 1:
        return found[0]
    fix = "write the id of a run as `avi-sync history` shows it"
    raise UsageError(f'"{one_line(name)}" matches {len(found) or "no"} runs of the journal', fix=fix)


def _document(run: RecordedRun, *, is_whole: bool) -> dict[str, Any]:
    """The events as they are in the journal; in a list only the beginning and the end of each run."""
    events = [event for event in run.events if is_whole or isinstance(event, RunEnded)]
    return {"run": run.began.run, "events": [as_document(event) for event in (run.began, *events)]}


def _line(run: RecordedRun) -> str:
    began, ended = run.began, run.ended
    is_success = ended is not None and ended.exit_code in (ExitCode.DONE, ExitCode.CHANGES_PENDING)
    outcome = ended.exit_code.name.lower().replace("_", " ") if ended else "broke off"
    return "  ".join(
        (
            f"{one_line(began.run)}  {began.time:%Y-%m-%d %H:%M:%S}Z",
            paint(f"{outcome:<14}", "" if is_success else "error"),
            one_line(f"{began.command} {short(began.commit) or 'without a commit'}  {began.actor}"),
            _counts(run),
        )
    )


def _counts(run: RecordedRun) -> str:
    """What it changed; for a run without an end, the number of planned changes."""
    if run.ended is None:
        return f"{len(run.planned)} planned"
    return ", ".join(f"{number} {action}" for action, number in run.ended.counts.items() if number) or "no change"


def _details(run: RecordedRun) -> Iterator[str]:
    began, ended = run.began, run.ended
    yield _line(run)
    yield f"  controller {one_line(began.controller)}   cluster {began.cluster or 'unknown'}   {began.version}"
    yield f"  source {one_line(began.source)}{f' (folder {one_line(began.path)})' if began.path else ''}"
    yield f"  {commit_text(began.commit)}   digest {short(began.digest) or 'none'}"
    for owner, changes in groupby(_changes(run), key=lambda item: item[0].owner):
        yield paint(one_line(str(owner)), "title")
        for change, became in changes:
            first, *fields = change_lines(change, paint)
            yield f"{first}   {one_line(became)}"
            yield from fields
    for trouble in ended.troubles if ended else ():
        yield f"{paint('error:', 'error')} {one_line(trouble)}"


def _changes(run: RecordedRun) -> Iterator[tuple[Change, str]]:
    """Each change with its last known result; a run may plan an object again."""
    changes: dict[ObjectKey, Change] = {}
    became: dict[ObjectKey, str] = {}
    for event in run.events:
        if isinstance(event, ChangePlanned):
            changes[event.change.key] = event.change
            became[event.change.key] = "outcome unknown"
        elif isinstance(event, ChangeEnded):
            became[event.key] = " ".join(filter(None, (event.method, event.state, event.said)))
    for key, change in changes.items():
        yield change, became[key]
