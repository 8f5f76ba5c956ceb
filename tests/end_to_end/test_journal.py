"""What a run does is in the journal, as it happens, and `history` tells it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync.journal import Journal
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app
from tests.test_journal import BEGAN, PLANNED, WRITTEN


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal that all runs of a test write into."""
    place = tmp_path / "journal.jsonl"
    monkeypatch.setenv("SYNC_JOURNAL", str(place))
    return place


def lines_of(journal: Path) -> list[dict[str, Any]]:
    """The events."""
    return [json.loads(line) for line in journal.read_text().splitlines()]


def names(events: list[dict[str, Any]]) -> list[str]:
    """What the events are, in order."""
    return [event["event"] for event in events]


def test_a_run_is_written_down_as_it_happens(sync: Run, tree: Tree, controller: Controller, journal: Path) -> None:
    """Who, where and from what; what is about to change; each write; what became of it; how it ended."""
    commit = tree.commit(web=app())

    done = sync()

    events = lines_of(journal)
    began, *_, ended = events
    assert done.code == 0
    assert names(events) == ["begin", *["change"] * 4, *["write"] * 4, *["outcome"] * 4, "end"]
    assert {event["run"] for event in events} == {began["run"]}
    assert (began["commit"], began["cluster"], began["controller"]) == (commit, "test", controller.url)
    assert began["source"] == f"file://{tree.folder}"
    assert began["digest"] == done.document["digest"]
    assert re.fullmatch(r".+@.+", began["actor"])
    assert (ended["exit_code"], ended["counts"]["create"], ended["troubles"]) == (0, 4, [])


def test_what_goes_is_kept_as_it_was(sync: Run, tree: Tree, controller: Controller, journal: Path) -> None:
    """The body of an object that is deleted or replaced: Git does not hold it. Fields tell of all others."""
    tree.commit(web=app(), api=app("api", address="10.10.10.44"))
    sync()
    deleted = controller.find("virtualservice", "test--shop-web")
    replaced = controller.find("vsvip", "test--shop-api")
    journal.unlink()
    tree.commit(web=None, api=app("api", address="10.10.10.55"), new=app("new"))

    sync()

    lines = [line for line in lines_of(journal) if line["event"] == "change"]
    before = {(line["change"]["key"]["kind"], line["change"]["key"]["name"]): line["before"] for line in lines}
    created = next(line["change"] for line in lines if line["change"]["key"]["name"] == "test--shop-new")
    assert before["VirtualService", "test--shop-web"] == deleted
    assert before["VsVip", "test--shop-api"] == replaced
    assert before["VsVip", "test--shop-new"] is None
    assert created["owner"] == {"kind": "Gateway", "namespace": "shop", "name": "new"}
    assert created["fields"] != []


def test_what_writes_nothing_leaves_nothing(sync: Run, tree: Tree, journal: Path) -> None:
    """A dry run, and a run that finds nothing to do: cron would fill the journal with those."""
    tree.commit(web=app())
    sync("--dry-run")
    assert not journal.exists()
    sync()
    before = journal.read_bytes()

    sync()

    assert journal.read_bytes() == before


def test_a_refused_write_is_kept_in_the_controllers_words(
    sync: Run, tree: Tree, controller: Controller, journal: Path
) -> None:
    """What failed, why, and what was therefore not done."""
    tree.commit(web=app(), other=app("other"))
    controller.fault(
        method="POST", path="/api/l4policyset", nth=1, do="status", status=400, body={"error": "not today"}
    )

    done = sync()

    events = lines_of(journal)
    failed = [event for event in events if event["event"] == "write" and event["state"] == "failed"]
    outcomes = [event["state"] for event in events if event["event"] == "outcome"]
    assert done.code == 5
    assert [event["said"] for event in failed] == ["POST /api/l4policyset answered 400: not today"]
    assert outcomes.count("applied") == 6
    assert events[-1]["exit_code"] == 5
    assert any("not today" in trouble for trouble in events[-1]["troubles"])


