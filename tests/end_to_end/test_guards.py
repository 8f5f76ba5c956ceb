"""Plans that would take too much away are printed and not applied."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app


def _deploy(sync: Run, tree: Tree, number: int, **arguments: str) -> list[str]:
    names = [f"g{each}" for each in range(number)]
    tree.commit(**{name: app(name, **arguments) for name in names})
    assert sync().code == 0
    return names


def test_a_mass_delete_is_refused_in_full_and_passes_only_by_its_digest(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Seven of ten owners go from Git: exit 4, no write; the permit for that very plan lets it through."""
    names = _deploy(sync, tree, 10)
    tree.commit(**dict.fromkeys(names[:7]))
    controller.forget()

    refused = sync()
    writes = controller.writes()
    digest = refused.document["digest"]
    other = sync("--allow-deletes", "7", "--plan-digest", "0" * 32)
    few = sync("--allow-deletes", "6", "--plan-digest", digest)
    passed = sync("--allow-deletes", "7", "--plan-digest", digest[:12])

    assert (refused.code, writes, other.code, few.code) == (4, [], 4, 4)
    assert refused.document["summary"]["delete"] == 28
    assert "7 of 10 live owners would be deleted" in refused.document["refusals"][0]["message"]
    assert (passed.code, passed.document["remaining"]) == (0, [])


def test_the_last_owner_is_not_deleted(sync: Run, tree: Tree, controller: Controller) -> None:
    """A tree in which nothing is left to serve is more likely a mistake than a wish."""
    _deploy(sync, tree, 1)
    tree.commit(g0=None)

    result = sync()

    assert result.code == 4
    assert controller.find("virtualservice", "test--shop-g0")


def test_many_replaces_are_refused(sync: Run, tree: Tree, controller: Controller) -> None:
    """Another network for every VIP is an outage for everybody."""
    _deploy(sync, tree, 4)
    values = (tree.folder / "values.yaml").read_text()
    tree.write({"values.yaml": values.replace("vip-network", "other-network")})
    tree.commit()
    controller.forget()

    result = sync("--dry-run")

    assert (result.code, controller.writes()) == (4, [])
    assert (
        "4 of 4 live owners would be replaced or disrupted; the limit is 2" in result.document["refusals"][0]["message"]
    )


def test_taking_the_last_server_of_a_pool_counts_like_a_delete(sync: Run, tree: Tree, controller: Controller) -> None:
    """Two of three owners lose all servers."""
    _deploy(sync, tree, 3)
    empty = [[*app(name)[:2], {**app(name)[2], "endpoints": []}] for name in ("g0", "g1")]
    tree.commit(g0=empty[0], g1=empty[1])

    result = sync("--dry-run")

    assert result.code == 4
    assert "2 of 3 live owners would be deleted" in result.document["refusals"][0]["message"]


def test_a_freeze_file_in_git_stops_every_write(sync: Run, tree: Tree, controller: Controller) -> None:
    """Its text is the reason that the report gives."""
    (tree.folder / ".avi-sync-freeze").write_text("quarter end, ask net-ops\n")
    tree.commit(web=app("web"))
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert "quarter end, ask net-ops" in result.document["refusals"][0]["message"]


def test_limits_are_settings(sync: Run, tree: Tree, controller: Controller) -> None:
    """A tree may allow itself more."""
    names = _deploy(sync, tree, 4)
    values = (tree.folder / "values.yaml").read_text()
    guards = "SyncSettings: {guards: {deletes: {count: 10, percent: 100}}}\n"
    tree.write({"values.yaml": values + guards})
    tree.commit(**dict.fromkeys(names[:3]))

    result = sync()

    assert (result.code, result.document["remaining"]) == (0, [])


