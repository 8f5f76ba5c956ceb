"""Requests to the Controller as an observer sees them: what was sent, what came of it, never what was in it."""

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
    """A request is about to be sent again, because of a trouble that may pass by itself."""

    method: str
    path: str
    trouble: str


Observer = Callable[[Exchange | Repetition], None]
"""Called by whatever thread sends; it must not raise."""


def unobserved(event: Exchange | Repetition) -> None:
    """Nobody listens."""
    del event
