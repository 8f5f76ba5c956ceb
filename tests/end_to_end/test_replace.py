"""What cannot be changed in place: replaced in order, with what others attached, and restored if refused."""

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app, endpoints, infra_setting, load_balancer, namespace


def test_what_others_attached_survives_a_replace(sync: Run, tree: Tree, controller: Controller) -> None:
    """A description and a disabled state set by hand are on the VirtualService that is created again."""
    tree.commit(web=app("web", address="10.10.10.11"))
    sync()
    controller.change("virtualservice", "test--shop-web", description="ask the shop team", enabled=False)
    tree.commit(web=app("web", address="10.10.10.12"))

    result = sync()

    live = controller.find("virtualservice", "test--shop-web")
    assert (result.code, live["description"], live["enabled"]) == (0, "ask the shop team", False)
    assert controller.addresses("test--shop-web") == ["10.10.10.12"]


def test_another_network_replaces_the_vip(sync: Run, tree: Tree, controller: Controller) -> None:
    """An AviInfraSetting that names another network moves the VIP there."""
    tree.commit(web=app("web"))
    sync()
    tree.commit(
        ns=[namespace("shop", infra="there")],
        infra=[infra_setting("there", network={"vipNetworks": [{"networkName": "other-network"}]})],
    )

    result = sync()

    assert (result.code, result.document["summary"]["replace"]) == (0, 2)
    assert "network vip-network → other-network" in result.document["changes"][0]["reason"]
    assert controller.addresses("test--shop-web") == ["10.10.20.2"]


def test_another_vrf_replaces_everything_of_the_owner(sync: Run, tree: Tree, controller: Controller) -> None:
    """Pools and policies cannot move to another VRF either: all is deleted, descending, and created, climbing."""
    tree.commit(web=app("web"))
    sync()
    tree.write({"values.yaml": [{**VALUES, "ControllerSettings": {"vrfName": "blue"}}]})
    tree.commit()
    controller.forget()

    result = sync()

    assert (result.code, result.document["summary"]["replace"]) == (0, 4)
    assert controller.writes() == [
        *("DELETE virtualservice", "DELETE l4policyset", "DELETE pool", "DELETE vsvip"),
        *("POST vsvip", "POST pool", "POST l4policyset", "POST virtualservice"),
    ]


def test_a_move_to_another_tenant_is_one_change_set(sync: Run, tree: Tree, controller: Controller) -> None:
    """The objects of the old tenant go before those of the new one come: they want the same address."""
    tree.commit(web=app("web", address="10.10.10.11"))
    sync()
    tree.commit(ns=[namespace("shop", tenant="team-a")])

    result = sync()

    assert (result.code, len(result.document["change_sets"])) == (0, 1)
    assert controller.find("virtualservice", "test--shop-web")["tenant_ref"].endswith("#team-a")


def _exhaust_the_tiny_network(sync: Run, tree: Tree) -> None:
    """Its only address is taken, and `web` wants to move there."""
    tiny = infra_setting("tiny", network={"vipNetworks": [{"networkName": "tiny-network"}]})
    greedy = load_balancer("greedy", namespace="greedy")
    tree.commit(
        greedy=[greedy, endpoints("greedy", namespace="greedy", ports=(25,)), namespace("greedy", infra="tiny")],
        tiny=[tiny],
        web=app("web", address=""),
    )
    assert sync().code == 0
    tree.commit(ns=[namespace("shop", infra="tiny")])


def test_a_refused_replace_puts_the_old_objects_back(sync: Run, tree: Tree, controller: Controller) -> None:
    """The new network has no free address: VsVip and VirtualService are as before, the report says so, exit 5."""
    _exhaust_the_tiny_network(sync, tree)
    before = controller.addresses("test--shop-web")

    result = sync()

    assert result.code == 5
    assert [(o["state"], "No available free IPs" in o["said"]) for o in result.document["outcomes"]] == [
        ("restored", True)
    ]
    assert controller.addresses("test--shop-web") == before
    assert controller.find("virtualservice", "test--shop-web")["l4_policies"]


def test_what_was_refused_once_is_not_tried_again(sync: Run, tree: Tree, controller: Controller) -> None:
    """While Git requests the same, the owner is held with the Controller's words and nothing is deleted."""
    _exhaust_the_tiny_network(sync, tree)
    sync()
    controller.forget()

    again = sync()

    assert (again.code, controller.writes()) == (5, [])
    assert any("No available free IPs" in problem["message"] for problem in again.document["problems"])


def test_a_refused_request_is_forgotten_when_git_changes(sync: Run, tree: Tree, controller: Controller) -> None:
    """Back to the old network: the mark of the refusal goes, and the next run finds nothing to do."""
    _exhaust_the_tiny_network(sync, tree)
    sync()
    tree.commit(ns=None)

    result, after = sync(), sync()

    assert (result.code, after.code) == (0, 0)
    assert after.document["changes"] == []
    markers = {marker["key"] for marker in controller.find("vsvip", "test--shop-web")["markers"]}
    assert "RefusedDigest" not in markers


def test_retry_refused_tries_again(sync: Run, tree: Tree, controller: Controller) -> None:
    """Once the network has room, --retry-refused moves the VIP."""
    _exhaust_the_tiny_network(sync, tree)
    sync()
    tree.commit(greedy=None)
    held = sync()

    tried = sync("--retry-refused")

    assert (held.code, tried.code) == (5, 0)
    assert controller.addresses("test--shop-web") == ["10.10.30.5"]


def test_an_address_in_use_by_somebody_else_is_found_before_anything_is_deleted(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The owner that requests it is held, naming the holder; the old VIP stays."""
    vip = {"vip_id": "0", "ip_address": {"addr": "10.10.10.99", "type": "V4"}}
    controller.call("POST", "/api/vsvip", {"name": "theirs", "vip": [vip]})
    tree.commit(web=app("web", address="10.10.10.11"))
    sync()
    tree.commit(web=app("web", address="10.10.10.99"))
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])
    assert any("VsVip admin/theirs" in problem["message"] for problem in result.document["problems"])


def test_a_virtualservice_of_somebody_else_on_our_vip_holds_the_replace(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The Controller would refuse to delete the VsVip halfway: nothing is deleted at all."""
    tree.commit(web=app("web", address="10.10.10.11"))
    sync()
    vsvip = controller.find("vsvip", "test--shop-web")["url"]
    body = {"name": "theirs", "vsvip_ref": vsvip, "services": [{"port": 9999}]}
    controller.call("POST", "/api/virtualservice", body)
    tree.commit(web=app("web", address="10.10.10.12"))
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (5, [])
    assert any("VirtualService admin/theirs" in problem["message"] for problem in result.document["problems"])
