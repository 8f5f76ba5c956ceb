"""How checks say what they found."""

from collections.abc import Callable, Iterable, Sequence

from sync.controller.errors import RefusedError
from sync.errors import SyncError, UnreachableError
from sync.model.checkup import Finding, Health

ROLE_FIX = "give the account a role with the privileges of deploy/avi-role.json in this tenant"
FORBIDDEN = 403

MOST_NAMED = 5
"""How many names a message holds; the rest is counted."""


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check=check, health=Health.OK, message=message)


def warning(check: str, message: str, fix: str) -> Finding:
    """A run would work, and somebody should know."""
    return Finding(check=check, health=Health.WARNING, message=message, fix=fix)


def problem(check: str, message: str, fix: str, *, is_unreachable: bool = False) -> Finding:
    """A run would not do what is asked of it."""
    return Finding(check=check, health=Health.PROBLEM, message=message, fix=fix, is_unreachable=is_unreachable)


def not_checked(check: str, why: str) -> Finding:
    """It cannot be known."""
    return Finding(check=check, health=Health.NOT_CHECKED, message=why)


def from_error(check: str, error: SyncError) -> Finding:
    """An error as a finding."""
    message = f"{error.where}: {error.message}" if error.where and error.where not in error.message else error.message
    fix = error.fix or (ROLE_FIX if isinstance(error, RefusedError) and error.status == FORBIDDEN else "")
    return problem(check, message, fix, is_unreachable=isinstance(error, UnreachableError))


def attempt(check: str, look: Callable[[], Iterable[Finding]]) -> Sequence[Finding]:
    """What a check found; an error that ends it is what it found."""
    try:
        return tuple(look())
    except SyncError as error:
        return (from_error(check, error),)


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    found = sorted(names)
    rest = len(found) - MOST_NAMED
    return ", ".join(found[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
