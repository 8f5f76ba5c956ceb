"""A shared VIP has one name, seen from Git and from the Controller, and takes a Service over without an outage."""

from typing import Any

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app, endpoints, load_balancer

MEMBERS = [load_balancer("one", port=81, shared_vip="k1"), load_balancer("two", port=82, shared_vip="k1")]
OWNER = {"kind": "SharedVip", "namespace": "shop", "name": "k1"}
KINDS = ("vsvip", "pool", "l4policyset", "virtualservice")


def names_of(controller: Controller, kind: str) -> list[str]:
    """The names of the objects of a kind."""
    return [item["name"] for item in controller.call("GET", f"/api/{kind}")["results"]]


def as_written_before(controller: Controller) -> None:
    """Take off the marker that tells a shared VIP from a Gateway."""
    for kind in KINDS:
        for name in names_of(controller, kind):
            markers = [item for item in controller.find(kind, name)["markers"] if item["key"] != "OwnerKind"]
            controller.change(kind, name, markers=markers)


@pytest.mark.parametrize("is_marked", [pytest.param(True, id="marked"), pytest.param(False, id="written before")])
@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        pytest.param(("pause", "SharedVip/shop/k1", "--for", "1h", "--reason", "test"), "update", id="pause"),
        pytest.param(("release", "--dry-run", "--only", "SharedVip/shop/k1"), "release", id="release"),
    ],
)
def test_commands_take_the_name_that_git_gives(
    sync: Run, tree: Tree, controller: Controller, arguments: tuple[str, ...], action: str, is_marked: bool
) -> None:
    """Also for objects that carry no other markers than a Gateway's would."""
    tree.commit(shared=MEMBERS)
    sync()
    if not is_marked:
        as_written_before(controller)

    result = sync(*arguments)

    assert result.code == 0
    assert {(change["action"], str(change["owner"])) for change in result.document["changes"]} == {(action, str(OWNER))}


def test_what_leaves_git_is_still_called_a_shared_vip(sync: Run, tree: Tree) -> None:
    """Only the markers tell what it was."""
    tree.commit(shared=MEMBERS, other=[load_balancer("mail"), load_balancer("news", port=119)])
    sync()
    tree.commit(shared=None)

    result = sync("--dry-run", "--only", "SharedVip/shop/k1")

    changes: list[dict[str, Any]] = result.document["changes"]
    assert {(change["action"], change["reason"]) for change in changes} == {
        ("delete", "SharedVip shop/k1 is no longer in Git")
    }


def test_objects_written_before_get_their_marker_in_place(sync: Run, tree: Tree, controller: Controller) -> None:
    """By an ordinary update of the shared VIP alone, which is no drift; then there is nothing to do."""
    tree.commit(shared=MEMBERS, other=[load_balancer("mail")])
    sync()
    as_written_before(controller)
    controller.forget()

    result = sync()

    assert (result.code, sorted(controller.writes())) == (
        0,
        ["PUT l4policyset", "PUT pool", "PUT pool", "PUT virtualservice", "PUT vsvip"],
    )
    assert sync().document["changes"] == []


def test_a_service_keeps_its_own_vip_until_the_shared_one_can_be_made(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """It joins with another address than the others have: nothing is written; once they agree, it moves."""
    tree.commit(one=[load_balancer("one", address="10.10.10.50"), endpoints("one", ports=(25,))], web=app("web"))
    sync()
    tree.commit(
        one=[load_balancer("one", address="10.10.10.50", shared_vip="k1"), endpoints("one", ports=(25,))],
        two=[load_balancer("two", port=82, address="10.10.10.60", shared_vip="k1")],
    )
    controller.forget()

    held = sync()
    writes_while_held = controller.writes()
    tree.commit(two=[load_balancer("two", port=82, address="10.10.10.50", shared_vip="k1")])
    moved = sync()

    assert (held.code, writes_while_held) == (5, [])
    assert (moved.code, names_of(controller, "virtualservice")) == (0, ["test--shop-web", "test--shop-k1"])


@pytest.mark.parametrize(
    ("kind", "auto_fqdn"),
    [
        pytest.param("pool", "default", id="a pool"),
        pytest.param("virtualservice", "default", id="what takes over its DNS name"),
        pytest.param("vsvip", "disabled", id="a VIP that takes over nothing else"),
        pytest.param("virtualservice", "disabled", id="a VirtualService that takes over nothing else"),
    ],
)
def test_a_service_keeps_its_own_vip_if_the_controller_refuses_the_shared_one(
    sync: Run, tree: Tree, controller: Controller, kind: str, auto_fqdn: str
) -> None:
    """Whatever is refused: it serves on, with the address that it had, and nothing is half taken over."""
    values = {**VALUES, "L4Settings": {"autoFQDN": auto_fqdn}}
    tree.commit(values=[values], one=[load_balancer("one"), endpoints("one", ports=(25,))], web=app("web"))
    sync()
    address = controller.addresses("test--shop-one")
    tree.commit(one=[load_balancer("one", shared_vip="k1"), endpoints("one", ports=(25,))])
    controller.fault(method="POST", path=f"/api/{kind}", do="status", status=400, body={"error": "no"}, times=1)

    result = sync()

    assert (result.code, controller.addresses("test--shop-one")) == (5, address)
    assert "test--shop-one" in names_of(controller, "virtualservice")
    assert "test--shop-one-TCP-25" in names_of(controller, "pool")
