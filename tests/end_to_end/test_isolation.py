"""The failure of one owner stops nobody else, and the report says what became of every change."""

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

NO = {"do": "status", "status": 400, "body": {"error": "not on a Thursday"}}


def test_the_failure_of_one_owner_stops_no_other(sync: Run, tree: Tree, controller: Controller) -> None:
    """One VsVip of four is refused: the three others are applied, exit 5, with the Controller's words."""
    tree.commit(**{name: app(name) for name in ("a", "b", "c", "d")})
    controller.fault(method="POST", path="/api/vsvip", nth=2, **NO)

    result = sync()

    owners = result.document["owners"]
    assert result.code == 5
    assert sorted(owner["state"] for owner in owners) == ["applied", "applied", "applied", "failed"]
    assert [("not on a Thursday" in owner["said"]) for owner in owners if owner["state"] == "failed"] == [True]


def test_every_change_ends_as_applied_failed_restored_skipped_or_not_tried(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """A pool is refused in the middle of an owner, and a VirtualService in the middle of another's replace."""
    tree.commit(move=app("move", address="10.10.10.11"), calm=app("calm"))
    sync()
    tree.commit(move=app("move", address="10.10.10.12"), broken=app("broken"))
    controller.faults(
        {"method": "POST", "path": "/api/pool", "nth": 1, **NO},
        {"method": "POST", "path": "/api/virtualservice", "nth": 1, **NO},
    )

    result = sync()

    changes = [change for outcome in result.document["outcomes"] for change in outcome["changes"]]
    assert {(change["owner"]["name"], change["kind"]): change["state"] for change in changes} == {
        ("broken", "L4PolicySet"): "skipped",
        ("broken", "Pool"): "failed",
        ("broken", "VirtualService"): "skipped",
        ("broken", "VsVip"): "applied",
        ("move", "VirtualService"): "restored",
        ("move", "VsVip"): "restored",
    }
    assert result.code == 5


def test_the_text_says_the_same(sync: Run, tree: Tree, controller: Controller) -> None:
    """Under the error each change with how it ended; the last line counts what was really done."""
    tree.commit(web=app("web"), good=app("good"))
    controller.fault(method="POST", path="/api/pool", nth=1, **NO)

    result = sync("--parallelism", "1", "--format", "text")

    states = [
        tuple(line.split()[:3])
        for line in result.out.splitlines()
        if line.startswith(("  applied", "  failed", "  skipped"))
    ]
    assert states == [
        ("skipped", "+", "L4PolicySet"),
        ("failed", "+", "Pool"),
        ("skipped", "+", "VirtualService"),
        ("applied", "+", "VsVip"),
    ]
    assert result.last_line.startswith("Applied: 5 create")
    assert "1 owner failed" in result.last_line


def test_what_was_applied_is_reported_even_if_what_remains_cannot_be_planned(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """A delete is refused, and then nobody can tell who uses its object: exit 6, with what became of each change."""
    tree.commit(web=app("web"), api=app("api"))
    sync()
    tree.commit(api=[], mail=app("mail"))
    controller.faults(
        {"method": "DELETE", "path": "/api/virtualservice/*", **NO},
        {"method": "GET", "path": "/api/gslbservice*", "nth": 3, "times": 99, **NO},
    )

    result = sync()

    states = {item["owner"]["name"]: item["state"] for item in result.document["owners"]}
    assert (result.code, states) == (6, {"api": "failed", "mail": "applied"})
    assert "not on a Thursday" in result.document["lost"]
