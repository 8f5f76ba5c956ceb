"""A run owner by owner: changes, outcome and problems of each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync.model.desired import DesiredState, Held, ObjectKey, Owner
from sync.model.live import LiveState
from sync.model.outcome import ChangeOutcome, ChangeState, Outcome, OwnerOutcome, WriteOutcome
from sync.model.plan import Change
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run
from sync.plan.outages import NO_EFFECT, Effect, effects_of
from sync.report.words import one_line

PLANNED, HELD, UNCHANGED = "planned", "held", "unchanged"
"""States of owners without an applied change; the others are those of changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerReport:
    """One owner. `name` is that of its VirtualService.

    `outcome`, `ends` and `writes` are the results of the owner, of its changes and of its requests; `failure` is its
    change set, if that was not fully applied. `partners` are owners with which it exchanges
    addresses: they change together or not at all.
    """

    owner: Owner
    name: str = ""
    origin: Origin | None = None
    changes: tuple[Change, ...] = ()
    outcome: OwnerOutcome | None = None
    failure: Outcome | None = None
    ends: Mapping[ObjectKey, ChangeOutcome] = field(default_factory=dict)
    writes: tuple[WriteOutcome, ...] = ()
    is_held: bool = False
    problems: tuple[Problem, ...] = ()
    partners: tuple[Owner, ...] = ()
    effect: Effect = NO_EFFECT
    causes: tuple[Problem, ...] = ()
    """Problems of the owner and of its Services that may explain its outage; empty without an outage."""

    @property
    def standing(self) -> str:
        """`planned`, `held`, `unchanged`, or how its changes ended."""
        if self.failure is not None and self._is_applied:
            return self.failure.state.value
        if self.outcome is not None:
            return self.outcome.state.value
        if self.is_held:
            return HELD
        return PLANNED if self.changes else UNCHANGED

    @property
    def has_failed(self) -> bool:
        """Whether a change of it should have been applied and was not."""
        return self.failure is not None or not self._is_applied

    @property
    def _is_applied(self) -> bool:
        """Whether none of its changes is known to have failed."""
        return self.outcome is None or self.outcome.state is ChangeState.APPLIED

    @property
    def said(self) -> str:
        """Why a change of it was not applied, in the Controller's words; empty if all were."""
        told = (self.outcome.said if self.outcome else "", self.failure.said if self.failure else "")
        return next((words for words in told if words), "")

    @property
    def is_failure(self) -> bool:
        """Whether it needs attention."""
        is_wrong = any(problem.severity is Severity.ERROR for problem in self.problems)
        return self.is_held or is_wrong or self.has_failed

    @property
    def outages(self) -> tuple[str, ...]:
        """What clients lose by its changes."""
        return tuple(map(one_line, self.effect.words))


def owners_of(run: Run) -> tuple[OwnerReport, ...]:
    """Every owner of a run: those with an outage, those that change, both in plan order, the held, the rest by name."""
    plan_changes = run.plan.changes if run.plan else ()
    held = run.plan.held if run.plan else run.desired.held
    effects = effects_of(run.plan, run.before) if run.plan else {}
    changes: dict[Owner, list[Change]] = {owner: [] for owner in sorted_by_outage(effects)}
    for change in plan_changes:
        changes[change.owner].append(change)
    partners = {owner: item.owners for item in (run.plan.change_sets if run.plan else ()) for owner in item.owners}
    outcomes = {outcome.owner: outcome for outcome in run.owner_outcomes}
    ends: dict[Owner, dict[ObjectKey, ChangeOutcome]] = defaultdict(dict)
    writes: dict[Owner, list[WriteOutcome]] = defaultdict(list)
    failures: dict[Owner, Outcome | None] = {}
    for outcome in run.outcomes:
        for end in outcome.changes:
            ends[end.change.owner][end.change.key] = end
        for owner in outcome.change_set.owners:
            writes[owner] += outcome.writes
            failures[owner] = None if outcome.is_success else outcome
    return tuple(
        replace(
            report,
            effect=effects.get(report.owner, NO_EFFECT),
            causes=_causes(report, run) if effects.get(report.owner, NO_EFFECT).losses else (),
            partners=tuple(one for one in partners.get(report.owner, ()) if one != report.owner),
            outcome=outcomes.get(report.owner),
            failure=failures.get(report.owner),
            ends=ends.get(report.owner, {}),
            writes=tuple(writes.get(report.owner, ())),
        )
        for report in _reports(run.desired, run.before, run.problems, held, changes)
    )


def sorted_by_outage(effects: Mapping[Owner, Effect]) -> list[Owner]:
    """The owners that lose something first; otherwise the order is that of the plan."""
    return sorted(effects, key=lambda owner: not effects[owner].losses)


def _causes(report: OwnerReport, run: Run) -> tuple[Problem, ...]:
    services = run.desired.in_git.of_services
    titles = {f"Service {'/'.join(key)}" for key, owner in services.items() if owner == report.owner}
    return tuple(problem for problem in run.problems if problem.resource in {str(report.owner), *titles})


def owners_of_tree(desired: DesiredState) -> tuple[OwnerReport, ...]:
    """Every owner of a tree, without a Controller: those held, then the rest by name."""
    return tuple(_reports(desired, LiveState(), desired.problems, desired.held, {}))


def unowned(problems: Iterable[Problem], owners: Iterable[OwnerReport]) -> tuple[Problem, ...]:
    """The problems that none of these owners has."""
    owned = {problem for report in owners for problem in report.problems}
    return tuple(problem for problem in problems if problem not in owned)


def _reports(
    desired: DesiredState,
    live: LiveState,
    problems: Iterable[Problem],
    held: Iterable[Held],
    changes: Mapping[Owner, Iterable[Change]],
) -> Iterator[OwnerReport]:
    held_names = {item.owner: item for item in held}
    names = {
        **{item.owner: item.owner_name for item in live if item.is_ours and item.owner is not None},
        **{item.owner: item.owner_name for item in desired},
        **{owner: item.name for owner, item in held_names.items()},
    }
    by_title: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_title[problem.resource].append(problem)
    for owner in dict.fromkeys([*changes, *held_names, *sorted(names)]):
        is_held = owner in held_names
        name = names.get(owner, "")
        yield OwnerReport(
            owner=owner,
            name=name,
            origin=desired.origins.get(name) or (held_names[owner].origin if is_held else None),
            changes=tuple(changes.get(owner, ())),
            is_held=is_held,
            problems=tuple(by_title.get(str(owner), ())),
        )
