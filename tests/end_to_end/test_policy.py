"""`--policy` and `--no-replace`: which actions a run may take at all."""

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import Tree, app, endpoints


def test_upsert_only_leaves_deletes_out_and_says_so(sync: Run, tree: Tree, controller: Controller) -> None:
    """One Gateway goes, one changes, one comes: only the last two happen, and a warning names what is left."""
    tree.commit(a=app("a"), b=app("b"))
    sync()
    tree.commit(a=None, b=app("b", hostname="b.avi.internal"), c=app("c"))
    controller.forget()

    result = sync("--policy", "upsert-only")

    assert (result.code, result.document["remaining"]) == (0, [])
    assert not any(write.startswith("DELETE") for write in controller.writes())
    assert [problem["message"] for problem in result.document["problems"]] == [
        "--policy upsert-only leaves this out: delete L4PolicySet admin/test--shop-a and 3 more"
    ]


def test_create_only_changes_nothing_that_is_there(sync: Run, tree: Tree, controller: Controller) -> None:
    """A new Gateway is made, a changed one stays as it is."""
    tree.commit(a=app("a"))
    sync()
    tree.commit(a=app("a", hostname="a.avi.internal"), b=app("b"))
    controller.forget()

    result = sync("--policy", "create-only")

    assert result.code == 0
    assert {write.partition(" ")[0] for write in controller.writes()} == {"POST"}
    assert "leaves this out: update VsVip admin/test--shop-a" in result.document["problems"][0]["message"]


def test_no_replace_holds_what_would_be_replaced(sync: Run, tree: Tree, controller: Controller) -> None:
    """A changed address is held with its reason, the other changes go on."""
    tree.commit(a=app("a", address="10.10.10.5"), b=app("b"))
    sync()
    more = endpoints("b-svc", addresses=("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    tree.commit(a=app("a", address="10.10.10.6"), b=[*app("b")[:2], more])
    controller.forget()

    result = sync("--no-replace")

    assert (result.code, controller.writes()) == (5, ["PUT pool"])
    assert controller.addresses("test--shop-a") == ["10.10.10.5"]
    assert "10.10.10.5 → 10.10.10.6" in result.document["problems"][0]["message"]


def test_upsert_only_holds_what_would_be_replaced(sync: Run, tree: Tree, controller: Controller) -> None:
    """A replace deletes: a policy without deletes does not do it."""
    tree.commit(a=app("a", address="10.10.10.5"))
    sync()
    tree.commit(a=app("a", address="10.10.10.6"))
    controller.forget()

    result = sync("--policy", "upsert-only")

    assert (result.code, controller.writes()) == (5, [])


def test_an_address_that_a_policy_keeps_taken_is_not_given_to_another(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The owner whose delete is left out keeps its address, so who requests that is held."""
    tree.commit(a=app("a", address="10.10.10.5"), b=app("b"))
    sync()
    tree.commit(a=None, c=app("c", address="10.10.10.5"))
    controller.forget()

    result = sync("--policy", "upsert-only")

    assert (result.code, controller.writes()) == (5, [])
