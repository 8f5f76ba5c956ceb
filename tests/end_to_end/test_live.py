"""What others do on the Controller: edits by hand, objects of theirs, labels of theirs."""

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app, endpoints


def test_an_edit_by_hand_of_a_field_of_ours_is_put_right(sync: Run, tree: Tree, controller: Controller) -> None:
    """The plan names the field with both values, and the run resets it."""
    tree.commit(web=app("web"))
    sync()
    controller.change("pool", "test--shop-web-svc-web-TCP-80", graceful_disable_timeout=30)

    result = sync()

    (change,) = result.document["changes"]
    assert change["fields"] == [{"path": "graceful_disable_timeout", "before": 30, "after": 1}]
    assert controller.find("pool", "test--shop-web-svc-web-TCP-80")["graceful_disable_timeout"] == 1


def test_fields_and_labels_of_others_stay(sync: Run, tree: Tree, controller: Controller) -> None:
    """What no template answers for, and a marker of somebody else, survives an update."""
    tree.commit(web=app("web"))
    sync()
    live = controller.find("pool", "test--shop-web-svc-web-TCP-80")
    theirs = {"key": "team", "values": ["shop"]}
    controller.change("pool", live["name"], description="ours and theirs", markers=[*live["markers"], theirs])
    nothing = sync()
    tree.commit(web=[*app("web")[:2], endpoints("web-svc", addresses=("192.0.2.1",))])

    result = sync()

    after = controller.find("pool", live["name"])
    assert (nothing.document["changes"], result.code) == ([], 0)
    assert (after["description"], len(after["servers"])) == ("ours and theirs", 1)
    assert theirs in after["markers"]


def test_an_object_of_somebody_else_under_a_wanted_name_holds_its_gateway(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """It is reported as foreign and never changed; the other Gateway goes on."""
    controller.call("POST", "/api/pool", {"name": "test--shop-web-svc-web-TCP-80", "created_by": "ako-test"})
    tree.commit(web=app("web"), other=app("other"))

    result = sync()

    assert result.code == 5
    assert result.document["foreign"] == [{"kind": "Pool", "tenant": "admin", "name": "test--shop-web-svc-web-TCP-80"}]
    assert [owner["name"] for owner in result.document["held"]] == ["web"]
    assert result.document["summary"]["create"] == 4
    assert controller.find("pool", "test--shop-web-svc-web-TCP-80")["created_by"] == "ako-test"


def test_a_copy_of_an_object_of_ours_is_reported_and_left_alone(sync: Run, tree: Tree, controller: Controller) -> None:
    """Somebody cloned a pool with our markers: its name is not the one they spell, so it is not ours."""
    tree.commit(web=app("web"))
    sync()
    live = controller.find("pool", "test--shop-web-svc-web-TCP-80")
    copy = {key: value for key, value in live.items() if key not in ("uuid", "url", "_last_modified")}
    controller.call("POST", "/api/pool", copy | {"name": "experiment"})
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (0, [])
    assert any("Pool admin/experiment" in problem["message"] for problem in result.document["problems"])
