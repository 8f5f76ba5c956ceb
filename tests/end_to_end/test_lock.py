"""One run at a time per Controller and cluster, wherever the runs come from."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sync.context import Hooks
from sync.controller.apply import ApplyOptions
from sync.errors import ExitCode
from sync.model.outcome import SetState, WriteOutcome
from sync.model.run import RunOptions, Target
from sync.run import synchronise
from sync.source.git.source import SourceRequest
from tests.end_to_end.process import LOCK, environment, is_held, make_holder, somebody_holds_the_lock, wait_until
from tests.shared.builders import make_options
from tests.shared.emulated_controller import Controller, Run
from tests.shared.schemas import closed, published
from tests.shared.tree import VALUES, Manifest, Tree, app


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository whose runs beat each second."""
    return Tree.make(tmp_path / "repo", values_with(ttl_seconds=4))


def values_with(ttl_seconds: int) -> Manifest:
    """A values.yaml by which so long a silence is taken for the end of a holder."""
    return {**VALUES, "SyncSettings": {"lock": {"ttlSeconds": ttl_seconds}}}


def entries(controller: Controller) -> dict[str, Any]:
    """What the record holds, by key."""
    return {item["key"]: json.loads(item["value"]) for item in controller.find("stringgroup", LOCK).get("kv", ())}


def test_a_run_that_changes_something_holds_the_lock_meanwhile(sync: Run, tree: Tree, controller: Controller) -> None:
    """Taking the lock is its first write and releasing it the last; between the two it looks before each set."""
    tree.commit(web=app("web"))

    result = sync()

    writes = controller.all_writes()
    lines = [f"{item['method']} {item['path']}" for item in controller.requests()]
    first = next(number for number, line in enumerate(lines) if line.startswith("POST /api/vsvip"))
    looks = [line for line in lines[:first] if line.startswith("GET /api/stringgroup/stringgroup-")]
    assert (result.code, writes[0], writes[-1]) == (0, "POST stringgroup", "PUT stringgroup")
    assert looks != []
    assert "holder" not in entries(controller)


def test_a_run_that_has_nothing_to_write_takes_no_lock(sync: Run, tree: Tree, controller: Controller) -> None:
    """Neither the second run writes anything, nor a dry run, not even while somebody else holds the lock."""
    tree.commit(web=app("web"))
    sync()
    with somebody_holds_the_lock(controller):
        controller.forget()

        second = sync()
        tree.commit(api=app("api"))
        dry = sync("--dry-run")
        writes = [line for line in controller.all_writes() if line != "PUT stringgroup"]

    assert (second.code, dry.code, writes) == (0, 0, [])


def test_a_second_run_finds_the_lock_and_names_its_holder(sync: Run, tree: Tree, controller: Controller) -> None:
    """At the first beat that it sees: exit 7, the plan in full, the holder and how long it has been at it."""
    tree.commit(web=app("web"))
    with somebody_holds_the_lock(controller):
        result = sync()

    assert (result.code, controller.writes(), result.document["outcomes"]) == (7, [], [])
    assert "ci@runner (pid 4711, run theirs)" in result.document["locked"]
    assert "for about" in result.document["locked"]
    assert result.document["summary"]["create"] == 4


