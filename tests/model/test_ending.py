"""What a run says about Git and the Controller, and when that is worth a message."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sync.errors import PRECEDENCE, ExitCode
from sync.model.cluster import ClusterState, Unread
from sync.model.desired import DesiredState
from sync.model.ending import Ending, Memory, SyncState, Topic, Traffic, remembered, topic_of
from sync.model.plan import Action, Plan
from sync.model.resources.core import EndpointSlice
from sync.model.run import Run
from sync.report.ending import MEANINGS
from tests.shared.builders import make_object
from tests.shared.plans import make_change, make_plan_of

EMPTY = DesiredState(commit="c0ffee", cluster="north", objects={})


def make_ending(exit_code: ExitCode = ExitCode.DONE, **fields: object) -> Ending:
    """A run that is over, and that had no result."""
    return Ending(target="north", exit_code=exit_code, ended=2000.0, seconds={}, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exit_code", "state"),
    [
        (ExitCode.DONE, SyncState.IN_SYNC),
        (ExitCode.UNEXPECTED, SyncState.FAILING),
        (ExitCode.SOURCE_INVALID, SyncState.FAILING),
        (ExitCode.REFUSED, SyncState.FAILING),
        (ExitCode.HELD_OR_FAILED, SyncState.FAILING),
        (ExitCode.UNREACHABLE, SyncState.FAILING),
        (ExitCode.STALE_PLAN, SyncState.FAILING),
        (ExitCode.USAGE, SyncState.FAILING),
        pytest.param(ExitCode.LOCKED, None, id="another run is at it"),
        pytest.param(ExitCode.INTERRUPTED, None, id="a person stopped it"),
        pytest.param(ExitCode.TERMINATED, None, id="a system stopped it"),
    ],
)
def test_an_exit_code_tells_a_state(exit_code: ExitCode, state: SyncState | None) -> None:
    """What was stopped, or left the field to another run, tells nothing."""
    assert make_ending(exit_code).sync_state is state


@pytest.mark.parametrize(
    ("is_dry", "plan", "state"),
    [
        pytest.param(True, make_plan_of(make_change(Action.CREATE)), SyncState.DRIFT, id="a dry run with changes"),
        pytest.param(True, make_plan_of(), SyncState.IN_SYNC, id="a dry run without"),
        pytest.param(False, make_plan_of(make_change(Action.CREATE)), SyncState.IN_SYNC, id="a run that has written"),
        pytest.param(True, None, SyncState.IN_SYNC, id="a run without a plan"),
    ],
)
def test_a_dry_run_that_finds_changes_tells_drift(is_dry: bool, plan: Plan | None, state: SyncState) -> None:
    """A run that wrote them has ended it."""
    run = Run(desired=EMPTY, plan=plan, is_dry=is_dry)

    assert make_ending(ExitCode.CHANGES_PENDING, run=run).sync_state is state


def test_a_success_is_remembered_with_its_time() -> None:
    """And with its state, where that was told."""
    before = Memory(sync_state=SyncState.FAILING, last_success=1000.0)

    after = remembered(before, make_ending(), is_told=True)

    assert (after.sync_state, after.last_success) == (SyncState.IN_SYNC, 2000.0)


@pytest.mark.parametrize(
    ("before", "now", "topic"),
    [
        pytest.param(None, SyncState.IN_SYNC, None, id="first run, good"),
        pytest.param(None, SyncState.DRIFT, None, id="first run, nothing deployed yet"),
        pytest.param(None, SyncState.FAILING, Topic.FAILING, id="first run, bad"),
        pytest.param(SyncState.IN_SYNC, SyncState.IN_SYNC, None, id="still good"),
        pytest.param(SyncState.IN_SYNC, SyncState.DRIFT, Topic.DRIFT, id="somebody changed something"),
        pytest.param(SyncState.IN_SYNC, SyncState.FAILING, Topic.FAILING, id="it broke"),
        pytest.param(SyncState.DRIFT, SyncState.IN_SYNC, Topic.RECOVERED, id="put right"),
        pytest.param(SyncState.DRIFT, SyncState.DRIFT, None, id="still drifted"),
        pytest.param(SyncState.DRIFT, SyncState.FAILING, Topic.FAILING, id="from bad to worse"),
        pytest.param(SyncState.FAILING, SyncState.IN_SYNC, Topic.RECOVERED, id="recovered"),
        pytest.param(SyncState.FAILING, SyncState.DRIFT, Topic.DRIFT, id="it works again, and sees drift"),
        pytest.param(SyncState.FAILING, SyncState.FAILING, None, id="still failing"),
        pytest.param(SyncState.IN_SYNC, None, None, id="stopped"),
    ],
)
def test_a_change_of_state_is_a_topic(before: SyncState | None, now: SyncState | None, topic: Topic | None) -> None:
    """And nothing else is."""
    assert topic_of(before, now) is topic


def test_what_was_not_told_is_not_remembered() -> None:
    """Else the next run would keep it to itself."""
    before = Memory(sync_state=SyncState.IN_SYNC, last_success=1000.0)

    after = remembered(before, make_ending(ExitCode.UNREACHABLE), is_told=False)

    assert after == before


def test_a_run_that_was_stopped_changes_nothing_but_counters() -> None:
    """Neither the state nor the last success is another one."""
    before = Memory(sync_state=SyncState.DRIFT, last_success=1000.0, traffic=Traffic(requests={("GET", "200"): 2}))
    stopped = make_ending(ExitCode.TERMINATED, traffic=Traffic(requests={("GET", "200"): 3, ("PUT", "412"): 1}))

    after = remembered(before, stopped, is_told=True)

    assert (after.sync_state, after.last_success) == (SyncState.DRIFT, 1000.0)
    assert after.traffic.requests == {("GET", "200"): 5, ("PUT", "412"): 1}


def test_every_exit_code_has_its_words() -> None:
    """A verdict can be told for each."""
    assert MEANINGS.keys() == set(ExitCode) >= set(PRECEDENCE)


def make_cluster(*unread: Unread) -> ClusterState:
    """A cluster that was read at 1500 seconds."""
    return ClusterState(name="north", read_at=datetime.fromtimestamp(1500, UTC), unread=unread)


UNREAD = Unread(group_kind=EndpointSlice.GROUP_KIND, namespace="shop", reason="it does not answer")
POOL = make_object({})
SOMETHING = replace(EMPTY, objects={POOL.key: POOL})


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(Run(desired=SOMETHING, cluster=make_cluster()), 1500.0, id="read"),
        pytest.param(Run(desired=SOMETHING, cluster=make_cluster(UNREAD)), 1000.0, id="not as a whole"),
        pytest.param(None, 1000.0, id="no result"),
        pytest.param(Run(desired=EMPTY), 1000.0, id="a source that cannot be used, or a run without manifests"),
        pytest.param(Run(desired=SOMETHING), None, id="Git alone tells servers now"),
    ],
)
def test_the_last_good_read_of_a_cluster_is_remembered(run: Run | None, expected: float | None) -> None:
    """As long as a cluster tells servers: its age says for how long they may have been wrong."""
    before = Memory(last_cluster_read=1000.0)

    assert remembered(before, make_ending(run=run), is_told=True).last_cluster_read == expected
