"""A run that dies between deleting and creating: what it deleted is stored on the Controller, and comes back."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.lab import Runner
from tests.end_to_end.process import somebody_holds_the_lock
from tests.shared.emulated_controller import Controller, Result, Run
from tests.shared.tree import VALUES, Manifest, Tree, app

QUICK: Manifest = {**VALUES, "SyncSettings": {"lock": {"ttlSeconds": 1}}}
BOUNDARIES = {
    "between the deletes": {"method": "DELETE", "path": "/api/vsvip/*"},
    "between delete and create": {"method": "POST", "path": "/api/vsvip"},
    "between the creates": {"method": "POST", "path": "/api/virtualservice"},
}
"""The first write that a run no longer lives to see done, by where that leaves it."""

Kill = Callable[[str], None]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository whose runs need not wait long for the lock of one that is dead."""
    return Tree.make(tmp_path / "repo", QUICK)


@pytest.fixture
def kill(controller: Controller, tree: Tree, tmp_path: Path) -> Kill:
    """Run on another machine, and kill -9 there; its disk is gone with it."""
    runner = Runner(tmp_path / "elsewhere", tree)

    def run_and_kill(boundary: str) -> None:
        # A 429 was not carried out: the run waits in order to send it again, and does not come to that.
        controller.fault(**BOUNDARIES[boundary], do="status", status=429)
        controller.forget()
        victim = runner.start(controller)
        while not any(item["status"] == 429 for item in controller.requests()):
            assert victim.process.is_alive(), "the run ended before it could be killed"
            time.sleep(0.02)
        victim.process.kill()
        victim.wait()
        controller.fault(method="GET", path="/nothing", do="reset")
        controller.forget()

    return run_and_kill


def kept(controller: Controller) -> list[str]:
    """What is stored in the record."""
    group = controller.find("stringgroup", "avi-sync-test")
    return sorted(item["key"] for item in group.get("kv", ()) if item["key"].startswith("kept "))


def shown(result: Result) -> list[tuple[str, str, str]]:
    """What changes, and why."""
    return [(item["action"], item["kind"], item["reason"]) for item in result.document["changes"]]


def said(result: Result, severity: str = "warning") -> str:
    """All problems of that severity."""
    return "\n".join(item["message"] for item in result.document["problems"] if item["severity"] == severity)


def broken(name: str) -> list[Manifest]:
    """A Gateway that cannot be understood, with its Service and its back ends."""
    gateway, *others = app(name)
    spec: Mapping[str, Any] = {**gateway["spec"], "listeners": [{"port": 70443, "protocol": "TCP"}]}
    return [{**gateway, "spec": spec}, *others]


def serve_then_move(sync: Run, tree: Tree, controller: Controller) -> None:
    """`web` serves on .11, somebody has attached something to it, and Git requests .12."""
    tree.commit(web=app("web", address="10.10.10.11"), api=app("api"))
    assert sync().code == 0
    controller.change("virtualservice", "test--shop-web", description="ask the shop team", enabled=False)
    tree.commit(web=app("web", address="10.10.10.12"))


