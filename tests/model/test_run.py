"""The exit code tells how a run ended."""

from dataclasses import replace
from typing import Any

import pytest

from sync.errors import ExitCode
from sync.model.desired import DesiredState
from sync.model.outcome import ChangeState, ServiceState, SetState, Verdict, WriteState
from sync.model.plan import Action, Refusal
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run
from tests.shared.builders import make_object
from tests.shared.plans import make_change, make_key, make_outcome, make_owner, make_plan_of, make_set

EMPTY, CHANGES = make_plan_of(), make_plan_of(make_change(Action.CREATE))
POOL = make_object({})


def problem(severity: Severity = Severity.ERROR, message: str = "no", file: str = "a.yaml", line: int = 1) -> Problem:
    """One problem of a manifest."""
    return Problem(severity=severity, message=message, fix="", origin=Origin(file=file, line=line))


def desired(*problems: Problem, is_usable: bool = True) -> DesiredState:
    """One object, or none."""
    objects = {POOL.key: POOL} if is_usable else {}
    return DesiredState(commit="c0ffee", cluster="north", objects=objects, problems=problems)


def code(*, is_detailed: bool = False, **fields: Any) -> ExitCode:
    """The exit code of a run that planned nothing and found nothing wrong, but for these fields."""
    return replace(Run(desired=desired(), plan=EMPTY), **fields).exit_code(is_detailed=is_detailed)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(desired(), ExitCode.DONE, id="nothing wrong"),
        pytest.param(desired(problem(Severity.WARNING)), ExitCode.DONE, id="a warning"),
        pytest.param(desired(problem()), ExitCode.HELD_OR_FAILED, id="an error beside what is usable"),
        pytest.param(desired(problem(), is_usable=False), ExitCode.SOURCE_INVALID, id="nothing usable"),
        pytest.param(desired(is_usable=False), ExitCode.DONE, id="an empty tree"),
    ],
)
def test_a_source_is_invalid_where_nothing_of_it_is_usable(given: DesiredState, expected: ExitCode) -> None:
    """One broken manifest among others holds what it is about."""
    assert given.exit_code is expected


FAILED = make_outcome(make_set(make_change(Action.UPDATE)), WriteState.FAILED, state=SetState.FAILED)
APPLIED = make_outcome(make_set(make_change(Action.UPDATE)))


def service(verdict: Verdict) -> ServiceState:
    """A VirtualService that was waited for."""
    return ServiceState(key=make_key(), owner=make_owner(), verdict=verdict)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, ExitCode.DONE, id="nothing to do"),
        pytest.param({"plan": CHANGES, "outcomes": (APPLIED,), "is_dry": False}, ExitCode.DONE, id="applied"),
        pytest.param({"outcomes": (APPLIED, FAILED)}, ExitCode.HELD_OR_FAILED, id="one set failed"),
        pytest.param({"remaining": CHANGES}, ExitCode.HELD_OR_FAILED, id="live is not what Git requests"),
        pytest.param({"remaining": EMPTY}, ExitCode.DONE, id="nothing remains"),
        pytest.param({"desired": desired(problem())}, ExitCode.HELD_OR_FAILED, id="something is held"),
        pytest.param({"desired": desired(problem(Severity.WARNING))}, ExitCode.DONE, id="a warning"),
        pytest.param({"notices": (problem(),)}, ExitCode.HELD_OR_FAILED, id="an error of the record"),
        pytest.param({"services": (service(Verdict.UP), service(Verdict.IDLE))}, ExitCode.DONE, id="up, and idle"),
        pytest.param({"services": (service(Verdict.IDLE),)}, ExitCode.HELD_OR_FAILED, id="nothing is up"),
        pytest.param({"services": (service(Verdict.NOT_UP),)}, ExitCode.HELD_OR_FAILED, id="not up"),
        pytest.param({"services": (service(Verdict.UNKNOWN),)}, ExitCode.HELD_OR_FAILED, id="nobody knows"),
        pytest.param({"plan": None}, ExitCode.SOURCE_INVALID, id="no plan"),
        pytest.param({"desired": desired(problem(), is_usable=False)}, ExitCode.SOURCE_INVALID, id="nothing usable"),
        pytest.param({"refusals": (Refusal(message="frozen", fix=""),)}, ExitCode.REFUSED, id="refused"),
        pytest.param({"is_stale": True}, ExitCode.STALE_PLAN, id="a saved plan that no longer fits"),
        pytest.param({"locked": "alice@laptop"}, ExitCode.LOCKED, id="another run holds the lock"),
        pytest.param({"lost": "no answer"}, ExitCode.UNREACHABLE, id="how things stand is not known"),
    ],
)
def test_each_way_to_end_has_its_code(fields: dict[str, Any], expected: ExitCode) -> None:
    """By itself."""
    assert code(**fields) is expected


