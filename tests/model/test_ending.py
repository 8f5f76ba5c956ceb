"""What a run says about Git and the Controller, and when that is worth a message."""

import pytest

from sync.errors import PRECEDENCE, ExitCode
from sync.model.desired import DesiredState
from sync.model.ending import Condition, Ending, Event, Memory, Traffic, event_of, remembered
from sync.model.plan import Action, Plan
from sync.model.run import Run
from sync.report.ending import MEANINGS
from tests.plans import make_change, make_plan_of

EMPTY = DesiredState(commit="c0ffee", cluster="north", objects={})


def make_ending(exit_code: ExitCode = ExitCode.DONE, **fields: object) -> Ending:
    """A run that is over, and that had no result."""
    return Ending(target="north", exit_code=exit_code, ended=2000.0, seconds={}, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exit_code", "condition"),
    [
        (ExitCode.DONE, Condition.IN_SYNC),
        (ExitCode.UNEXPECTED, Condition.FAILING),
        (ExitCode.SOURCE_INVALID, Condition.FAILING),
        (ExitCode.REFUSED, Condition.FAILING),
        (ExitCode.HELD_OR_FAILED, Condition.FAILING),
        (ExitCode.UNREACHABLE, Condition.FAILING),
        (ExitCode.STALE_PLAN, Condition.FAILING),
        (ExitCode.USAGE, Condition.FAILING),
        pytest.param(ExitCode.LOCKED, None, id="another run is at it"),
        pytest.param(ExitCode.INTERRUPTED, None, id="a person stopped it"),
        pytest.param(ExitCode.TERMINATED, None, id="a system stopped it"),
    ],
)
def test_an_exit_code_tells_a_condition(exit_code: ExitCode, condition: Condition | None) -> None:
    """What was stopped, or left the field to another run, tells nothing."""
    assert make_ending(exit_code).condition is condition


@pytest.mark.parametrize(
    ("is_dry", "plan", "condition"),
    [
        pytest.param(True, make_plan_of(make_change(Action.CREATE)), Condition.DRIFT, id="a dry run with changes"),
        pytest.param(True, make_plan_of(), Condition.IN_SYNC, id="a dry run without"),
        pytest.param(False, make_plan_of(make_change(Action.CREATE)), Condition.IN_SYNC, id="a run that has written"),
        pytest.param(True, None, Condition.IN_SYNC, id="a run without a plan"),
    ],
)
def test_a_dry_run_that_finds_changes_tells_drift(is_dry: bool, plan: Plan | None, condition: Condition) -> None:
    """A run that wrote them has ended it."""
    run = Run(desired=EMPTY, plan=plan, is_dry=is_dry)

    assert make_ending(ExitCode.CHANGES_PENDING, run=run).condition is condition


def test_a_success_is_remembered_with_its_time() -> None:
    """And with its condition, where that was told."""
    before = Memory(condition=Condition.FAILING, last_success=1000.0)

    after = remembered(before, make_ending(), is_told=True)

    assert (after.condition, after.last_success) == (Condition.IN_SYNC, 2000.0)


@pytest.mark.parametrize(
    ("before", "now", "event"),
    [
        pytest.param(None, Condition.IN_SYNC, None, id="first run, good"),
        pytest.param(None, Condition.DRIFT, None, id="first run, nothing deployed yet"),
        pytest.param(None, Condition.FAILING, Event.FAILING, id="first run, bad"),
        pytest.param(Condition.IN_SYNC, Condition.IN_SYNC, None, id="still good"),
        pytest.param(Condition.IN_SYNC, Condition.DRIFT, Event.DRIFT, id="somebody changed something"),
        pytest.param(Condition.IN_SYNC, Condition.FAILING, Event.FAILING, id="it broke"),
        pytest.param(Condition.DRIFT, Condition.IN_SYNC, Event.RECOVERED, id="put right"),
        pytest.param(Condition.DRIFT, Condition.DRIFT, None, id="still drifted"),
        pytest.param(Condition.DRIFT, Condition.FAILING, Event.FAILING, id="from bad to worse"),
        pytest.param(Condition.FAILING, Condition.IN_SYNC, Event.RECOVERED, id="recovered"),
        pytest.param(Condition.FAILING, Condition.DRIFT, Event.DRIFT, id="it works again, and sees drift"),
        pytest.param(Condition.FAILING, Condition.FAILING, None, id="still failing"),
        pytest.param(Condition.IN_SYNC, None, None, id="stopped"),
    ],
)
def test_a_change_of_condition_is_an_event(
    before: Condition | None, now: Condition | None, event: Event | None
) -> None:
    """And nothing else is."""
    assert event_of(before, now) is event


def test_what_was_not_told_is_not_remembered() -> None:
    """Else the next run would keep it to itself."""
    before = Memory(condition=Condition.IN_SYNC, last_success=1000.0)

    after = remembered(before, make_ending(ExitCode.UNREACHABLE), is_told=False)

    assert after == before


def test_a_run_that_was_stopped_changes_nothing_but_counters() -> None:
    """Neither the condition nor the last success is another one."""
    before = Memory(condition=Condition.DRIFT, last_success=1000.0, traffic=Traffic(requests={("GET", "200"): 2}))
    stopped = make_ending(ExitCode.TERMINATED, traffic=Traffic(requests={("GET", "200"): 3, ("PUT", "412"): 1}))

    after = remembered(before, stopped, is_told=True)

    assert (after.condition, after.last_success) == (Condition.DRIFT, 1000.0)
    assert after.traffic.requests == {("GET", "200"): 5, ("PUT", "412"): 1}


def test_every_exit_code_has_its_words() -> None:
    """A verdict can be told for each."""
    assert MEANINGS.keys() == set(ExitCode) >= set(PRECEDENCE)