def test_what_a_replace_would_put_back_is_stored_before_the_first_delete(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """And removed once the new objects are there."""
    serve_then_move(sync, tree, controller)
    controller.forget()

    result = sync()

    writes = controller.all_writes()
    assert result.code == 0
    assert writes[: writes.index("DELETE virtualservice")][-1] == "PUT stringgroup"
    assert "PUT stringgroup" in writes[writes.index("POST virtualservice") :]
    assert kept(controller) == []


def test_what_cannot_be_stored_is_not_deleted(sync: Run, tree: Tree, controller: Controller) -> None:
    """The old objects serve on, the report says why, exit 5; the next run replaces them."""
    tree.commit(values=[VALUES])  # no beat of a quick lock comes between
    serve_then_move(sync, tree, controller)
    no = {"do": "status", "status": 400, "body": {"error": "too long"}}
    controller.fault(method="PUT", path="/api/stringgroup/*", nth=3, times=1, **no)  # after taking and beginning
    controller.forget()

    result = sync()
    writes, old = controller.writes(), controller.addresses("test--shop-web")
    after = sync()

    assert (result.code, writes, old) == (5, [], ["10.10.10.11"])
    assert "cannot be stored, so nothing is deleted" in result.document["outcomes"][0]["said"]
    assert (after.code, controller.addresses("test--shop-web")) == (0, ["10.10.10.12"])


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_the_next_run_finishes_the_replace_of_one_that_was_killed(
    sync: Run, tree: Tree, controller: Controller, kill: Kill, boundary: str
) -> None:
    """From another machine, to the desired state, with what others had attached; the run after finds nothing to do."""
    serve_then_move(sync, tree, controller)
    kill(boundary)
    stored = kept(controller)

    dry = sync("--dry-run")
    result, after = sync(), sync()

    live = controller.find("virtualservice", "test--shop-web")
    assert [key.split()[1] for key in stored] == ["VirtualService", "VsVip"]
    assert "VirtualService" in [kind for _, kind, reason in shown(dry) if reason.endswith("which holds the lock")]
    assert ("create", "VirtualService", "deleted by an interrupted run") in shown(result)
    assert "VirtualService admin/test--shop-web" in said(dry)
    assert (dry.code, result.code, result.document["remaining"], after.document["changes"]) == (0, 0, [], [])
    assert controller.addresses("test--shop-web") == ["10.10.10.12"]
    assert (live["description"], live["enabled"]) == ("ask the shop team", False)
    assert kept(controller) == []


@pytest.mark.parametrize("is_broken", [pytest.param(False, id="in Git"), pytest.param(True, id="held")])
def test_what_another_run_has_in_progress_is_not_called_interrupted(
    sync: Run, tree: Tree, controller: Controller, kill: Kill, is_broken: bool
) -> None:
    """A run that finds the lock taken names the run that has it, and leaves the work to it."""
    serve_then_move(sync, tree, controller)
    kill("between delete and create")
    if is_broken:
        tree.commit(web=broken("web"))

    with somebody_holds_the_lock(controller, ttl_seconds=1):
        result = sync()

    assert (result.code, "interrupted" in result.out + result.err) == (7, False)
    assert "ci@runner (pid 4711, run theirs) holds the lock and has deleted" in said(result)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_if_the_new_one_is_refused_then_the_old_one_comes_back(
    sync: Run, tree: Tree, controller: Controller, kill: Kill, boundary: str
) -> None:
    """As it was before the run that was killed, marked, so that the next run deletes nothing again."""
    serve_then_move(sync, tree, controller)
    kill(boundary)
    controller.fault(method="POST", path="/api/virtualservice", do="status", status=400, body={"error": "no"}, times=1)

    result, after = sync(), sync()

    live = controller.find("virtualservice", "test--shop-web")
    assert ([item["state"] for item in result.document["outcomes"]], after.code) == (["restored"], 5)
    assert controller.addresses("test--shop-web") == ["10.10.10.11"]
    assert (live["description"], live["enabled"]) == ("ask the shop team", False)
    assert after.document["changes"] == []
    assert "refused this before" in said(after, "error")
    assert kept(controller) == []


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_an_owner_that_is_held_by_now_is_put_back_as_it_was(
    sync: Run, tree: Tree, controller: Controller, kill: Kill, boundary: str
) -> None:
    """Its manifest is broken: it serves on its old address again, and the plan says why; once Git is right it moves."""
    serve_then_move(sync, tree, controller)
    kill(boundary)
    tree.commit(web=broken("web"))

    result = sync()
    old = controller.addresses("test--shop-web")
    live = controller.find("virtualservice", "test--shop-web")
    tree.commit(web=app("web", address="10.10.10.12"))
    fixed = sync()

    assert (result.code, old, live["description"]) == (5, ["10.10.10.11"], "ask the shop team")
    assert "restored, because its owner is held" in shown(result)[-1][2]
    assert (fixed.code, controller.addresses("test--shop-web")) == (0, ["10.10.10.12"])
    assert kept(controller) == []


def test_an_owner_that_is_gone_from_git_is_not_put_back(
    sync: Run, tree: Tree, controller: Controller, kill: Kill
) -> None:
    """What is left of it is deleted, and what was stored is forgotten."""
    serve_then_move(sync, tree, controller)
    kill("between delete and create")
    tree.commit(web=None)

    result = sync()

    names = {item["name"] for item in controller.call("GET", "/api/pool")["results"]}
    assert (result.code, controller.writes().count("POST vsvip")) == (0, 0)
    assert names == {"test--shop-api-svc-api-TCP-80"}
    assert kept(controller) == []


def test_an_owner_that_an_incomplete_tree_does_not_name_is_put_back(
    sync: Run, tree: Tree, controller: Controller, kill: Kill
) -> None:
    """It may stand in the file that cannot be read."""
    serve_then_move(sync, tree, controller)
    kill("between delete and create")
    tree.write({"web.yaml": "kind: Gateway\nmetadata: {"})
    tree.commit()

    result = sync()

    assert (result.code, controller.addresses("test--shop-web")) == (5, ["10.10.10.11"])


def test_a_swap_that_was_killed_comes_back_as_a_whole(
    sync: Run, tree: Tree, controller: Controller, kill: Kill
) -> None:
    """One of the two is held by now: each has its old address again, although the other had got its new one."""
    one, other = "10.10.10.11", "10.10.10.12"
    tree.commit(web=app("web", address=one), api=app("api", address=other))
    sync()
    tree.commit(web=app("web", address=other), api=app("api", address=one))
    kill("between the creates")
    tree.commit(web=broken("web"))

    result = sync()

    assert result.code == 5
    assert (controller.addresses("test--shop-web"), controller.addresses("test--shop-api")) == ([one], [other])
    assert kept(controller) == []


def test_a_swap_that_was_killed_is_finished(sync: Run, tree: Tree, controller: Controller, kill: Kill) -> None:
    """Nothing speaks against it: each has the address of the other."""
    one, other = "10.10.10.11", "10.10.10.12"
    tree.commit(web=app("web", address=one), api=app("api", address=other))
    sync()
    tree.commit(web=app("web", address=other), api=app("api", address=one))
    kill("between delete and create")

    result = sync()

    assert (result.code, result.document["remaining"]) == (0, [])
    assert (controller.addresses("test--shop-web"), controller.addresses("test--shop-api")) == ([other], [one])


def test_nothing_is_deleted_to_put_back_what_cannot_come_back(
    sync: Run, tree: Tree, controller: Controller, kill: Kill
) -> None:
    """Somebody else has the old address by now, and the owner is held: the plan says so and touches nothing."""
    serve_then_move(sync, tree, controller)
    kill("between the creates")
    vip = {"vip_id": "0", "ip_address": {"addr": "10.10.10.11", "type": "V4"}}
    controller.call("POST", "/api/vsvip", {"name": "theirs", "vip": [vip]})
    tree.commit(web=broken("web"))
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])
    assert "VsVip admin/theirs has taken address 10.10.10.11" in said(result, "error")
    assert controller.addresses("test--shop-web") == ["10.10.10.12"]


def test_a_run_that_dies_in_the_healing_is_healed_in_turn(
    sync: Run, tree: Tree, controller: Controller, kill: Kill
) -> None:
    """Killed again between the creates: what was stored first is still there."""
    serve_then_move(sync, tree, controller)
    kill("between delete and create")
    kill("between the creates")
    stored = kept(controller)

    result = sync()

    live = controller.find("virtualservice", "test--shop-web")
    assert [key.split()[1] for key in stored] == ["VirtualService", "VsVip"]
    assert (result.code, result.document["remaining"]) == (0, [])
    assert (live["description"], live["enabled"]) == ("ask the shop team", False)
