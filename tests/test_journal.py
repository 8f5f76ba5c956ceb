"""Events on disk: appended, never changed; read back as they were written, whatever happened to the file."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sync.errors import ExitCode, UsageError
from sync.journal import ChangeEnded, ChangePlanned, Event, Journal, RunBegan, RunEnded, read_journal
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.plan import Action, Change, FieldChange

KEY = ObjectKey(kind="Pool", tenant="admin", cloud="Default-Cloud", name="north--shop-web-80")

BEGAN = RunBegan(
    run="one",
    command="sync",
    actor="ada@host",
    controller="https://avi.example.com",
    cluster="north",
    source="https://git.example.com/avi",
    path="prod",
    commit="c0ffee",
    digest="feed",
    version="avi-sync 0.1.0",
)
PLANNED = ChangePlanned(
    run="one",
    change=Change(
        action=Action.REPLACE,
        key=KEY,
        owner=Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web"),
        reason="changed",
        fields=(FieldChange(path="servers[0].port", before=80, after=81),),
        lost=("a label",),
    ),
    before={"servers": [{"port": 80}], "name": "ä\n"},
)
WRITTEN = ChangeEnded(run="one", event="write", key=KEY, method="PUT", state="applied")
SETTLED = ChangeEnded(run="one", event="outcome", key=KEY, state="failed", said="no such pool")
ENDED = RunEnded(run="one", exit_code=ExitCode.HELD_OR_FAILED, counts={"update": 1}, troubles=("no such pool",))
ALL: tuple[Event, ...] = (BEGAN, PLANNED, WRITTEN, SETTLED, ENDED)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Every event comes back equal, in order."""
    place = tmp_path / "journal.jsonl"

    Journal(place, run="one").append(*ALL[:2])
    Journal(place, run="one").append(*ALL[2:])

    assert read_journal(place) == (ALL, 0)


def test_a_journal_is_nobody_elses_business(tmp_path: Path) -> None:
    """Bodies tell how a network is built."""
    place = tmp_path / "new" / "journal.jsonl"

    Journal(place, run="one").append(BEGAN)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_folder_has_a_file_for_each_run(tmp_path: Path) -> None:
    """A folder that is there, or a name without an ending; ids begin with the time, so files sort by it."""
    for run in ("20261126T130000Z-a", "20261126T120000Z-b"):
        Journal(tmp_path / "runs", run=run).append(replace(BEGAN, run=run))

    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    events, unread = read_journal(tmp_path / "runs")

    assert names == ["20261126T120000Z-b.jsonl", "20261126T130000Z-a.jsonl"]
    assert ([event.run for event in events], unread) == (["20261126T120000Z-b", "20261126T130000Z-a"], 0)


@pytest.mark.parametrize("kept", [1, 40, -1], ids=["one byte", "some", "all but the end"])
def test_a_torn_line_costs_itself_only(tmp_path: Path, kept: int) -> None:
    """A machine that died while it wrote: what comes later begins on a line of its own."""
    place = tmp_path / "journal.jsonl"
    Journal(place, run="one").append(BEGAN, PLANNED)
    first, second = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(first + second[:kept])

    Journal(place, run="one").append(ENDED)

    # A line that misses nothing but its end was written whole.
    expected = ((BEGAN, PLANNED, ENDED), 0) if kept == -1 else ((BEGAN, ENDED), 1)
    assert read_journal(place) == expected


def test_lines_of_others_are_left_out(tmp_path: Path) -> None:
    """Rubbish, another program's lines, an event of a later version: counted, and skipped."""
    place = tmp_path / "journal.jsonl"
    Journal(place, run="one").append(BEGAN)
    with place.open("ab") as file:
        file.write(b'\xff\xfe\n\n{"event": "tomorrow"}\n[]\n')

    assert read_journal(place) == ((BEGAN,), 3)


def test_several_writers_do_not_mix(tmp_path: Path) -> None:
    """Each has the file open for itself, as processes have; every line is whole."""
    place = tmp_path / "journal.jsonl"
    journals = [Journal(place, run=f"run{number}") for number in range(8)]
    large = replace(PLANNED, before={"name": "x" * 200_000})

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda journal: [journal.append(large, WRITTEN) for _ in range(5)], journals))

    events, unread = read_journal(place)
    assert (len(events), unread) == (80, 0)
    assert list(events[::2]) == [large] * 40


def test_a_journal_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """With the reason and the place."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"journal\.jsonl: the journal cannot be written"):
        Journal(tmp_path / "file" / "journal.jsonl", run="one").append(BEGAN)


def test_there_must_be_a_journal_to_read(tmp_path: Path) -> None:
    """Nothing is not an empty journal: its name may be wrong."""
    with pytest.raises(UsageError, match="there is no journal"):
        read_journal(tmp_path / "journal.jsonl")
