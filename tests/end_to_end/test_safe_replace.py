"""A replace leaves no owner down: after a refusal it is restored once, what others attached survives, gaps show."""

from pathlib import Path

import pytest

from sync.emulator import Emulator
from tests.shared.emulated_controller import SEED, Controller, Run
from tests.shared.tree import Tree, app, namespace

OLD, NEW = "10.10.10.11", "10.10.10.12"
NO = {"do": "status", "status": 400, "body": {"error": "not on a Thursday"}}


def moved(tree: Tree, sync: Run) -> None:
    """A Gateway that is live and whose address changes in Git."""
    tree.commit(web=app("web", address=OLD), calm=app("calm"))
    assert sync().code == 0
    tree.commit(web=app("web", address=NEW))


def test_three_runs_after_a_refused_replace_delete_once(sync: Run, tree: Tree, controller: Controller) -> None:
    """The first one puts the old objects back; the others are held by what it noted, and exit 5 with its words."""
    moved(tree, sync)
    controller.fault(method="POST", path="/api/virtualservice", nth=1, **NO)
    controller.forget()

    runs = [sync(), sync(), sync()]

    assert [run.code for run in runs] == [5, 5, 5]
    assert controller.writes().count("DELETE virtualservice") == 1
    assert controller.addresses("test--shop-web") == [OLD]
    assert all("not on a Thursday" in str(run.document["problems"]) for run in runs)


def test_nothing_lies_between_the_last_look_and_the_delete(sync: Run, tree: Tree, controller: Controller) -> None:
    """The request right before the first delete reads the very object: what may be restored is stored before that."""
    moved(tree, sync)
    controller.forget()

    sync()

    lines = [f"{item['method']} {item['path'].partition('?')[0]}" for item in controller.requests()]
    first = next(number for number, line in enumerate(lines) if line.startswith("DELETE"))
    assert lines[first - 1] == lines[first].replace("DELETE", "GET")
    assert lines[first].startswith("DELETE /api/virtualservice/")


def test_a_name_that_the_controller_holds_for_a_while_is_waited_for(sync: Run, tree: Tree, tmp_path: Path) -> None:
    """For a second after a delete its name cannot be used: the run waits, and succeeds."""
    log = tmp_path / "slow.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, seed=SEED, name_hold_ms=1000) as emulator:
        where = ("--controller", emulator.url)
        tree.commit(web=app("web", address=OLD))
        sync(*where)
        tree.commit(web=app("web", address=NEW))

        result = sync(*where)

    assert (result.code, result.document["remaining"]) == (0, [])


def test_a_policy_that_others_attached_survives_a_replace(sync: Run, tree: Tree, controller: Controller) -> None:
    """A network security policy, a label and a switched off service are on the object that is created again."""
    moved(tree, sync)
    policy = controller.call("POST", "/api/networksecuritypolicy", {"name": "no-bots"})
    live = controller.find("virtualservice", "test--shop-web")
    controller.change(
        "virtualservice",
        "test--shop-web",
        network_security_policy_ref=policy["url"],
        enabled=False,
        markers=[*live["markers"], {"key": "cost", "values": ["4711"]}],
    )

    result = sync()

    live = controller.find("virtualservice", "test--shop-web")
    assert (result.code, live["enabled"]) == (0, False)
    assert live["network_security_policy_ref"].endswith("#no-bots")
    assert {"key": "cost", "values": ["4711"]} in live["markers"]


def test_what_cannot_be_carried_over_stands_in_the_plan(sync: Run, tree: Tree, controller: Controller) -> None:
    """An allocated address may become another one; in another tenant what a field refers to may not exist."""
    tree.commit(web=app("web"))
    sync()
    policy = controller.call("POST", "/api/networksecuritypolicy", {"name": "no-bots"})
    controller.change(
        "virtualservice",
        "test--shop-web",
        network_security_policy_ref=policy["url"],
        description="ask the shop team",
        enabled=False,
    )
    tree.commit(ns=[namespace("shop", tenant="team-a")])

    text = sync("--dry-run", "--format", "text").out
    applied = sync()

    live = controller.find("virtualservice", "test--shop-web")
    assert "! not carried over: network_security_policy_ref: it refers to an object that may not exist there" in text
    assert "! not carried over: address 10.10.10.2: the Controller chose it, and may choose another" in text
    assert (applied.code, live["tenant_ref"].partition("#")[2]) == (0, "team-a")
    assert (live["description"], live["enabled"]) == ("ask the shop team", False)
    assert "network_security_policy_ref" not in live


@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_what_the_account_may_not_read_is_said_in_the_plan(
    sync: Run, tree: Tree, controller: Controller, options: tuple[str, ...]
) -> None:
    """403 for networks: nobody can look whether the network has the address; the plan says so and goes on."""
    moved(tree, sync)
    controller.fault(method="GET", path="/api/network*", do="status", status=403)

    result = sync(*options)

    said = [problem["message"] for problem in result.document["problems"] if problem["severity"] == "warning"]
    assert result.code == 0
    assert (
        'before its VIP is deleted, it is not checked whether network "vip-network" exists and has the address' in said
    )


def test_a_swap_that_is_refused_is_put_back_as_a_whole_and_held(sync: Run, tree: Tree, controller: Controller) -> None:
    """Two Gateways swap addresses, the last create is refused: both are as before, and the next run deletes nothing."""
    tree.commit(a=app("a", address=OLD), b=app("b", address=NEW))
    sync()
    tree.commit(a=app("a", address=NEW), b=app("b", address=OLD))
    controller.fault(method="POST", path="/api/virtualservice", nth=2, **NO)

    refused = sync()
    controller.forget()
    again = sync()

    assert (refused.code, again.code, controller.writes()) == (5, 5, [])
    assert (controller.addresses("test--shop-a"), controller.addresses("test--shop-b")) == ([OLD], [NEW])
    assert [owner["state"] for owner in refused.document["owners"]] == ["restored", "restored"]
