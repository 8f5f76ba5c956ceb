"""Switches in values.yaml and missing Namespaces take nothing away."""

from pathlib import Path
from typing import Any

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app, endpoints, load_balancer, namespace


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        pytest.param({"AKOSettings": {"clusterName": "test"}}, "web", id="servicesAPI off"),
        pytest.param(
            {"AKOSettings": {"clusterName": "test", "servicesAPI": True, "layer7Only": True}}, "direct", id="layer7Only"
        ),
        pytest.param({"L4Settings": {"defaultLBController": False}}, "direct", id="defaultLBController off"),
    ],
)
def test_a_switch_deletes_nothing(
    sync: Run, tree: Tree, controller: Controller, settings: dict[str, object], held: str
) -> None:
    """What the switch no longer serves is held while it is live; what it does not concern goes on."""
    tree.commit(web=app("web"), direct=[load_balancer(), endpoints("direct", ports=(25,))])
    sync()
    tree.write({"values.yaml": [{**VALUES, **settings}]})
    tree.commit()
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])
    assert [owner["name"] for owner in result.document["held"]] == [held]


def test_a_missing_namespace_moves_nothing_to_another_tenant(sync: Run, tree: Tree, controller: Controller) -> None:
    """The Namespace that named the tenant is gone from the tree: the live objects stay where they are."""
    tree.commit(ns=[namespace("shop", tenant="team-a")], web=app("web"))
    sync()
    tree.commit(ns=None)
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])
    assert any("Namespace is not in the tree" in problem["message"] for problem in result.document["problems"])


def test_statuses_tell_addresses_and_readiness(sync: Run, tree: Tree, controller: Controller) -> None:
    """After a run a Gateway and the Services behind it have the VIP's address, a held one is not ready."""
    tree.commit(web=app("web", hostname="shop.avi.internal"), bad=[*app("bad", label_name="other")])

    result = sync("--status-dir", str(tree.folder.parent / "status"))

    by_name = {(item["kind"], item["name"]): item for item in result.document["statuses"]}
    assert by_name["Gateway", "web"]["addresses"] == ["10.10.10.2"]
    assert by_name["Service", "web-svc"]["hostnames"] == ["shop.avi.internal"]
    assert {c["type"]: c["status"] for c in by_name["Gateway", "bad"]["conditions"]} == {
        "Scheduled": "False",
        "Ready": "False",
    }
    written = (tree.folder.parent / "status" / "Gateway" / "shop" / "web.yaml").read_text()
    assert "value: 10.10.10.2" in written


def status_files(folder: Path) -> list[str]:
    """What `--status-dir` has written."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.yaml"))


def test_the_status_of_what_is_gone_from_git_goes(sync: Run, tree: Tree, tmp_path: Path) -> None:
    """Else it would say for ever that it is ready; a file that is no status of ours stays."""
    folder = tmp_path / "status"
    tree.commit(web=app("web"), mail=[load_balancer(), endpoints("direct", ports=(25,))])
    sync("--status-dir", str(folder))
    (folder / "Gateway" / "shop" / "own.yaml").write_text("kind: Gateway\nspec: {}\n")
    tree.commit(mail=None)

    sync("--status-dir", str(folder), "--allow-deletes", "1")

    assert status_files(folder) == ["Gateway/shop/own.yaml", "Gateway/shop/web.yaml", "Service/shop/web-svc.yaml"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"web": "kind: ["}, id="a file that does not parse"),
        pytest.param({"web": [{**app("web")[0], "spec": {}}]}, id="a manifest that cannot be used"),
        pytest.param({"values": "AKOSettings: 5"}, id="settings that cannot be used"),
    ],
)
def test_no_status_goes_while_something_cannot_be_read(
    sync: Run, tree: Tree, tmp_path: Path, files: dict[str, Any]
) -> None:
    """Absence proves nothing then."""
    folder = tmp_path / "status"
    tree.commit(web=app("web"))
    sync("--status-dir", str(folder))
    before = status_files(folder)
    tree.commit(**files)

    sync("--status-dir", str(folder))

    assert status_files(folder) == before
    assert len(before) == 2


def test_the_status_of_an_owner_that_the_plan_holds_says_why(sync: Run, tree: Tree, controller: Controller) -> None:
    """In the words of the problem."""
    controller.call("POST", "/api/pool", {"name": "test--shop-web-svc-web-TCP-80"})
    tree.commit(web=app("web"))

    result = sync()

    (gateway,) = [item for item in result.document["statuses"] if item["kind"] == "Gateway"]
    ready = next(condition for condition in gateway["conditions"] if condition["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "NotApplied")
    assert ready["message"].startswith("held: Pool admin/test--shop-web-svc-web-TCP-80 already exists")


def test_facts_written_from_a_controller_render_the_same_objects(sync: Run, tree: Tree, controller: Controller) -> None:
    """`facts` asks the Controller, `render --facts` does not, and both come to the same objects."""
    tree.commit(web=app("web"))
    sync()
    facts = str(tree.folder.parent / "facts.yaml")
    asked = sync("facts", "--out", facts)

    rendered = sync("render", "--facts", facts).document

    names = {("VirtualService" if o["kind"] == "VirtualService" else o["kind"], o["name"]) for o in rendered["objects"]}
    body = next(o["body"] for o in rendered["objects"] if o["kind"] == "VsVip")
    assert (asked.code, len(names)) == (0, 4)
    assert body["dns_info"] == [{"fqdn": "web-svc.shop.avi.internal"}]
