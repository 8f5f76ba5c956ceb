"""`status`: what is deployed, from which commit, and how each owner stands."""

import jsonschema
import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.schemas import closed, published
from tests.shared.tree import Tree, app, endpoints, gateway, service

POOL = "test--shop-edited-svc-edited-TCP-80"


def test_status_tells_how_each_owner_stands(sync: Run, tree: Tree, controller: Controller) -> None:
    """One owner of each kind: in sync, edited, changed in Git, new, gone, held and paused; nothing is written."""
    names = ("calm", "edited", "changed", "gone", "broken", "paused")
    first = tree.commit(**{name: app(name) for name in names})
    sync()
    sync("pause", "Gateway/shop/paused", "--for", "1h", "--reason", "x")
    controller.change("pool", POOL, sni_enabled=True)
    second = tree.commit(
        changed=app("changed", hostname="c.avi.internal"),
        new=app("new"),
        gone=None,
        broken=[gateway("broken", label_name="wrong")],
    )
    controller.forget()

    result = sync("status")

    document = result.document
    assert (result.code, controller.writes()) == (0, [])
    assert {line["owner"]["name"]: line["standing"] for line in document["owners"]} == {
        "broken": "held",
        "calm": "in sync",
        "changed": "not applied yet",
        "edited": "edited on the Controller",
        "gone": "gone from Git, still there",
        "new": "not there yet",
        "paused": "paused",
    }
    assert (document["last_run"]["commit"], document["commit"]) == (first, second)


def test_status_is_one_screen_for_people(sync: Run, tree: Tree, controller: Controller) -> None:
    """The lock, the last run, a line per owner with its address, and the counts."""
    tree.commit(web=app("web", address="10.10.10.5"))
    sync()

    lines = sync("status", "--format", "text").out.splitlines()

    assert lines[0] == "Lock avi-sync-test: free"
    told = "Gateway shop/web 10.10.10.5 4 objects 2 of 2 servers enabled in sync"
    assert lines[-2].split() == told.split()
    assert lines[-1] == "Status: 1 owner: 1 in sync"


def test_status_lists_what_somebody_edited_and_runs_leave_alone(sync: Run, tree: Tree, controller: Controller) -> None:
    """Below the owner, for people and machines; the owner is as Git requests it, and serves nobody."""
    tree.commit(web=app("web"), calm=app("calm"))
    sync()
    controller.change("virtualservice", "test--shop-web", enabled=False)

    result = sync("status")
    lines = sync("status", "--format", "text").out.splitlines()

    owners = {line["owner"]["name"]: line for line in result.document["owners"]}
    assert (result.code, owners["web"]["standing"], owners["calm"]["edits"]) == (0, "serving nobody", [])
    assert owners["web"]["edits"] == [
        {
            "kind": "VirtualService",
            "tenant": "admin",
            "name": "test--shop-web",
            "owner": owners["web"]["owner"],
            "fields": [{"path": "enabled", "live": False, "default": True}],
        }
    ]
    assert lines[-2] == "    edited, left alone: VirtualService admin/test--shop-web: enabled: false"
    assert lines[-1] == "Status: 2 owners: 1 in sync, 1 serving nobody; 1 edited, left alone"


@pytest.mark.parametrize(
    ("ready", "standing", "enabled"),
    [
        pytest.param((False, False), "serving nobody", 0, id="nobody is served"),
        pytest.param((True, False), "serving in part", 2, id="one of two listeners"),
    ],
)
def test_an_owner_without_servers_is_not_simply_in_sync(
    sync: Run, tree: Tree, ready: tuple[bool, bool], standing: str, enabled: int
) -> None:
    """Live is as Git requests it, and the people behind a listener meet nobody."""
    ends = [
        {**end, "endpoints": [{**one, "conditions": {"ready": is_ready}} for one in end["endpoints"]]}
        for port, is_ready in zip((80, 443), ready, strict=True)
        for end in [endpoints(f"svc-{port}", ports=(port,))]
    ]
    services = [service(f"svc-{port}", ports=(port,)) for port in (80, 443)]
    tree.commit(web=[gateway("web", ports=(80, 443)), *services, *ends])
    sync()

    (owner,) = sync("status").document["owners"]

    assert (owner["standing"], owner["enabled_servers"], owner["servers"]) == (standing, enabled, 4)


def test_status_fits_its_schema(sync: Run, tree: Tree) -> None:
    """What is printed is what docs/schemas/status.json describes."""
    tree.commit(web=app("web"))

    found = sync("status").document

    jsonschema.validate(found, closed(published("status")))
