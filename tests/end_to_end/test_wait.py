"""`--wait`: after applying, a run looks whether the VirtualServices that it changed come up, and says which do not."""

from typing import Any

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app, endpoints, gateway, service

RUNTIME = "/api/virtualservice?*join_subresources=runtime*"


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    """VirtualService → what is said of it."""
    return {item["name"]: item["verdict"] for item in document["services"]}


def answered(controller: Controller, state: str, *, reason: tuple[str, ...] = (), **when: object) -> None:
    """The Controller tells this state of the only VirtualService, as long as the fault is in force."""
    live = controller.find("virtualservice", "test--shop-web")
    runtime = {"oper_status": {"state": state, "reason": list(reason)}}
    body = {"count": 1, "results": [{**live, "runtime": runtime}]}
    controller.fault(method="GET", path=RUNTIME, do="status", status=200, body=body, **when)


def changed(sync: Run, tree: Tree) -> None:
    """A live Gateway that changes in Git without being replaced."""
    tree.commit(web=app("web"))
    assert sync().code == 0
    tree.commit(web=app("web", ports=(80, 81)))


def test_what_comes_up_is_waited_for(sync: Run, tree: Tree, controller: Controller) -> None:
    """The service initialises for two looks, then it is up: exit 0."""
    changed(sync, tree)
    answered(controller, "OPER_INITIALIZING", times=2)

    result = sync("--wait", "30")

    assert (result.code, verdicts(result.document)) == (0, {"test--shop-web": "up"})


def test_what_does_not_come_up_in_time_is_named(sync: Run, tree: Tree, controller: Controller) -> None:
    """Exit 5 with the Controller's state and reason, though everything was applied."""
    changed(sync, tree)
    answered(controller, "OPER_DOWN", reason=("No SE has the capacity",))

    result = sync("--wait", "0.2", "--format", "text")

    assert result.code == 5
    assert "error: VirtualService admin/test--shop-web is not up: OPER_DOWN, No SE has the capacity" in result.out
    assert "Up: 0 of 1 VirtualService that were changed" in result.out
    assert "1 update" in result.last_line


def test_a_run_after_which_nothing_is_up_ends_with_5(sync: Run, tree: Tree, controller: Controller) -> None:
    """One service was disabled by hand, one has no servers in Git: both are idle, and nobody waits."""
    empty = [gateway("empty"), service("empty", gateway="empty"), {**endpoints("empty"), "endpoints": []}]
    tree.commit(web=app("web"))
    sync()
    controller.change("virtualservice", "test--shop-web", enabled=False)
    tree.commit(web=app("web", ports=(80, 81)), empty=empty)

    result = sync("--wait", "30")

    assert (result.code, verdicts(result.document)) == (5, {"test--shop-web": "idle", "test--shop-empty": "idle"})
    assert {item["said"] for item in result.document["services"]} == {
        "it is disabled",
        "it has no server to send to",
    }


def test_what_nobody_can_expect_to_come_up_is_not_waited_for(sync: Run, tree: Tree, controller: Controller) -> None:
    """Beside a service that comes up, one without servers in Git is reported as idle: exit 0."""
    empty = [gateway("empty"), service("empty", gateway="empty"), {**endpoints("empty"), "endpoints": []}]
    tree.commit(web=app("web"), empty=empty)

    result = sync("--wait", "30")

    assert (result.code, verdicts(result.document)) == (0, {"test--shop-web": "up", "test--shop-empty": "idle"})


def test_what_the_account_may_not_see_is_not_called_up(sync: Run, tree: Tree, controller: Controller) -> None:
    """The state cannot be read: exit 5, and the reason is the Controller's."""
    changed(sync, tree)
    controller.fault(method="GET", path=RUNTIME, do="status", status=403, body={"error": "no permission"})

    result = sync("--wait", "0.2")

    assert (result.code, verdicts(result.document)) == (5, {"test--shop-web": "unknown"})
    assert "no permission" in result.document["services"][0]["said"]


def test_one_request_per_look_however_many_services(sync: Run, tree: Tree, controller: Controller) -> None:
    """Twelve services are polled at once, and only those that were changed."""
    tree.commit(old=app("old"))
    sync()
    tree.commit(**{f"g{number}": app(f"g{number}") for number in range(12)})
    controller.forget()

    result = sync("--wait", "30")

    looks = [item for item in controller.requests() if "join_subresources=runtime" in item["path"]]
    assert (result.code, len(result.document["services"]), len(looks)) == (0, 12, 1)


@pytest.mark.parametrize("options", [("--dry-run", "--wait", "30"), ("--wait", "30"), ()])
def test_nothing_is_asked_where_nothing_was_changed(
    sync: Run, tree: Tree, controller: Controller, options: tuple[str, ...]
) -> None:
    """A dry run, a run with nothing to do, and a run without --wait look at no runtime."""
    tree.commit(web=app("web"))
    sync()
    if "--dry-run" in options:
        tree.commit(web=app("web", ports=(80, 81)))
    controller.forget()

    result = sync(*options)

    assert (result.code, result.document["services"]) == (0, [])
    assert not any("runtime" in item["path"] for item in controller.requests())
