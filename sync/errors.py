"""The errors that end a run, and their exit codes.

A `SyncError` ends a run (or one command) with one clear message; a problem of a single manifest is not an
exception but a `Problem` value, because a run reports all of them together.
"""

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; their order of precedence is that of `PRECEDENCE`."""

    DONE = 0
    UNEXPECTED = 1
    CHANGES_PENDING = 2
    SOURCE_INVALID = 3
    REFUSED = 4
    HELD_OR_FAILED = 5
    UNREACHABLE = 6
    LOCKED = 7
    STALE_PLAN = 8
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
    ExitCode.STALE_PLAN,
    ExitCode.SOURCE_INVALID,
    ExitCode.REFUSED,
    ExitCode.HELD_OR_FAILED,
    ExitCode.CHANGES_PENDING,
    ExitCode.DONE,
)
"""Where several codes apply to one run, the first of these is its exit code."""


MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done, or nothing to do",
    ExitCode.UNEXPECTED: "an unexpected error",
    ExitCode.CHANGES_PENDING: "changes are pending, or somebody changed the Controller (only with --detailed-exitcode)",
    ExitCode.SOURCE_INVALID: "the source cannot be used; nothing was written",
    ExitCode.REFUSED: "a guard refused the plan: it was printed, and nothing was written",
    ExitCode.HELD_OR_FAILED: "something is held or failed; the rest was done (in a dry run: something is held)",
    ExitCode.UNREACHABLE: "Git or the Controller cannot be reached, or refused the login",
    ExitCode.LOCKED: "another run holds the lock, or this one lost it; changes that had not started were not tried",
    ExitCode.STALE_PLAN: "a saved plan is out of date: the commit or the Controller has changed; nothing was written",
    ExitCode.USAGE: "the command line or the environment is wrong",
    ExitCode.INTERRUPTED: "stopped by SIGINT; what was in progress was completed",
    ExitCode.TERMINATED: "stopped by SIGTERM or another signal that can be caught; what was in progress was completed",
}
"""What each exit code means."""


class SyncError(Exception):
    """Ends a run with one message that a user can act on.

    `where` is a place such as `values.yaml:3`, a URL or a path; `fix` says what to do.
    """

    exit_code = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        first = f"{self.where}: {self.message}" if self.where else self.message
        return f"{first}\n  fix: {self.fix}" if self.fix else first


class UsageError(SyncError):
    """The command line or the environment requests something impossible."""

    exit_code = ExitCode.USAGE


class SourceError(SyncError):
    """Nothing usable could be read from the source; nothing was written anywhere."""

    exit_code = ExitCode.SOURCE_INVALID


class UnreachableError(SyncError):
    """Git or the Controller could not be reached, or refused the login."""

    exit_code = ExitCode.UNREACHABLE


class LockedError(SyncError):
    """Another run holds the lock of this Controller and cluster; this one wrote nothing."""

    exit_code = ExitCode.LOCKED


class LockLostError(SyncError):
    """Another run may hold this run's lock now: this one must not write any more."""

    exit_code = ExitCode.LOCKED
