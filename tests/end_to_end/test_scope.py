"""`--only` and `--namespace`: what is not selected is neither changed nor read as missing."""

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app, gateway


def test_only_one_owner_is_changed(sync: Run, tree: Tree, controller: Controller) -> None:
    """Two Gateways change and one goes; the run for one of them writes nothing else, and nobody is deleted."""
    tree.commit(a=app("a"), b=app("b"), c=app("c"))
    sync()
    tree.commit(a=app("a", hostname="a.avi.internal"), b=app("b", hostname="b.avi.internal"), c=None)
    controller.forget()

    result = sync("--only", "gateway/shop/a")

    assert (result.code, controller.writes()) == (0, ["PUT vsvip"])
    assert {change["owner"]["name"] for change in result.document["changes"]} == {"a"}
    assert result.document["summary"]["unchanged"] == 3


def test_a_deleted_owner_can_be_selected(sync: Run, tree: Tree, controller: Controller) -> None:
    """What is gone from Git is deleted if it belongs to the selected owner."""
    tree.commit(a=app("a"), b=app("b"), c=app("c"))
    sync()
    tree.commit(a=None, b=None)

    result = sync("--only", "Gateway/shop/a")

    assert (result.code, result.document["summary"]["delete"]) == (0, 4)
    assert controller.find("virtualservice", "test--shop-b")


def test_a_namespace_is_planned_for_by_itself(sync: Run, tree: Tree, controller: Controller) -> None:
    """Everything of another namespace is as if it were not there, broken manifests included."""
    tree.commit(a=[gateway("a", namespace="one")], b=[gateway("b", namespace="two", label_name="wrong")])

    result = sync("--namespace", "one")

    assert result.code == 0
    assert {problem["resource"] for problem in result.document["problems"]} == {"Gateway one/a"}
    assert {change["owner"]["namespace"] for change in result.document["changes"]} == {"one"}


def test_an_address_of_somebody_outside_stays_taken(sync: Run, tree: Tree, controller: Controller) -> None:
    """Two owners swap their addresses; for one alone the other's address is not free."""
    tree.commit(a=app("a", address="10.10.10.5"), b=app("b", address="10.10.10.6"))
    sync()
    tree.commit(a=app("a", address="10.10.10.6"), b=app("b", address="10.10.10.5"))
    controller.forget()

    result = sync("--only", "Gateway/shop/a")

    assert (result.code, controller.writes()) == (5, [])
    assert "address 10.10.10.6 is taken by VsVip admin/test--shop-b" in result.document["problems"][0]["message"]


def test_an_owner_that_nobody_knows_is_a_typo(sync: Run, tree: Tree, controller: Controller) -> None:
    """The nearest name is offered, and nothing is written."""
    tree.commit(web=app("web"))
    controller.forget()

    result = sync("--only", "Gateway/shop/wbe")

    assert (result.code, controller.writes()) == (64, [])
    assert 'did you mean "Gateway/shop/web"?' in result.err


def test_a_word_that_is_no_owner_is_told(sync: Run) -> None:
    """The form is said."""
    result = sync("--only", "web")

    assert (result.code, "write KIND/NAMESPACE/NAME" in result.err) == (64, True)
