"""The run that writes now × the run that wrote last → refusals. Pure.

Two sources for one cluster would undo each other's changes, and an older commit would undo newer ones.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sync.model.lock import Doubt, LastRun
from sync.model.plan import Refusal
from sync.model.wording import short


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A run that is about to write, as it is recorded for the next one.

    `doubt` says why its commit is not known to descend from the last one's; None if it does.
    """

    source: str
    path: str
    commit: str
    doubt: Doubt | None = None

    @property
    def place(self) -> str:
        """Repository and folder as one text."""
        return f"{self.source} (folder {self.path})" if self.path else self.source


def wrong_writer(
    last: LastRun | None, writer: Writer, *, accepts_source: bool = False, accepts_older_commit: bool = False
) -> tuple[Refusal, ...]:
    """Why this run must not write after the last one; empty if it may."""
    if last is None:
        return ()
    found: list[Refusal] = []
    if not accepts_source:
        found += _other_source(last, writer)
    if not accepts_older_commit:
        found += _older_commit(last, writer)
    return tuple(found)


def _other_source(last: LastRun, writer: Writer) -> Iterator[Refusal]:
    if not is_same_source(last, writer):
        yield Refusal(
            message=f"run {last.run_id} of {last.time} wrote from {last.place}; this one reads {writer.place}",
            fix="use that source; if this one replaces it, run once with --accept-source",
        )


def _older_commit(last: LastRun, writer: Writer) -> Iterator[Refusal]:
    if writer.commit != last.commit and writer.doubt is not None:
        yield Refusal(
            message=f"commit {short(writer.commit)} does not descend from {short(last.commit)}, which run "
            f"{last.run_id} applied on {last.time}: {writer.doubt.reason}",
            fix=writer.doubt.fix or "use a newer commit; if it is intended, run once with --accept-older-commit",
        )


def is_same_source(last: LastRun, writer: Writer) -> bool:
    """Whether a run read the repository and folder that this one reads."""
    return (_without_transport(last.source), last.path) == (_without_transport(writer.source), writer.path)


def _without_transport(source: str) -> str:
    """The URL without https or ssh: Git servers offer a repository under both."""
    return re.sub(r"^(?:https|ssh)://", "//", source)
