"""Plans that would take too much away are printed and not applied."""

from tests.end_to_end.conftest import Controller, Run
from tests.end_to_end.tree import Tree, app


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
    assert "4 of 4 live owners would be replaced or disrupted; at most 2" in result.document["refusals"][0]["message"]


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
