"""A bad commit is taken back: by a revert in Git, or in an emergency by a run for the good commit, beside a freeze."""

from collections.abc import Mapping
from typing import Any

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

FREEZE = ".avi-sync-freeze"

OURS = ("vsvip", "pool", "l4policyset", "virtualservice")
MARKS_OF_TIME = {"_last_modified", "configpb_attributes", "url", "uuid"}


def configuration(controller: Controller) -> Mapping[str, Any]:
    """All objects of our kinds, without what tells an object from the one that it replaces."""
    return {
        f"{kind} {body['name']}": _timeless(body)
        for kind in OURS
        for body in controller.call("GET", f"/api/{kind}?include_name", tenant="*")["results"]
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in MARKS_OF_TIME}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    if isinstance(value, str) and "/api/" in value:
        return value.partition("#")[2]
    return value


def after_a_bad_commit(sync: Run, tree: Tree, controller: Controller) -> tuple[str, Mapping[str, Any]]:
    """A commit that moved an address, closed a port and dropped a Gateway is live; the good one, and what it made."""
    good = tree.commit(
        web=app(address="10.10.10.44"), api=app("api", ports=(80, 443)), old=app("old", address="10.10.10.9")
    )
    assert sync().code == 0
    was = configuration(controller)
    tree.commit(web=app(address="10.10.10.55"), api=app("api"), old=None, new=app("new"))
    assert sync().code == 0
    assert configuration(controller) != was
    return good, was


def vip(address: str) -> Mapping[str, Any]:
    """What a VsVip of somebody else has."""
    return {"vip_id": "0", "ip_address": {"addr": address, "type": "V4"}}


def frozen(tree: Tree) -> str:
    """Git as it is, with a freeze file."""
    tree.write({FREEZE: "bad commit, ask net-ops\n"})
    return tree.commit()


def test_a_revert_in_git_brings_the_good_state_back(sync: Run, tree: Tree, controller: Controller) -> None:
    """The next run does it, like any other change."""
    _, was = after_a_bad_commit(sync, tree, controller)
    tree.git("revert", "--no-edit", "HEAD")

    done = sync()

    assert (done.code, configuration(controller)) == (0, was)


def test_the_good_commit_is_live_again_before_git_is_repaired(sync: Run, tree: Tree, controller: Controller) -> None:
    """--ref names it; a run for HEAD, as cron starts it, is then refused by the freeze and writes nothing."""
    good, was = after_a_bad_commit(sync, tree, controller)
    frozen(tree)

    shown = sync("--ref", good, "--accept-older-commit", "--dry-run")
    back = sync("--ref", good, "--accept-older-commit")
    controller.forget()
    from_cron = sync()

    assert (shown.code, back.code, back.document["remaining"]) == (0, 0, [])
    assert shown.document["digest"] == back.document["digest"]
    assert (from_cron.code, controller.all_writes()) == (4, [])
    assert "bad commit, ask net-ops" in from_cron.document["refusals"][0]["message"]
    assert configuration(controller) == was


def test_once_git_is_repaired_the_freeze_can_go(sync: Run, tree: Tree, controller: Controller) -> None:
    """HEAD then requests what is live."""
    good, was = after_a_bad_commit(sync, tree, controller)
    frozen(tree)
    sync("--ref", good, "--accept-older-commit")
    tree.git("revert", "--no-edit", "HEAD~1")
    tree.write({FREEZE: None})
    tree.commit()
    controller.forget()

    from_cron = sync()

    assert (from_cron.code, from_cron.document["changes"], controller.all_writes()) == (0, [], [])
    assert configuration(controller) == was


def test_without_the_freeze_the_next_run_applies_the_bad_commit_again(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """It descends from the good one: for a run it is the next commit, like any other."""
    good, _ = after_a_bad_commit(sync, tree, controller)
    sync("--ref", good, "--accept-older-commit")

    from_cron = sync()

    assert from_cron.code == 0
    assert from_cron.document["changes"] != []
    assert controller.addresses("test--shop-web") == ["10.10.10.55"]


def test_an_address_that_somebody_else_has_by_now_does_not_come_back(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The Gateway keeps the address that it has, and the plan names who has the other one; the others go back."""
    good, was = after_a_bad_commit(sync, tree, controller)
    controller.call("POST", "/api/vsvip", {"name": "theirs", "vip": [vip("10.10.10.44")]})
    frozen(tree)

    back = sync("--ref", good, "--accept-older-commit")

    problems = [item["message"] for item in back.document["problems"] if item["severity"] == "error"]
    assert back.code == 5
    assert [problem for problem in problems if "10.10.10.44" in problem and "theirs" in problem] == problems
    assert controller.addresses("test--shop-web") == ["10.10.10.55"]
    assert configuration(controller)["virtualservice test--shop-api"] == was["virtualservice test--shop-api"]


def test_an_address_that_the_controller_chose_may_become_another_one(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Nobody keeps it free while its Gateway is gone."""
    good = tree.commit(web=app(), api=app("api"))
    sync()
    (chosen,) = controller.addresses("test--shop-web")
    tree.commit(web=None)
    sync()
    controller.call("POST", "/api/vsvip", {"name": "theirs", "vip": [vip(chosen)]})
    frozen(tree)

    back = sync("--ref", good, "--accept-older-commit")

    assert back.code == 0
    assert controller.addresses("test--shop-web") != [chosen]


def test_what_was_set_by_hand_stays_unless_git_decides_it_or_the_object_went(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """A field that Git does not decide survives both runs; the bad run deleted the other object with its edit."""
    tree.commit(web=app(), old=app("old"))
    sync()
    for name in ("test--shop-web", "test--shop-old"):
        controller.change("virtualservice", name, description="call Ada", weight=7)
    good = tree.git("rev-parse", "HEAD")
    tree.commit(web=app(ports=(80, 443)), old=None)
    sync()
    frozen(tree)

    back = sync("--ref", good, "--accept-older-commit")

    assert back.code == 0
    assert controller.find("virtualservice", "test--shop-web")["description"] == "call Ada"
    assert controller.find("virtualservice", "test--shop-old").get("description", "") == ""


def test_going_back_can_be_limited_to_one_owner(sync: Run, tree: Tree, controller: Controller) -> None:
    """--only narrows it, as it narrows every run."""
    good, was = after_a_bad_commit(sync, tree, controller)
    frozen(tree)

    back = sync("--ref", good, "--accept-older-commit", "--only", "Gateway/shop/web")

    assert back.code == 0
    assert controller.addresses("test--shop-web") == ["10.10.10.44"]
    assert configuration(controller)["virtualservice test--shop-api"] != was["virtualservice test--shop-api"]
