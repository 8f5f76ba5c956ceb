"""The translation of one owner: its specs, or the errors that hold it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sync.model.desired import ObjectSpec, Owner, Status
from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTranslation:
    """The translation of one owner.

    The owner is held when one of its problems is an error: it is left unchanged. Without specs and without an error it
    is not desired, and its live objects are deleted; `not_served` says why. `doubts` are
    warnings that count only where its VIP is created (see `Translation.doubts`).
    """

    owner: Owner
    name: str
    origin: Origin
    specs: tuple[ObjectSpec, ...] = ()
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Problem, ...] = ()
    statuses: tuple[Status, ...] = ()
    not_served: str = ""

    @property
    def is_held(self) -> bool:
        """Whether an error holds it."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


@dataclass(slots=True)
class Findings:
    """Collects the problems of one owner while it is translated."""

    problems: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    """What may keep the Controller from creating the VIP; irrelevant if it is live already."""

    @property
    def has_errors(self) -> bool:
        """Whether what was found so far holds the owner."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def translation(
        self,
        owner: Owner,
        name: str,
        at: Resource,
        *,
        specs: tuple[ObjectSpec, ...],
        statuses: Iterable[Status],
        not_served: str = "",
    ) -> OwnerTranslation:
        """The translation of the owner, once everything is collected; `at` stands for it in messages."""
        return OwnerTranslation(
            owner=owner,
            name=name,
            origin=at.origin,
            specs=() if self.has_errors else specs,
            problems=tuple(self.problems),
            doubts=tuple(dict.fromkeys(self.doubts)),
            statuses=tuple(statuses),
            not_served=not_served,
        )

    def error(self, at: Resource, path: tuple[str | int, ...], message: str, fix: str, *, reason: str = "") -> None:
        """Something that holds the owner; `reason` is AKO's word for it."""
        self.problems.append(replace(problem_at(Severity.ERROR, at, path, message, fix), reason=reason))

    def doubt(self, at: Resource, path: tuple[str | int, ...], message: str, fix: str) -> None:
        """Something that may keep the Controller from creating the VIP."""
        self.doubts.append(problem_at(Severity.WARNING, at, path, message, fix))

    def warning(self, at: Resource, path: tuple[str | int, ...], message: str, fix: str) -> None:
        """Something the author should know."""
        self.problems.append(problem_at(Severity.WARNING, at, path, message, fix))


def problem_at(severity: Severity, at: Resource, path: tuple[str | int, ...], message: str, fix: str) -> Problem:
    """A problem with a field of a manifest."""
    return Problem(severity=severity, message=message, fix=fix, origin=at.origin, resource=at.title, field=path)
