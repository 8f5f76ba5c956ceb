"""`plan --out` and `apply`: exactly the plan that was looked at, or nothing."""

import json
from pathlib import Path

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app


@pytest.fixture
def saved(sync: Run, tree: Tree, tmp_path: Path) -> str:
    """A plan that changes one Gateway's name, replaces another one's address, and makes a third."""
    tree.commit(a=app("a"), b=app("b", address="10.10.10.5"))
    assert sync().code == 0
    tree.commit(a=app("a", hostname="a.avi.internal"), b=app("b", address="10.10.10.6"), c=app("c"))
    file = str(tmp_path / "plan.json")
    assert sync("plan", "--out", file).code == 0
    return file


def test_apply_performs_exactly_the_saved_plan(sync: Run, controller: Controller, saved: str) -> None:
    """The requests are those of the plan, and the next run has nothing to do."""
    planned = [
        f"{write['method']} {write['kind'].lower()}"
        for change_set in json.loads(Path(saved).read_text())["document"]["change_sets"]
        for write in change_set["writes"]
    ]
    controller.forget()

    result = sync("apply", saved)

    assert (result.code, sorted(controller.writes())) == (0, sorted(planned))
    assert sync().document["changes"] == []


def test_the_file_says_where_things_are(
    sync: Run, saved: str, tree: Tree, controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the password has to be there."""
    monkeypatch.delenv("SYNC_SOURCE")
    monkeypatch.delenv("SYNC_CONTROLLER")

    result = sync("apply", saved)

    assert (result.code, result.document["summary"]["create"]) == (0, 4)


def test_a_plan_is_stale_when_the_commit_has_moved(sync: Run, tree: Tree, controller: Controller, saved: str) -> None:
    """Exit 8, both commits are named, and nothing is written."""
    before = tree.git("rev-parse", "HEAD")
    after = tree.commit(d=app("d"))
    controller.forget()

    result = sync("apply", saved)

    assert (result.code, result.document["stale"], controller.writes()) == (8, True, [])
    messages = [refusal["message"] for refusal in result.document["refusals"]]
    assert f"the saved plan is out of date: the commit: {before} was planned, now it is {after}" in messages
    assert "the saved plan is out of date: planned now: create VirtualService admin/test--shop-d" in messages


def test_a_plan_is_stale_when_a_live_object_was_edited(sync: Run, controller: Controller, saved: str) -> None:
    """Also if only a field was edited that is none of ours: it is named, and nothing is written."""
    controller.change("vsvip", "test--shop-a", east_west_placement=False)
    controller.forget()

    result = sync("apply", saved)

    assert (result.code, controller.writes()) == (8, [])
    assert "PUT VsVip admin/test--shop-a" in result.document["refusals"][0]["message"]


def test_a_plan_is_applied_once(sync: Run, controller: Controller, saved: str) -> None:
    """The second time nothing is left to do, so it is stale."""
    sync("apply", saved)
    controller.forget()

    result = sync("apply", saved)

    assert (result.code, controller.writes()) == (8, [])


def test_a_refused_plan_can_be_saved_and_needs_its_permit(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """A mass delete is saved with exit 4; apply refuses it, too, until its digest is named."""
    names = [f"g{number}" for number in range(4)]
    tree.commit(**{name: app(name) for name in names})
    sync()
    tree.commit(**dict.fromkeys(names[:3]))
    file = str(tmp_path / "plan.json")

    planned = sync("plan", "--out", file)
    refused = sync("apply", file)
    passed = sync("apply", file, "--allow-deletes", "3", "--plan-digest", planned.document["digest"])

    assert (planned.code, refused.code, passed.code) == (4, 4, 0)


def test_a_plan_of_one_owner_stays_a_plan_of_that_owner(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """What was asked of the plan is saved with it."""
    tree.commit(a=app("a"), b=app("b"))
    file = str(tmp_path / "plan.json")
    sync("plan", "--only", "Gateway/shop/a", "--out", file)

    result = sync("apply", file)

    assert (result.code, {change["owner"]["name"] for change in result.document["changes"]}) == (0, {"a"})


def test_a_file_that_was_edited_is_no_plan(sync: Run, controller: Controller, saved: str) -> None:
    """One line says so, and nothing is written."""
    path = Path(saved)
    path.write_text(path.read_text().replace("admin/test--shop-a", "admin/test--shop-x"))
    controller.forget()

    result = sync("apply", saved)

    assert (result.code, controller.writes()) == (64, [])
    assert f"{saved}: the plan file was changed after it was written" in result.err


def test_uncommitted_files_give_no_plan_to_keep(sync: Run, tmp_path: Path) -> None:
    """Nobody could know later what it was made from."""
    result = sync("plan", "--working-tree", "--out", str(tmp_path / "plan.json"))

    assert (result.code, "cannot be applied later" in result.err) == (64, True)
