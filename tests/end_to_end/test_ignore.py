"""`SyncSettings.ignore`: fields that somebody else may set on live objects."""

from datetime import UTC, datetime, timedelta

from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app

POOL = "test--shop-web-svc-web-TCP-80"


def _ignoring(tree: Tree, *, days: int, kind: str = "Pool", field: str = "servers") -> None:
    expires = (datetime.now(UTC).date() + timedelta(days=days)).isoformat()
    rule = {"kind": kind, "name": "test--shop-*", "field": field, "reason": "drained by hand", "expires": expires}
    tree.write({"values.yaml": [{**VALUES, "SyncSettings": {"ignore": [rule]}}]})
    tree.commit()


def _drain(controller: Controller) -> None:
    servers = controller.find("pool", POOL)["servers"]
    controller.change("pool", POOL, servers=[server | {"enabled": False} for server in servers])


def test_an_ignored_field_is_neither_drift_nor_set_back(sync: Run, tree: Tree, controller: Controller) -> None:
    """Somebody drains the servers by hand; another field of the same pool is set back, the servers stay drained."""
    _ignoring(tree, days=3)
    tree.commit(web=app("web"))
    sync()
    _drain(controller)

    quiet = sync()
    controller.change("pool", POOL, sni_enabled=True)
    busy = sync()

    assert (quiet.code, quiet.document["changes"]) == (0, [])
    assert [field["path"] for change in busy.document["changes"] for field in change["fields"]] == ["sni_enabled"]
    assert [server["enabled"] for server in controller.find("pool", POOL)["servers"]] == [False, False]


def test_an_expired_rule_counts_no_more_and_says_so(sync: Run, tree: Tree, controller: Controller) -> None:
    """The day after, the field is Git's again."""
    tree.commit(web=app("web"))
    sync()
    _drain(controller)
    _ignoring(tree, days=-1)

    result = sync("--dry-run")

    assert result.document["summary"]["update"] == 1
    assert "the rule that ignores servers of Pool test--shop-* expired on" in result.document["problems"][0]["message"]


def test_an_ignored_field_has_git_s_value_at_first(sync: Run, tree: Tree, controller: Controller) -> None:
    """A rule is about what others set later; a new object is made as Git requests it."""
    _ignoring(tree, days=3)
    tree.commit(web=app("web"))

    sync()

    assert len(controller.find("pool", POOL)["servers"]) == 2
