"""From a commit to a converged Controller."""

from pathlib import Path

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app, endpoints, gateway, load_balancer, service

COUNTS = ("create", "update", "replace", "delete", "adopt", "release", "foreign", "held", "servers")
NOTHING = dict.fromkeys(COUNTS, 0)


def test_the_second_run_plans_nothing_and_writes_nothing(sync: Run, tree: Tree, controller: Controller) -> None:
    """After one run live equals desired: the next one finds every object unchanged."""
    tree.commit(web=app("web"), direct=[load_balancer(), endpoints("direct", ports=(25,))])
    first = sync()
    controller.forget()

    second = sync()

    assert (first.code, second.code) == (0, 0)
    assert second.document["summary"] == NOTHING | {"unchanged": 8}
    assert controller.writes() == []


def test_a_dry_run_with_every_kind_of_change_pending_sends_nothing_but_reads(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Creates, updates, replaces and deletes are planned; only GETs, login and logout reach the Controller."""
    tree.commit(a=app("a", address="10.10.10.11"), b=app("b"), c=app("c"))
    sync()
    tree.commit(a=app("a", address="10.10.10.12"), b=[*app("b", ports=(80, 81))], c=None, d=app("d"))
    controller.forget()

    dry = sync("--dry-run")

    assert all(dry.document["summary"][action] for action in ("create", "update", "replace", "delete"))
    assert {(r["method"], r["path"]) for r in controller.requests() if r["method"] != "GET"} == {
        ("POST", "/login"),
        ("POST", "/logout"),
    }


def test_gets_do_not_grow_with_the_number_of_objects(sync: Run, tree: Tree, controller: Controller) -> None:
    """A run over many objects costs the same GETs as over few, while they fit into one page."""
    tree.commit(web=app("web"))
    sync()
    controller.forget()
    sync()
    few = len(controller.requests())
    tree.commit(**{f"g{number}": app(f"g{number}") for number in range(20)})
    sync()
    controller.forget()

    sync()

    assert len(controller.requests()) == few


def test_a_changed_address_replaces_virtualservice_and_vsvip_and_nothing_else(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The order is: delete VirtualService, delete VsVip, create VsVip, create VirtualService."""
    tree.commit(web=app("web", address="10.10.10.11"))
    sync()
    tree.commit(web=app("web", address="10.10.10.12"))
    controller.forget()

    result = sync()

    assert result.code == 0
    assert result.document["summary"]["replace"] == 2
    assert controller.writes() == [
        "DELETE virtualservice",
        "DELETE vsvip",
        "POST vsvip",
        "POST virtualservice",
    ]


def test_two_gateways_swap_their_addresses_in_one_run(sync: Run, tree: Tree, controller: Controller) -> None:
    """All deletes come first, so that each finds the other's address free."""
    tree.commit(a=app("a", address="10.10.10.11"), b=app("b", address="10.10.10.12"))
    sync()
    tree.commit(a=app("a", address="10.10.10.12"), b=app("b", address="10.10.10.11"))
    controller.forget()

    result = sync()

    assert (result.code, result.document["remaining"]) == (0, [])
    assert controller.writes() == [
        *["DELETE virtualservice"] * 2,
        *["DELETE vsvip"] * 2,
        *["POST vsvip"] * 2,
        *["POST virtualservice"] * 2,
    ]


def test_a_renamed_gateway_keeps_its_hostname(sync: Run, tree: Tree, controller: Controller) -> None:
    """A DNS name belongs to one VsVip: the one with the old name goes before that with the new one comes."""
    tree.commit(web=app("old", hostname="shop.avi.internal"))
    sync()
    tree.commit(web=app("new", hostname="shop.avi.internal"))

    result = sync()

    assert (result.code, result.document["remaining"]) == (0, [])
    assert controller.find("vsvip", "test--shop-new")["dns_info"][0]["fqdn"] == "shop.avi.internal"


def test_an_address_passes_from_a_gateway_that_goes_to_one_that_comes(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The create waits for the delete that frees its address."""
    tree.commit(old=app("old", address="10.10.10.11"))
    sync()
    tree.commit(old=None, new=app("new", address="10.10.10.11"))

    result = sync()

    assert (result.code, result.document["remaining"]) == (0, [])


def test_an_address_that_the_vip_has_already_may_be_asked_for_without_a_replace(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Asking for the allocated address changes a marker and nothing else; asking no longer gives it back."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(web=app("web", address="10.10.10.2"))
    controller.forget()
    asked = sync()
    writes = controller.writes()
    tree.commit(web=app("web"))

    given_back = sync()

    assert (asked.code, writes) == (0, ["PUT vsvip"])
    assert given_back.document["summary"]["replace"] == 2


def test_a_removed_gateway_is_deleted_from_the_top(sync: Run, tree: Tree, controller: Controller) -> None:
    """What refers to an object goes before it."""
    tree.commit(a=app("a"), b=app("b"))
    sync()
    tree.commit(b=None)
    controller.forget()

    result = sync()

    assert result.code == 0
    assert controller.writes() == ["DELETE virtualservice", "DELETE l4policyset", "DELETE pool", "DELETE vsvip"]


def test_a_held_gateway_keeps_its_live_objects_while_others_go_on(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Wrong matchLabels hold one Gateway; the healthy one beside it is applied; exit 5."""
    tree.commit(bad=app("bad"), good=app("good"))
    sync()
    tree.commit(bad=[gateway("bad", label_name="other")], good=app("good", ports=(80, 81)))
    controller.forget()

    result = sync()

    assert result.code == 5
    assert [owner["name"] for owner in result.document["held"]] == ["bad"]
    assert {write.split()[0] for write in controller.writes()} <= {"PUT", "POST"}
    assert all("bad" not in change["name"] for change in result.document["changes"])


@pytest.mark.parametrize(
    "taken",
    [
        pytest.param({"web": None}, id="a Gateway that is gone"),
        pytest.param({"web": app("web")[:2]}, id="a slice, so that nobody knows the servers"),
        pytest.param(
            {
                "web": [
                    gateway("web"),
                    service("web-svc", gateway="web"),
                    endpoints("web-svc", addresses=("192.0.2.1",)),
                ]
            },
            id="a server",
        ),
        pytest.param({"web": app("web", ports=(443,))}, id="a port, its rule and pool"),
        pytest.param({"web": app("web", address="10.10.10.77")}, id="a VIP"),
    ],
)
def test_an_incomplete_tree_takes_nothing_away_and_still_adds(
    sync: Run, tree: Tree, controller: Controller, taken: dict[str, list[object] | None]
) -> None:
    """While a file does not parse nothing is deleted, replaced or shortened; a new Gateway is created."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(broken="kind: [", new=app("new"), **taken)  # type: ignore[arg-type]
    controller.forget()

    result = sync()

    assert result.code == 5
    assert "DELETE" not in {write.split()[0] for write in controller.writes()}
    assert "PUT" not in {write.split()[0] for write in controller.writes()}
    assert result.document["summary"]["create"] == 4
    broken = [problem for problem in result.document["problems"] if problem["file"] == "broken.yaml"]
    assert [(problem["line"], bool(problem["fix"])) for problem in broken] == [(2, True)]


def test_two_clusters_on_one_controller_never_see_each_other(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path
) -> None:
    """Also when one name is a prefix of the other: each creates its own objects and leaves the other's alone."""
    tree.commit(web=app("web"))
    sync()
    values = {**VALUES, "AKOSettings": {"clusterName": "te", "servicesAPI": True}}
    other = Tree.make(tmp_path / "other", values)
    other.commit(other=app("other"))
    controller.forget()

    result = sync("--source", str(other.folder))

    assert result.code == 0
    assert result.document["summary"] == NOTHING | {"create": 4, "unchanged": 0}
    assert {write.split()[0] for write in controller.writes()} == {"POST"}


def test_a_tenant_may_have_any_letters(sync: Run, tree: Tree, controller: Controller) -> None:
    """Its name is said in Git as it is; lock, objects and the second run agree on it."""
    tree.write({"values.yaml": [{**VALUES, "ControllerSettings": {"tenantName": "büro"}}]})
    tree.commit(web=app("web"))

    first, second = sync(), sync()

    assert (first.code, second.code, second.document["changes"]) == (0, 0, [])
    assert controller.find("virtualservice", "test--shop-web")["tenant_ref"].endswith("#büro")
