"""Runs as a journal tells of them, from plans that a perfect Controller applies."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sync.model.desired import ObjectKey
from sync.model.journal import ChangeEnded, ChangePlanned, Event, RecordedRun, RunBegan, WriteEnded, recorded_runs
from sync.model.live import LiveState
from sync.model.outcome import ChangeState, WriteState
from sync.model.plan import Plan
from sync.model.secrets import without_secrets
from tests.plan.controller import PerfectController

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEGAN = RunBegan(
    run="one",
    time=NOW,
    command="sync",
    actor="ada@host",
    controller="https://avi.example.com",
    cluster="test",
    source="https://git.example.com/net",
    path="",
    commit="c0ffee",
)


def began(run: str, minutes: int = 0) -> RunBegan:
    """A run that began so many minutes after the first one."""
    return replace(BEGAN, run=run, time=NOW + timedelta(minutes=minutes))


def planned(plan: Plan, live: LiveState, run: str = "one") -> Iterator[ChangePlanned]:
    """What a journal says of a plan before anything is sent."""
    for change_set in plan.change_sets:
        sent = {write.key: write.body for write in change_set.writes}
        for change in change_set.changes:
            found = live.objects.get(change.key)
            yield ChangePlanned(
                run=run,
                time=NOW,
                action=change.action,
                key=change.key,
                owner=change.owner,
                reason=change.reason,
                fields=change.fields,
                before=None if found is None else without_secrets(found.body),
                after=without_secrets(sent.get(change.key)),
            )


def ended(key: ObjectKey, state: ChangeState, run: str = "one") -> ChangeEnded:
    """What became of one object."""
    return ChangeEnded(run=run, time=NOW, key=key, state=state)


def performed(controller: PerfectController, plan: Plan, run: str = "one", minutes: int = 0) -> RecordedRun:
    """The run that applies a plan, and what is written down of it."""
    story: list[Event] = [began(run, minutes), *planned(plan, controller.live, run)]
    controller.apply(plan)
    story += (ended(change.key, ChangeState.APPLIED, run) for change in plan.changes)
    return only(story)


def broken_off(controller: PerfectController, plan: Plan, writes: int) -> RecordedRun:
    """The run that dies after so many writes: each of them is written down, and nothing of how it ended."""
    story: list[Event] = [BEGAN, *planned(plan, controller.live)]
    for change_set in plan.change_sets:
        for write in change_set.writes[:writes]:
            controller.apply(replace(plan, change_sets=(replace(change_set, writes=(write,)),)))
            story.append(WriteEnded(run="one", time=NOW, method=write.method, key=write.key, state=WriteState.APPLIED))
        writes = max(0, writes - len(change_set.writes))
    return only(story)


def only(story: Sequence[Event]) -> RecordedRun:
    """The one run that events tell of."""
    (run,) = recorded_runs(story)
    return run
