"""Events on disk: added, never changed; read back as they were written, whatever happened to the file."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.errors import ExitCode, UsageError
from sync.journal import Journal, read_journal
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.journal import (
    ChangeEnded,
    ChangePlanned,
    Event,
    RunBegan,
    RunEnded,
    WriteEnded,
    recorded_runs,
)
from sync.model.outcome import ChangeState, WriteState
from sync.model.plan import Action, FieldChange, Method

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
KEY = ObjectKey(kind="Pool", tenant="admin", cloud="Default-Cloud", name="north--shop-web-80")
OWNER = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")

BEGAN = RunBegan(
    run="one",
    time=NOW,
    command="sync",
    actor="ada@host",
    controller="https://avi.example.com",
    cluster="north",
    source="https://git.example.com/avi",
    path="prod",
    commit="c0ffee",
)
PLANNED = ChangePlanned(
    run="one",
    time=NOW,
    action=Action.UPDATE,
    key=KEY,
    owner=OWNER,
    reason="changed",
    fields=(FieldChange(path="servers[0].port", before=80, after=81),),
    before={"servers": [{"port": 80}], "name": "ä\n"},
    after={"servers": [{"port": 81}]},
)
WRITTEN = WriteEnded(run="one", time=NOW, method=Method.PUT, key=KEY, state=WriteState.APPLIED)
SETTLED = ChangeEnded(run="one", time=NOW, key=KEY, state=ChangeState.APPLIED)
ENDED = RunEnded(
    run="one", time=NOW, exit_code=ExitCode.HELD_OR_FAILED, counts={"update": 1}, held=2, troubles=("no such pool",)
)
ALL: tuple[Event, ...] = (BEGAN, PLANNED, WRITTEN, SETTLED, ENDED)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Every event comes back equal, in order."""
    place = tmp_path / "journal.jsonl"

    Journal(place, run="one", began=NOW).add(*ALL[:2])
    Journal(place, run="one", began=NOW).add(*ALL[2:])

    assert read_journal(place) == (ALL, 0)


def test_a_journal_is_nobody_elses_business(tmp_path: Path) -> None:
    """Bodies tell how a network is built."""
    place = tmp_path / "new" / "journal.jsonl"

    Journal(place, run="one", began=NOW).add(BEGAN)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_folder_has_a_file_for_each_run(tmp_path: Path) -> None:
    """A folder that is there, or a name without an ending: files that sort by time."""
    for number, run in enumerate(("one", "../two")):
        began = replace(BEGAN, run=run, time=NOW + timedelta(hours=number))
        Journal(tmp_path / "runs", run=run, began=began.time).add(began)

    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    events, unread = read_journal(tmp_path / "runs")

    assert names == ["20261126T120000-one.jsonl", "20261126T130000-.._two.jsonl"]
    assert ([event.run for event in events], unread) == (["one", "../two"], 0)


@pytest.mark.parametrize("kept", [1, 40, -1], ids=["one byte", "some", "all but the end"])
def test_a_torn_line_costs_itself_only(tmp_path: Path, kept: int) -> None:
    """A machine that died while it wrote: what comes later begins on a line of its own."""
    place = tmp_path / "journal.jsonl"
    Journal(place, run="one", began=NOW).add(BEGAN, PLANNED)
    first, second = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(first + second[:kept])

    Journal(place, run="one", began=NOW).add(ENDED)

    # A line that misses nothing but its end was written whole.
    expected = ((BEGAN, PLANNED, ENDED), 0) if kept == -1 else ((BEGAN, ENDED), 1)
    assert read_journal(place) == expected


def test_lines_of_others_are_left_out(tmp_path: Path) -> None:
    """Rubbish, another program's lines, an event of a later version: counted, and skipped."""
    place = tmp_path / "journal.jsonl"
    Journal(place, run="one", began=NOW).add(BEGAN)
    with place.open("ab") as file:
        file.write(b'\xff\xfe\n\n{"event": "tomorrow"}\n[]\n')

    assert read_journal(place) == ((BEGAN,), 3)


