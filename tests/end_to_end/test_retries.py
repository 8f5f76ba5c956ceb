"""Requests that go wrong: what may pass is tried again, lost answers are looked for, and 412 means to plan again."""

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app

LOST_ANSWERS = [
    {"method": method, "path": f"/api/{kind}*", "nth": 1, "do": "commit-and-reset"}
    for method, kind in (("POST", "vsvip"), ("POST", "pool"), ("PUT", "virtualservice"), ("DELETE", "l4policyset"))
]
PASSING = [
    {"method": "POST", "path": "/api/vsvip", "nth": 1, "do": "status", "status": 401},
    {"method": "POST", "path": "/api/pool", "nth": 1, "do": "status", "status": 429},
    {"method": "PUT", "path": "/api/virtualservice/*", "nth": 1, "do": "status", "status": 503},
    {"method": "DELETE", "path": "/api/virtualservice/*", "nth": 1, "do": "reset"},
    {
        "method": "POST",
        "path": "/api/virtualservice",
        "nth": 1,
        "do": "status",
        "status": 403,
        "body": {"error": "Configuration is disallowed during upgrade"},
    },
]


@pytest.mark.parametrize("faults", [PASSING, LOST_ANSWERS], ids=["trouble that passes", "lost answers"])
def test_a_run_outlasts_what_may_pass_and_doubles_nothing(
    sync: Run, tree: Tree, controller: Controller, faults: list[dict[str, object]]
) -> None:
    """Creates, updates and deletes meet trouble: the run ends well, says what it did, and leaves nothing to do."""
    tree.commit(change=app("change"), go=app("go"))
    sync()
    tree.commit(change=app("change", ports=(80, 81)), go=None, come=app("come"))
    controller.faults(*faults)

    result = sync("--format", "text")

    controller.faults()
    assert (result.code, sync().document["changes"]) == (0, [])
    assert result.last_line.startswith("Applied: 4 create, 1 update, 0 replace, 4 delete")


@pytest.mark.parametrize(
    ("method", "kind"),
    [("POST", "vsvip"), ("POST", "virtualservice"), ("DELETE", "vsvip"), ("DELETE", "virtualservice")],
)
def test_a_replace_that_meets_a_concurrent_update_goes_on(
    sync: Run, tree: Tree, controller: Controller, method: str, kind: str
) -> None:
    """A new object has no past that could be stale, and an old one that is what it was may go: nothing is restored."""
    tree.commit(web=app("web", address="10.10.10.11"))
    sync()
    tree.commit(web=app("web", address="10.10.10.12"))
    controller.fault(method=method, path=f"/api/{kind}*", nth=1, times=1, do="status", status=412)
    controller.forget()

    result = sync()

    assert (result.code, controller.addresses("test--shop-web")) == (0, ["10.10.10.12"])
    assert controller.writes().count(f"{method} {kind}") == 2


def test_what_others_change_between_reading_and_writing_is_read_and_planned_again(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The Controller answers 412 once: the run plans again, writes, and tells the change once."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=app("web", ports=(80, 81), hostname="web.avi.internal"))
    controller.fault(method="PUT", path="/api/virtualservice/*", nth=1, do="status", status=412)
    controller.forget()

    result = sync()

    assert result.code == 0
    assert controller.writes() == ["PUT vsvip", "PUT virtualservice", "PUT virtualservice"]
    assert [change["state"] for outcome in result.document["outcomes"] for change in outcome["changes"]] == [
        "applied",
        "applied",
    ]


def test_what_stays_stale_is_left_to_the_next_run(sync: Run, tree: Tree, controller: Controller) -> None:
    """Somebody writes all the time: after three rounds the change has failed, exit 5, and the rest is done."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=app("web", ports=(80, 81)), other=app("other"))
    controller.fault(method="PUT", path="/api/virtualservice/*", do="status", status=412)
    controller.forget()

    result = sync()

    assert (result.code, controller.writes().count("PUT virtualservice")) == (5, 3)
    assert {owner["owner"]["name"]: owner["state"] for owner in result.document["owners"]} == {
        "web": "failed",
        "other": "applied",
    }


def test_after_the_deadline_of_a_run_nothing_more_is_begun(sync: Run, tree: Tree, controller: Controller) -> None:
    """The first object takes longer than the whole run may: it is finished, all else is not tried, exit 5."""
    tree.commit(a=app("a"), b=app("b"))
    controller.fault(method="POST", path="/api/vsvip", do="delay", delay_ms=1500)

    result = sync("--deadline", "1.5", "--parallelism", "1", "--format", "text")

    assert result.code == 5
    assert "Gateway shop/b: not tried: the deadline of the run has passed" in result.out
    assert result.last_line.startswith("Applied: 1 create, 0 update")