def test_a_holder_that_was_killed_loses_the_lock_after_the_ttl(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """Kill -9 in the middle of writing; a run on another machine waits until the silence has lasted, and converges."""
    tree.commit(web=app("web"), values=[values_with(ttl_seconds=1)])
    controller.fault(method="POST", path="/api/pool", do="delay", delay_ms=3000, times=1)
    command = [sys.executable, "-m", "sync"]
    with subprocess.Popen(command, env=environment(tmp_path, tree, controller), stdout=subprocess.DEVNULL) as victim:
        wait_until(lambda: "POST vsvip" in controller.writes())
        victim.kill()

    result = sync()

    assert (result.code, result.document["remaining"]) == (0, [])
    assert "holder" not in entries(controller)


def test_of_runs_at_once_all_but_the_first_end_with_7(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same machine at once, elsewhere at the first beat; both name the first, and there is no VIP twice."""
    tree.commit(web=app("web"))
    controller.fault(method="POST", path="/api/pool", do="delay", delay_ms=4000, times=1)
    same_machine = {**environment(tmp_path, tree, controller), "SYNC_STATE_DIR": str(tmp_path / "state")}
    command = [sys.executable, "-m", "sync"]
    with subprocess.Popen(command, env=same_machine, stdout=subprocess.DEVNULL) as first:
        wait_until(lambda: is_held(controller))

        here = sync()
        monkeypatch.setenv("SYNC_STATE_DIR", str(tmp_path / "elsewhere"))
        elsewhere = sync()

    assert (first.returncode, here.code, elsewhere.code) == (0, 7, 7)
    assert f"another run on this machine (pid {first.pid})" in here.document["locked"]
    assert f"pid {first.pid}" in elsewhere.document["locked"]
    assert controller.writes().count("POST vsvip") == 1


def test_a_run_that_lost_the_lock_begins_no_further_set(tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """Somebody takes the lock by force during the first set: the second is not tried, the report says so, exit 7."""
    tree.commit(api=app("api"), web=app("web"))

    def take_it_away(outcome: WriteOutcome) -> None:
        if outcome.write.key.kind == "VirtualService":
            force_the_lock(controller)

    options = ApplyOptions(parallelism=1, on_write=take_it_away)
    run = synchronise(
        SourceRequest(location=str(tree.folder), cache_dir=tmp_path / "cache"),
        Target(controller=controller.url, password="emulator", state_folder=str(tmp_path / "state")),
        Hooks(apply_options=lambda _: options),
        RunOptions(is_dry=False, run_id="mine", plan=make_options()),
    )

    assert [outcome.state for outcome in run.outcomes] == [SetState.APPLIED, SetState.NOT_TRIED]
    assert run.exit_code(is_detailed=False) == ExitCode.LOCKED
    assert "bob@pc (pid 1, run forced) has taken the lock" in run.locked
    assert controller.writes().count("POST virtualservice") == 1


def force_the_lock(controller: Controller) -> None:
    """Somebody writes his own name into it."""
    kv = [{"key": "holder", "value": json.dumps(asdict(make_holder("forced", name="bob@pc", pid=1)))}]
    while True:
        group = controller.find("stringgroup", LOCK)
        with suppress(httpx.HTTPStatusError):  # a beat came in between
            controller.call("PUT", f"/api/stringgroup/{group['uuid']}", {**group, "kv": kv})
            return


def test_a_run_that_is_stopped_releases_the_lock(tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """SIGTERM while an object is being written: it is finished, the lock is free at once, exit 143."""
    tree.commit(web=app("web"))
    controller.fault(method="POST", path="/api/pool", do="delay", delay_ms=700, times=1)
    command = [sys.executable, "-m", "sync"]
    with subprocess.Popen(
        command, env=environment(tmp_path, tree, controller), stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: "POST vsvip" in controller.writes())
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()

    assert process.returncode == 143
    assert [outcome["state"] for outcome in json.loads(out)["outcomes"]] == ["stopped"]
    assert "holder" not in entries(controller)


def test_a_run_that_is_stopped_while_it_waits_writes_nothing(
    tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """SIGINT during the wait for a silent holder: exit 130, and the holder is still in the lock."""
    tree.commit(web=app("web"))
    with somebody_holds_the_lock(controller, ttl_seconds=3600):
        command = [sys.executable, "-m", "sync"]
        settings = environment(tmp_path, tree, controller)
        with subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL) as process:
            looked = "/api/stringgroup"
            wait_until(lambda: sum(item["path"].startswith(looked) for item in controller.requests()) > 3)
            process.send_signal(signal.SIGINT)

        assert (process.returncode, is_held(controller), controller.writes()) == (130, True, [])


def test_two_clusters_write_side_by_side(sync: Run, tree: Tree, controller: Controller, tmp_path: Path) -> None:
    """While one holds its lock, another cluster whose name begins with its name is not kept waiting."""
    values = (tree.folder / "values.yaml").read_text().replace("clusterName: test", "clusterName: test-2")
    tree.write({"values.yaml": values})
    tree.commit(web=app("web"))

    with somebody_holds_the_lock(controller):
        result = sync()

    assert (result.code, result.document["locked"]) == (0, "")


def test_a_foreign_object_under_the_name_of_the_lock_is_not_touched(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Nothing is written: neither over it nor without a lock."""
    theirs = controller.call("POST", "/api/stringgroup", {"name": LOCK, "type": "SG_TYPE_STRING"})
    tree.commit(web=app("web"))

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert "not ours" in result.document["refusals"][0]["message"]
    assert controller.find("stringgroup", LOCK)["_last_modified"] == theirs["_last_modified"]


def test_without_the_right_to_the_lock_nothing_is_written(sync: Run, tree: Tree, controller: Controller) -> None:
    """The plan is printed in full, and the refusal says which right is missing."""
    tree.commit(web=app("web"))
    controller.fault(method="POST", path="/api/stringgroup", do="status", status=403, body={"error": "no permission"})

    result = sync()

    assert (result.code, controller.writes(), result.document["summary"]["create"]) == (4, [], 4)
    assert "String Groups" in result.document["refusals"][0]["fix"]


def test_a_dry_run_without_the_right_to_read_the_record_says_so(sync: Run, tree: Tree, controller: Controller) -> None:
    """An account that may only read pools and the like still sees a plan."""
    tree.commit(web=app("web"))
    controller.fault(method="GET", path="/api/stringgroup", do="status", status=403, body={"error": "no permission"})

    result = sync("--dry-run")

    assert (result.code, result.document["summary"]["create"]) == (0, 4)
    assert any("record of earlier runs cannot be read" in item["message"] for item in result.document["problems"])


def test_lock_status_tells_who_holds_it_and_who_wrote_last(sync: Run, tree: Tree, controller: Controller) -> None:
    """Free before and after a run, with the last run; held while somebody holds it."""
    before = sync("lock", "status", "--format", "text")
    commit = tree.commit(web=app("web"))
    sync()
    after = sync("lock", "status").document
    with somebody_holds_the_lock(controller):
        held = sync("lock", "status", "--format", "text")
        busy = sync("lock", "status").document

    assert (before.code, "Lock avi-sync-test: free" in before.out) == (0, True)
    assert (after["holder"], after["last_run"]["commit"], after["kept"]) == (None, commit, [])
    assert (held.code, "held by ci@runner (pid 4711, run theirs), for about" in held.out) == (0, True)
    assert (busy["holder"]["pid"], busy["last_run"]["commit"]) == (4711, commit)
    schema = Draft202012Validator(closed(published("lock")))
    assert [error.message for document in (after, busy) for error in schema.iter_errors(document)] == []


def test_lock_release_takes_it_away_from_a_run_that_is_gone(sync: Run, tree: Tree, controller: Controller) -> None:
    """Not without --yes where nobody can be asked; afterwards the next run need not wait."""
    tree.commit(web=app("web"))
    with somebody_holds_the_lock(controller, ttl_seconds=3600):
        asked = sync("lock", "release")
        still_held = is_held(controller)
        released = sync("lock", "release", "--yes")
        nothing = sync("lock", "release", "--yes")

        result = sync()

    assert (asked.code, still_held, released.code, nothing.code, result.code) == (64, True, 0, 0, 0)
    assert "ci@runner (pid 4711, run theirs)" in asked.err
    assert "released from ci@runner" in released.out