def test_a_run_that_a_guard_refuses_is_kept(sync: Run, tree: Tree, journal: Path) -> None:
    """Nothing was written, but somebody will ask why nothing happens since two o'clock."""
    tree.commit(web=app(), other=app("other"))
    sync()
    journal.unlink()
    tree.commit(web=None, other=None)

    done = sync()

    began, ended = lines_of(journal)
    assert (done.code, ended["exit_code"], ended["counts"]) == (4, 4, {})
    assert began["commit"] == done.document["commit"]
    assert any("refused" in trouble for trouble in ended["troubles"])


def test_a_run_that_does_not_get_in_is_kept(
    sync: Run, tree: Tree, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password."""
    tree.commit(web=app())
    monkeypatch.setenv("SYNC_PASSWORD", "wrong-one")

    done = sync()

    began, ended = lines_of(journal)
    assert (done.code, ended["exit_code"]) == (6, 6)
    assert (began["command"], began["commit"]) == ("sync", "")


def test_without_its_journal_a_run_writes_nothing(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """Who asks for a journal wants no change that is not in it."""
    tree.commit(web=app())
    (tmp_path / "file").write_text("")

    done = sync("--journal", str(tmp_path / "file" / "journal.jsonl"))

    assert done.code == 64
    assert "the journal cannot be written" in done.err
    assert controller.writes() == []


def test_a_journal_that_breaks_in_the_middle_stops_nothing(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path, journal: Path
) -> None:
    """A change in hand is worth more than its story; but the run says so, and does not end well."""
    tree.commit(web=app())
    controller.fault(method="POST", path="/api/virtualservice", do="delay", delay_ms=500)

    def break_it() -> None:
        wait_for(journal, "write")
        journal.rename(tmp_path / "gone.jsonl")
        journal.mkdir()

    with ThreadPoolExecutor() as pool:
        broken = pool.submit(break_it)
        done = sync()
        broken.result()

    assert done.code == 1
    assert "error: the journal of this run is incomplete" in done.err
    assert controller.find("virtualservice", "test--shop-web")


def test_the_ci_that_runs_it_is_the_actor(
    sync: Run, tree: Tree, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom the CI runs it for, and where that can be looked up."""
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "ada",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "net/avi",
        "GITHUB_RUN_ID": "77",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tree.commit(web=app())

    sync()

    assert lines_of(journal)[0]["actor"] == "ada in https://github.example/net/avi/actions/runs/77"


def start(journal: Path) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "sync", "--journal", str(journal)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(journal: Path, event: str) -> None:
    """Until the journal tells of an event."""
    for _ in range(1000):
        if journal.exists() and f'"event":"{event}"' in journal.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"no {event} in {journal}")


def test_a_killed_run_leaves_what_it_did(sync: Run, tree: Tree, controller: Controller, journal: Path) -> None:
    """Kill -9 between two writes: what was planned and what was written is there, and `history` says it broke off."""
    tree.commit(web=app())
    controller.fault(method="POST", path="/api/virtualservice", do="delay", delay_ms=800)
    process = start(journal)
    wait_for(journal, "write")
    time.sleep(0.2)

    process.send_signal(signal.SIGKILL)
    process.communicate()

    events = lines_of(journal)
    (told,) = sync("history").document["runs"]
    text = sync("history", "--format", "text").out
    details = sync("history", "--run", "last", "--format", "text").out
    assert names(events)[:5] == ["begin", *["change"] * 4]
    assert {event["key"]["kind"] for event in events if event["event"] == "write"} >= {"VsVip", "Pool"}
    assert "end" not in names(events)
    assert names(told["events"]) == ["begin"]
    assert re.search(r"  broke off +sync [0-9a-f]{12}  \S+  4 planned\n$", text)
    assert details.count("   POST applied\n") >= 2
    assert "   outcome unknown\n" in details


