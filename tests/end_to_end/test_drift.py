"""`drift`: what somebody changed on the Controller, told apart from what changed in Git, and never a write."""

from tests.end_to_end.conftest import Controller, Run
from tests.end_to_end.tree import Tree, app

POOL = "test--shop-web-svc-web-TCP-80"


def test_a_hand_edit_is_drift_field_by_field(sync: Run, tree: Tree, controller: Controller) -> None:
    """The live value and Git's stand side by side; exit 2 only with --detailed-exitcode, and nothing is written."""
    tree.commit(web=app("web"))
    sync()
    controller.change("pool", POOL, sni_enabled=True)
    controller.forget()

    plain = sync("drift")
    detailed = sync("drift", "--detailed-exitcode")

    (change,) = detailed.document["changes"]
    assert (plain.code, detailed.code, controller.writes()) == (0, 2, [])
    assert (change["action"], change["name"], change["cause"]) == ("update", POOL, "live")
    assert change["reason"] == "changed on the Controller, not in Git"
    assert change["fields"] == [{"path": "sni_enabled", "before": True, "after": False}]


def test_a_change_in_git_is_no_drift(sync: Run, tree: Tree, controller: Controller) -> None:
    """It is mentioned as waiting, and the exit code stays 0."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=app("web", hostname="web.avi.internal"))

    result = sync("drift", "--detailed-exitcode")

    assert (result.code, result.document["changes"]) == (0, [])
    assert result.document["problems"][0]["message"] == (
        "not drift, but not applied yet: update VsVip admin/test--shop-web"
    )


def test_an_object_deleted_by_hand_is_drift(sync: Run, tree: Tree, controller: Controller) -> None:
    """Git did not change, so somebody took it away."""
    tree.commit(web=app("web"))
    sync()
    virtual_service = controller.find("virtualservice", "test--shop-web")
    controller.call("DELETE", f"/api/virtualservice/{virtual_service['uuid']}")

    result = sync("drift", "--detailed-exitcode")

    (change,) = result.document["changes"]
    assert (result.code, change["action"], change["reason"]) == (2, "create", "deleted on the Controller")


def test_no_guard_stops_a_look(sync: Run, tree: Tree, controller: Controller) -> None:
    """Neither a freeze file nor limits count where nothing is written."""
    (tree.folder / ".avi-sync-freeze").write_text("frozen\n")
    tree.commit(web=app("web"))

    result = sync("drift", "--detailed-exitcode")

    assert (result.code, result.document["refusals"]) == (0, [])