WORST_FIRST: tuple[tuple[str, Any, ExitCode], ...] = (
    ("lost", "no answer", ExitCode.UNREACHABLE),
    ("locked", "alice@laptop", ExitCode.LOCKED),
    ("is_stale", True, ExitCode.STALE_PLAN),
    ("plan", None, ExitCode.SOURCE_INVALID),
    ("refusals", (Refusal(message="frozen", fix=""),), ExitCode.REFUSED),
    ("outcomes", (FAILED,), ExitCode.HELD_OR_FAILED),
)


@pytest.mark.parametrize("first", range(len(WORST_FIRST)))
def test_of_several_ends_the_first_in_the_order_of_precedence_counts(first: int) -> None:
    """As `PRECEDENCE` has it."""
    fields = {name: value for name, value, _ in WORST_FIRST[first:]}

    assert code(**fields) is WORST_FIRST[first][2]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"plan": CHANGES}, ExitCode.CHANGES_PENDING, id="changes"),
        pytest.param({}, ExitCode.DONE, id="no changes"),
        pytest.param({"plan": CHANGES, "is_dry": False}, ExitCode.DONE, id="not dry"),
        pytest.param({"plan": CHANGES, "desired": desired(problem())}, ExitCode.HELD_OR_FAILED, id="something is held"),
    ],
)
def test_a_dry_run_tells_pending_changes_where_somebody_asks(fields: dict[str, Any], expected: ExitCode) -> None:
    """With --detailed-exitcode."""
    assert code(is_detailed=True, **fields) is expected


def test_without_being_asked_pending_changes_are_no_failure() -> None:
    """A dry run in a pipeline."""
    assert code(plan=CHANGES) is ExitCode.DONE


def test_problems_of_source_plan_and_record_come_together_once_each_by_place() -> None:
    """What the plan says again after applying is said once."""
    second, third = problem(file="b.yaml"), problem(line=7)
    plan = make_plan_of()
    of_the_plan = Run(
        desired=desired(second, third), plan=plan, remaining=plan, notices=(second, problem(message="old"))
    )

    assert [(item.file, item.line, item.message) for item in of_the_plan.problems] == [
        ("a.yaml", 1, "old"),
        ("a.yaml", 7, "no"),
        ("b.yaml", 1, "no"),
    ]


def test_a_run_that_applied_nothing_has_no_outcomes_of_owners() -> None:
    """And one that did has one for each."""
    ran = Run(desired=desired(), plan=CHANGES, outcomes=(APPLIED,))

    assert (Run(desired=desired()).owner_outcomes, [item.owner for item in ran.owner_outcomes]) == ((), [make_owner()])


HANDED_OVER = make_plan_of(make_change(Action.ADOPT))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"plan": CHANGES}, True, id="a dry run"),
        pytest.param({"plan": CHANGES, "is_dry": False, "outcomes": (APPLIED,)}, False, id="applied"),
        pytest.param({"plan": EMPTY, "is_dry": False}, True, id="nothing to do"),
        pytest.param({"plan": None, "is_dry": False}, True, id="no plan"),
        pytest.param({"plan": CHANGES, "is_dry": False, "locked": "alice"}, True, id="locked out"),
        pytest.param(
            {"plan": CHANGES, "is_dry": False, "locked": "alice", "outcomes": (APPLIED,)}, False, id="lock lost"
        ),
        pytest.param(
            {"plan": CHANGES, "is_dry": False, "refusals": (Refusal(message="", fix=""),)}, True, id="refused"
        ),
    ],
)
def test_a_run_only_plans_unless_it_began_to_apply(fields: dict[str, Any], expected: bool) -> None:
    """Then its plan is the whole result."""
    assert Run(desired=desired(), **fields).is_only_planned is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"plan": None}, {}, id="no plan"),
        pytest.param({"plan": CHANGES}, {Action.CREATE: 1}, id="planned"),
        pytest.param({"plan": CHANGES, "is_dry": False, "outcomes": (APPLIED, FAILED)}, {Action.UPDATE: 1}, id="done"),
        pytest.param({"plan": HANDED_OVER}, {Action.ADOPT: 1}, id="a change of hands"),
    ],
)
def test_objects_are_counted_as_planned_or_as_applied(fields: dict[str, Any], expected: dict[Action, int]) -> None:
    """What failed does not count; create, update, replace and delete are always named."""
    always = dict.fromkeys((Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE), 0)

    assert Run(desired=desired(), **fields).counts == always | expected


def test_owners_in_trouble_are_counted_by_how_they_ended() -> None:
    """Those whose changes were applied are not among them."""
    ran = Run(desired=desired(), plan=CHANGES, outcomes=(APPLIED, FAILED))

    assert Run(desired=desired(), plan=CHANGES, outcomes=(APPLIED,)).owners_in_trouble == {}
    assert ran.owners_in_trouble == {ChangeState.FAILED: 1}