def test_history_tells_of_runs_the_newest_first(
    sync: Run, tree: Tree, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each: id, when, how it ended, what it changed, who, from which commit."""
    first = tree.commit(web=app())
    sync()
    second = tree.commit(other=app("other"))
    sync()
    monkeypatch.setenv("SYNC_FORMAT", "text")

    told = sync("history")
    limited = sync("history", "--limit", "1")

    assert told.code == 0
    line = r"\d{8}T\d{6}Z-[0-9a-f]{6}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  done +sync COMMIT  \S+@\S+  4 create"
    assert [
        re.fullmatch(line.replace("COMMIT", commit[:12]), text) is not None
        for text, commit in zip(told.out.splitlines(), (second, first), strict=True)
    ] == [True, True]
    assert limited.out == told.out.splitlines(keepends=True)[0]
    assert "1 older runs are not shown" in limited.err


def test_history_tells_one_run_in_full(sync: Run, tree: Tree, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each object as the plan showed it, and what became of it; in JSON, the lines of the journal."""
    tree.commit(web=app())
    sync()
    tree.commit(web=app(hostname="web.avi.internal"))
    sync()
    run = lines_of(journal)[-1]["run"]

    (document,) = sync("history", "--run", run[-6:]).document["runs"]
    monkeypatch.setenv("SYNC_FORMAT", "text")
    text = sync("history", "--run", "last").out

    assert document == {"run": run, "events": [line for line in lines_of(journal) if line["run"] == run]}
    assert text.startswith(f"{run}  ")
    assert re.search(r"\nGateway shop/web\n +~ VsVip +admin/test--shop-web   changed   applied\n +\S.*web\.avi", text)


def test_history_tells_what_became_of_a_change_that_was_undone(
    sync: Run, tree: Tree, controller: Controller, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome counts, not the writes before it: the VIP was deleted, and created again as it was."""
    tree.commit(web=app(address="10.10.10.44"))
    sync()
    tree.commit(web=app(address="10.10.10.55"))
    controller.fault(method="POST", path="/api/virtualservice", nth=1, do="status", status=400, body={"error": "no"})
    sync()
    monkeypatch.setenv("SYNC_FORMAT", "text")

    text = sync("history", "--run", "last").out

    assert {event["state"] for event in lines_of(journal) if event["event"] == "write"} == {"applied", "failed"}
    assert re.search(r"\n +-/\+ VsVip .*   restored .*: no\n", text)
    assert "error: " in text


def test_a_run_that_was_planned_twice_is_told_as_it_ended(cli: Run, tree: Tree, journal: Path) -> None:
    """The last plan of an object counts, and nothing that became of an earlier one."""
    first, again = (replace(PLANNED, change=replace(PLANNED.change, reason=reason)) for reason in ("first", "again"))
    Journal(journal, run="one").append(BEGAN, first, replace(WRITTEN, state="failed"), again)

    told = cli("history", "--run", "one").out

    assert "   again   outcome unknown\n" in told
    assert "first" not in told


def test_lines_that_cannot_be_read_are_counted(cli: Run, journal: Path) -> None:
    """And what has lost its beginning is left out."""
    Journal(journal, run="one").append(BEGAN, replace(WRITTEN, run="two"))
    with journal.open("a") as file:
        file.write("{torn\n")

    told = cli("history")

    assert (told.code, len(told.out.splitlines())) == (0, 1)
    assert "skipped 1 line that cannot be read" in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("history", "--run", "nobody"), '"nobody" matches no runs', id="unknown"),
        pytest.param(("history", "--run", "2"), '"2" matches 2 runs', id="ambiguous"),
        pytest.param(("history", "--journal", ""), "no journal is named", id="history without a journal"),
        pytest.param(("history", "--journal", "/nowhere.jsonl"), "there is no journal", id="no such file"),
    ],
)
def test_what_cannot_be_told_is_a_usage_error(
    sync: Run, tree: Tree, journal: Path, arguments: tuple[str, ...], said: str
) -> None:
    """With what is missing, and exit code 64."""
    tree.commit(web=app())
    sync()
    tree.commit(other=app("other"))
    sync()

    told = sync(*arguments)

    assert told.code == 64
    assert said in told.err


def test_a_shell_completes_the_ids_of_runs(
    sync: Run, tree: Tree, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody types them."""
    tree.commit(web=app())
    sync()
    monkeypatch.setenv("_AVI_SYNC_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "avi-sync history --run ")
    monkeypatch.setenv("COMP_CWORD", "3")

    told = sync()

    assert told.out == f"plain,{lines_of(journal)[0]['run']}\n"
    assert os.environ["SYNC_JOURNAL"] == str(journal)