def test_several_writers_do_not_mix(tmp_path: Path) -> None:
    """Each has the file open for itself, as processes have; every line is whole."""
    place = tmp_path / "journal.jsonl"
    journals = [Journal(place, run=f"run{number}", began=NOW) for number in range(8)]
    large = replace(PLANNED, before={"name": "x" * 200_000})

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda journal: [journal.add(large, WRITTEN) for _ in range(5)], journals))

    events, unread = read_journal(place)
    assert (len(events), unread) == (80, 0)
    assert list(events[::2]) == [large] * 40


def test_a_journal_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """With the reason and the place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"journal\.jsonl: the journal cannot be written"):
        Journal(tmp_path / "file" / "journal.jsonl", run="one", began=NOW).add(BEGAN)


def test_there_must_be_a_journal_to_read(tmp_path: Path) -> None:
    """Nothing is not an empty journal: its name may be wrong."""
    with pytest.raises(UsageError, match="there is no journal"):
        read_journal(tmp_path / "journal.jsonl")


# --- what can be told from it -----------------------------------------------------------------------------------------


def state_after(*events: Event, action: Action = Action.UPDATE) -> ChangeState | None:
    """What is known of one change after these events."""
    (run,) = recorded_runs((BEGAN, replace(PLANNED, action=action), *events))
    return run.changes[0].state


FAILED = replace(WRITTEN, state=WriteState.FAILED, said="no")
DELETED = replace(WRITTEN, method=Method.DELETE)
CREATED = replace(WRITTEN, method=Method.POST)


def test_a_change_is_what_its_last_event_says() -> None:
    """Planned and no more: nobody knows. Written: done. What is told at the end counts most."""
    assert state_after() is None
    assert state_after(WRITTEN) is ChangeState.APPLIED
    assert state_after(FAILED) is ChangeState.FAILED
    assert state_after(WRITTEN, replace(SETTLED, state=ChangeState.RESTORED)) is ChangeState.RESTORED


def test_a_replace_is_done_with_its_second_write() -> None:
    """Between the two there is no object: a run that broke off there has not applied it."""
    assert state_after(DELETED, action=Action.REPLACE) is None
    assert state_after(DELETED, CREATED, action=Action.REPLACE) is ChangeState.APPLIED


def test_what_was_planned_twice_began_before_the_first() -> None:
    """A run that plans again, because others write: before is what was there before all of it."""
    again = replace(PLANNED, before={"name": "between"}, after={"name": "after"})

    (applied,) = recorded_runs((BEGAN, PLANNED, WRITTEN, again, WRITTEN))
    (refused,) = recorded_runs((BEGAN, PLANNED, FAILED, again, WRITTEN))

    assert (applied.changes[0].before, applied.changes[0].after) == (PLANNED.before, {"name": "after"})
    assert refused.changes[0].before == {"name": "between"}


def test_runs_are_told_in_the_order_of_their_beginnings() -> None:
    """Events of several runs may be mixed; those of a run whose beginning is lost are left out."""
    later = replace(BEGAN, run="two", time=NOW + timedelta(seconds=1))
    stray = replace(ENDED, run="nobody")

    runs = recorded_runs((later, stray, BEGAN, replace(ENDED, run="two"), PLANNED))

    assert [(run.run, len(run.changes), run.ended is not None) for run in runs] == [("one", 1, False), ("two", 0, True)]


def test_a_run_that_broke_off_counts_what_it_wrote() -> None:
    """The end of a run tells its counts; without one, its writes do."""
    (whole,) = recorded_runs((BEGAN, PLANNED, WRITTEN, replace(ENDED, counts={"update": 7})))
    (broken,) = recorded_runs((BEGAN, PLANNED, WRITTEN))

    assert (whole.counts[Action.UPDATE], broken.counts[Action.UPDATE]) == (7, 1)
    assert not broken.is_success
