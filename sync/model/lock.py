"""Who writes to a Controller for a cluster, and the record for the next run."""

from dataclasses import dataclass, replace
from typing import Self

from sync.model.live import Backup

BEATS_PER_TTL = 4
"""Heartbeats per `ttl_seconds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A run that holds the lock. No clocks are compared: it lives while `beats` goes on.

    `name` is `user@host`. After `ttl_seconds` without a beat, another run may take the lock.
    """

    name: str
    pid: int
    run_id: str
    ttl_seconds: float
    beats: int = 0

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid}, run {self.run_id})"

    @property
    def beat_seconds(self) -> float:
        """The time from one beat to the next."""
        return self.ttl_seconds / BEATS_PER_TTL

    @property
    def age_text(self) -> str:
        """How long it has held the lock, as far as its beats tell: `about 45 s`."""
        seconds = round(self.beats * self.beat_seconds)
        if seconds < 120:
            return f"about {seconds} s"
        return f"about {seconds // 60} min" if seconds < 7200 else f"about {seconds // 3600} h"

    def beating(self) -> Self:
        """The same run, one beat later."""
        return replace(self, beats=self.beats + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last run that changed something.

    `source` is the normalised URL of the repository, without credentials, `path` the folder in it. `time` is for
    people: UTC, by the clock of the machine that ran.
    """

    source: str
    path: str
    commit: str
    time: str
    run_id: str

    @property
    def place(self) -> str:
        """Repository and folder as one text."""
        return f"{self.source} (folder {self.path})" if self.path else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a commit is not known to descend from another one, and what would help (empty: nothing would)."""

    reason: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the Controller keeps for us between runs: who holds the lock, who wrote last, what a crash would strand."""

    holder: Holder | None = None
    last: LastRun | None = None
    backups: tuple[Backup, ...] = ()
