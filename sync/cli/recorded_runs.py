"""The runs that a journal tells of, and which of them somebody means."""

from collections.abc import Sequence
from pathlib import Path

from sync.cli.terminal import paint, say
from sync.errors import UsageError
from sync.journal import read_journal
from sync.model.journal import RecordedRun, recorded_runs
from sync.model.wording import did_you_mean

LAST = "last"
"""Stands for the newest run that changed something."""


def runs_of(journal: str, command_name: str) -> tuple[tuple[RecordedRun, ...], int]:
    """The runs of a journal, the oldest first, and how many lines nobody can read."""
    if not journal:
        raise UsageError(
            f"{command_name} needs the journal of earlier runs, and no journal is named",
            fix="give every run --journal FILE|DIR (SYNC_JOURNAL), in a place that lasts, and name it here",
        )
    events, unread = read_journal(Path(journal))
    if unread:
        say(f"{paint('warning:', 'warning')} {journal}: {unread} of its lines cannot be read and are left out")
    return recorded_runs(events), unread


def chosen_run(runs: Sequence[RecordedRun], name: str) -> RecordedRun:
    """The run of that id, or whose id alone begins or ends so; `last` is the newest that changed something."""
    if name == LAST:
        if found := next((run for run in reversed(runs) if any(run.counts.values())), None):
            return found
        raise UsageError("no run in the journal has changed anything")
    found_runs = [run for run in runs if run.run == name] or [
        run for run in runs if run.run.startswith(name) or run.run.endswith(name)
    ]
    if len(found_runs) == 1:
        return found_runs[0]
    if found_runs:
        raise UsageError(f'"{name}" could be {len(found_runs)} runs', fix="write the whole id, as `history` shows it")
    raise UsageError(
        f'the journal tells of no run "{name}"', fix=did_you_mean(name, [run.run for run in runs]) or "see `history`"
    )
