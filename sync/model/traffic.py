"""Requests to the Controller for observers: method, path and result, never the content."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request over the wire; `status` is that of the answer, or the kind of failure where none came."""

    method: str
    path: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A request is about to be retried, after a failure that may be temporary."""

    method: str
    path: str
    trouble: str


Observer = Callable[[Exchange | Repetition], None]
"""Called by any thread that sends; it must not raise."""


def unobserved(event: Exchange | Repetition) -> None:
    """Does nothing."""
    del event