def test_a_pool_that_goes_while_its_gateway_stays_counts_like_a_delete(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """Somebody removes the Services of two of three Gateways: their ports would serve nobody."""
    _deploy(sync, tree, 3)
    tree.commit(g0=app("g0")[:1], g1=app("g1")[:1])
    controller.forget()

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert "2 of 3 live owners would be deleted" in result.document["refusals"][0]["message"]


def protected(manifests: list[Any]) -> list[Any]:
    """The manifests, the Gateway among them with the annotation."""
    gateway = manifests[0]
    return [
        {**gateway, "metadata": {**gateway["metadata"], "annotations": {"avi-sync/protect": "true"}}},
        *manifests[1:],
    ]


def test_a_protected_gateway_is_not_deleted_when_its_manifest_is_gone(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """The mark on the live objects holds; the permit for that very plan lets it through."""
    tree.commit(g0=protected(app("g0")), g1=app("g1"), g2=app("g2"), g3=app("g3"))
    sync()
    tree.commit(g0=None)
    controller.forget()

    refused = sync()
    writes = controller.writes()
    passed = sync("--allow-deletes", "1", "--plan-digest", refused.document["digest"])

    assert (refused.code, writes, passed.code) == (4, [], 0)
    assert "Gateway shop/g0 is protected" in refused.document["refusals"][0]["message"]


def test_a_protected_gateway_is_not_replaced(sync: Run, tree: Tree, controller: Controller) -> None:
    """Taking the annotation away in the same commit does not help: the live objects are still marked."""
    tree.commit(web=protected(app("web", address="10.10.10.5")), other=app("other"), more=app("more"))
    sync()
    tree.commit(web=app("web", address="10.10.10.6"))
    controller.forget()

    refused = sync()

    assert (refused.code, controller.writes()) == (4, [])
    assert controller.addresses("test--shop-web") == ["10.10.10.5"]


def test_protection_is_taken_away_in_git_first(sync: Run, tree: Tree, controller: Controller) -> None:
    """Without the annotation one run takes the mark away, and the next one deletes."""
    tree.commit(g0=protected(app("g0")), g1=app("g1"))
    sync()
    tree.commit(g0=app("g0"))

    unmarked = sync()
    tree.commit(g0=None)
    deleted = sync()

    assert (unmarked.code, unmarked.document["summary"]["update"]) == (0, 4)
    assert (deleted.code, deleted.document["summary"]["delete"]) == (0, 4)


def test_an_annotation_that_is_no_boolean_is_an_error(sync: Run, tree: Tree) -> None:
    """Who writes "yes" means to be protected; nobody must take it for a no."""
    web = protected(app("web"))
    web[0]["metadata"]["annotations"]["avi-sync/protect"] = "yes"
    tree.commit(web=web)

    result = sync("--dry-run")

    assert result.code == 3
    assert '"yes" is neither true nor false' in result.document["problems"][0]["message"]


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def windows(tree: Tree, **window: str) -> None:
    """Change windows that are closed today: the only day is the one after tomorrow."""
    day = DAYS[(datetime.now(UTC) + timedelta(days=2)).weekday()]
    rule = {"days": [day], "from": "00:30", "to": "23:30", **window}
    tree.write({"values.yaml": [{**VALUES, "SyncSettings": {"windows": [rule]}}]})


def test_nothing_is_written_outside_the_change_windows(sync: Run, tree: Tree, controller: Controller) -> None:
    """The plan is printed, and what is said tells when to come back."""
    windows(tree)
    tree.commit(web=app("web"))

    result = sync()

    assert (result.code, controller.writes()) == (4, [])
    assert result.document["summary"]["create"] == 4
    assert "no change window is open" in result.document["refusals"][0]["message"]


def test_a_window_for_what_disrupts_lets_the_rest_pass(sync: Run, tree: Tree, controller: Controller) -> None:
    """A create passes at any time, a replace waits for the window."""
    windows(tree, **{"for": "disruptive"})
    tree.commit(web=app("web", address="10.10.10.5"))

    created = sync()
    tree.commit(web=app("web", address="10.10.10.6"))
    replaced = sync()

    assert (created.code, replaced.code) == (0, 4)


@pytest.mark.parametrize("switch", [{"AKOSettings": {"clusterName": "test"}}])
def test_what_only_a_switch_takes_away_needs_a_permit(
    sync: Run, tree: Tree, controller: Controller, switch: dict[str, Any]
) -> None:
    """`servicesAPI: false` alone holds; --allow-deletes shows what would go, and its digest lets exactly that go."""
    tree.commit(g0=app("g0"))
    sync()
    tree.write({"values.yaml": [{**VALUES, **switch}]})
    tree.commit()
    controller.forget()

    held = sync()
    shown = sync("--dry-run", "--allow-deletes", "1")
    writes = controller.writes()
    passed = sync("--allow-deletes", "1", "--plan-digest", shown.document["digest"])

    assert (held.code, shown.code, writes, passed.code) == (5, 4, [], 0)
    assert shown.document["summary"]["delete"] == passed.document["summary"]["delete"] == 4
