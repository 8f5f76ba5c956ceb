"""Constructors of findings."""

from collections.abc import Callable, Iterable, Sequence

from sync.controller.errors import RefusedError
from sync.errors import SyncError, UnreachableError
from sync.model.checkup import Finding, Health

ROLE_FIX = "give the account a role with the privileges of deploy/avi-role.json in this tenant"
FORBIDDEN = 403

MOST_NAMED = 5
"""How many names a message lists; the rest is counted."""


def ok(check: str, message: str) -> Finding:
    """A check that passed."""
    return Finding(check=check, health=Health.OK, message=message)


def warning(check: str, message: str, fix: str) -> Finding:
    """A run would work, but somebody should look at this."""
    return Finding(check=check, health=Health.WARNING, message=message, fix=fix)


def problem(check: str, message: str, fix: str, *, is_unreachable: bool = False) -> Finding:
    """A run would fail."""
    return Finding(check=check, health=Health.PROBLEM, message=message, fix=fix, is_unreachable=is_unreachable)


def not_checked(check: str, why: str) -> Finding:
    """A check that could not be made."""
    return Finding(check=check, health=Health.NOT_CHECKED, message=why)


def from_error(check: str, error: SyncError) -> Finding:
    """An error as a finding."""
    message = f"{error.where}: {error.message}" if error.where and error.where not in error.message else error.message
    fix = error.fix or (ROLE_FIX if isinstance(error, RefusedError) and error.status == FORBIDDEN else "")
    return problem(check, message, fix, is_unreachable=isinstance(error, UnreachableError))


def attempt(check: str, look: Callable[[], Iterable[Finding]]) -> Sequence[Finding]:
    """The findings of a check; an error becomes its finding."""
    try:
        return tuple(look())
    except SyncError as error:
        return (from_error(check, error),)


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    found = sorted(names)
    rest = len(found) - MOST_NAMED
    return ", ".join(found[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
