"""`rollback` makes what a run touched what it was before, and nothing else."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Controller, Run
from tests.end_to_end.tree import VALUES, Manifest, Tree, app, infra_setting, load_balancer, namespace

KINDS = ("vsvip", "pool", "l4policyset", "virtualservice")
MARKS_OF_TIME = {"_last_modified", "configpb_attributes", "url", "uuid"}


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal that all runs of a test write into."""
    place = tmp_path / "journal.jsonl"
    monkeypatch.setenv("SYNC_JOURNAL", str(place))
    return place


def configuration(controller: Controller) -> Mapping[str, Any]:
    """All objects of our kinds, without what tells one from another that was made just like it."""
    found = {}
    for kind in KINDS:
        for body in controller.call("GET", f"/api/{kind}?include_name", tenant="*")["results"]:
            found[f"{kind} {body['tenant_ref'].partition('#')[2]}/{body['name']}"] = _timeless(body)
    return found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in MARKS_OF_TIME}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    if isinstance(value, str) and "/api/" in value and "#" in value:
        return value.partition("/api/")[2].partition("/")[0] + value.partition("#")[2]
    return value


OTHER_NETWORK = infra_setting("other", network={"vipNetworks": [{"networkName": "other-network"}]})

Files = Mapping[str, Sequence[Manifest] | None]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            {
                "gone": app("gone"),
                "direct": [load_balancer()],
                "more": app("more"),
                "less": app("less", ports=(80, 443)),
                "named": app("named"),
            },
            {
                "gone": None,
                "direct": None,
                "new": app("new"),
                "more": app("more", ports=(80, 443)),
                "less": app("less"),
                "named": app("named", hostname="named.avi.internal"),
            },
            id="created, deleted, updated",
        ),
        pytest.param(
            {"asked": app("asked"), "free": app("free", address="10.10.10.44"), "moved": app(address="10.10.10.45")},
            {"asked": app("asked", address="10.10.10.46"), "free": app("free"), "moved": app(address="10.10.10.47")},
            id="replaced",
        ),
        pytest.param(
            {"web": app(address="10.10.10.44"), "b": app("b", address="10.10.10.55")},
            {"web": app(address="10.10.10.55"), "b": app("b", address="10.10.10.44")},
            id="addresses swapped",
        ),
        pytest.param({"web": app()}, {"ns": [namespace("shop", infra="other")]}, id="moved to another network"),
        pytest.param({"web": app()}, {"ns": [namespace("shop", tenant="team-a")]}, id="moved to another tenant"),
    ],
)
def test_everything_is_as_it_was(sync: Run, tree: Tree, controller: Controller, before: Files, after: Files) -> None:
    """Object by object, field by field; what others hold stays, and the next sync does what Git asks for again."""
    stays = [load_balancer("stays", namespace="elsewhere", port=26)]
    limit = {"count": 9, "percent": 100}
    tree.write({"values.yaml": [{**VALUES, "SyncSettings": {"guards": {"deletes": limit, "replaces": limit}}}]})
    tree.commit(**before, stays=stays, setting=[OTHER_NETWORK])
    sync()
    was = configuration(controller)
    tree.commit(**after)
    assert sync().code == 0
    became = configuration(controller)

    rolled_back = sync("rollback", "--run", "last")
    is_again = configuration(controller)
    again = sync()

    assert (rolled_back.code, rolled_back.document["remaining"]) == (0, [])
    assert is_again == was
    assert again.code == 0
    assert _less_addresses(configuration(controller)) == _less_addresses(became)


def _less_addresses(found: Mapping[str, Any]) -> str:
    """Where Git leaves the choice to the Controller, it may choose another address."""
    text = json.dumps(found, sort_keys=True)
    for last in range(256):
        text = text.replace(f'"10.10.10.{last}"', '"some"').replace(f'"10.10.20.{last}"', '"some"')
    return text


def test_a_dry_run_shows_the_plan_and_writes_nothing(sync: Run, tree: Tree, controller: Controller) -> None:
    """In the words of every plan, with the run that is taken back as the reason, and what will happen next."""
    tree.commit(web=app())
    sync()
    tree.commit(web=app(hostname="web.avi.internal"), new=app("new"))
    run = sync_and_name(sync)
    controller.forget()

    plan = sync("rollback", "--run", run, "--dry-run", "--detailed-exitcode")
    text = sync("rollback", "--run", run, "--dry-run", "--format", "text").out

    assert plan.code == 2
    assert {change["reason"] for change in plan.document["changes"]} == {
        f"changed by run {run}",
        f"created by run {run}",
    }
    assert "Plan: 0 create, 1 update, 0 replace, 4 delete" in text
    assert f"warning: Git still asks for what run {run} did: the next `avi-sync` brings it back" in text
    assert controller.all_writes() == []


def sync_and_name(sync: Run) -> str:
    """Sync, and name the run."""
    assert sync().code == 0
    name: str = sync("history").document["runs"][0]["run"]
    return name


def test_what_was_edited_since_is_held_and_named(sync: Run, tree: Tree, controller: Controller) -> None:
    """Somebody drained a server meanwhile: nothing of that Gateway is touched, the other one is taken back."""
    tree.commit(web=app(), other=app("other"))
    sync()
    was = configuration(controller)
    tree.commit(web=app(hostname="w.avi.internal"), other=app("other", hostname="o.avi.internal"))
    run = sync_and_name(sync)
    controller.change("vsvip", "test--shop-web", dns_info=[{"fqdn": "edited.avi.internal"}])

    done = sync("rollback", "--run", run)

    held = "held: VsVip admin/test--shop-web has been changed since by somebody else"
    assert done.code == 5
    assert [problem["message"] for problem in done.document["problems"] if problem["severity"] == "error"] == [held]
    assert done.document["held"] == [{"kind": "Gateway", "namespace": "shop", "name": "web"}]
    assert controller.find("vsvip", "test--shop-web")["dns_info"][0]["fqdn"] == "edited.avi.internal"
    assert configuration(controller)["vsvip admin/test--shop-other"] == was["vsvip admin/test--shop-other"]


def test_what_a_later_run_changed_is_held_and_the_run_is_named(sync: Run, tree: Tree) -> None:
    """Runs are taken back in reverse."""
    tree.commit(web=app())
    sync()
    tree.commit(web=app(hostname="a.avi.internal"))
    first = sync_and_name(sync)
    tree.commit(web=app(hostname="b.avi.internal"))
    second = sync_and_name(sync)

    held = sync("rollback", "--run", first)
    in_reverse = [sync("rollback", "--run", second), sync("rollback", "--run", first)]

    assert held.code == 5
    assert f"has been changed since by run {second}" in held.out
    assert "take that run back first" in held.out
    assert [done.code for done in in_reverse] == [0, 0]


def test_what_others_attached_since_stays(sync: Run, tree: Tree, controller: Controller) -> None:
    """Fields that are not ours are nobody's business here: they neither hold the owner nor are they reset."""
    tree.commit(web=app())
    sync()
    tree.commit(web=app(ports=(80, 443)))
    run = sync_and_name(sync)
    controller.change("virtualservice", "test--shop-web", description="on call: call Ada", weight=7)

    done = sync("rollback", "--run", run)

    live = controller.find("virtualservice", "test--shop-web")
    assert done.code == 0
    assert (live["description"], live["weight"], len(live["services"])) == ("on call: call Ada", 7, 1)


def test_what_is_as_it_was_already_needs_nothing(sync: Run, tree: Tree) -> None:
    """A second rollback of the same run plans nothing."""
    tree.commit(web=app())
    sync()
    tree.commit(web=app(hostname="a.avi.internal"))
    run = sync_and_name(sync)

    first, second = sync("rollback", "--run", run), sync("rollback", "--run", run)

    assert (first.code, first.document["summary"]["update"]) == (0, 1)
    assert (second.code, second.document["summary"]["update"], second.document["problems"]) == (0, 0, [])


def test_guards_look_at_a_rollback_too(sync: Run, tree: Tree) -> None:
    """Taking back the first run would delete everything: that needs the permit for that very plan."""
    tree.commit(web=app(), other=app("other"))
    run = sync_and_name(sync)

    refused = sync("rollback", "--run", run)
    permit = ("--allow-deletes", "2", "--plan-digest", refused.document["digest"])
    allowed = sync("rollback", "--run", run, *permit)

    assert (refused.code, allowed.code) == (4, 0)
    assert allowed.document["summary"]["delete"] == 8


def test_a_rollback_writes_under_the_lock(sync: Run, tree: Tree, controller: Controller) -> None:
    """Like any other run, before it writes anything else."""
    tree.commit(web=app())
    sync()
    tree.commit(web=app(hostname="a.avi.internal"))
    run = sync_and_name(sync)
    controller.forget()

    sync("rollback", "--run", run)

    writes = controller.all_writes()
    assert writes[0].endswith(" stringgroup")
    assert "PUT vsvip" in writes


def test_a_broken_tree_does_not_stand_in_the_way(sync: Run, tree: Tree, controller: Controller) -> None:
    """A commit that broke things may have broken the tree, too: its manifests do not matter here."""
    tree.commit(web=app())
    sync()
    was = configuration(controller)
    tree.commit(web=app(hostname="a.avi.internal"))
    run = sync_and_name(sync)
    tree.write({"web.yaml": "kind: ["})
    tree.commit()

    done = sync("rollback", "--run", run)

    assert done.code == 0
    assert configuration(controller) == was


def test_a_run_that_broke_off_is_taken_back(sync: Run, tree: Tree, controller: Controller, journal: Path) -> None:
    """What it did before it died, and nothing that it only meant to do."""
    tree.commit(web=app(), other=app("other"))
    sync()
    was = configuration(controller)
    tree.commit(web=app(hostname="w.avi.internal"), other=app("other", hostname="o.avi.internal"))
    controller.fault(method="PUT", path="/api/vsvip*", nth=2, times=99, do="status", status=400, body={"error": "no"})
    sync()
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"event":"change"' in line or '"event":"begin"' in line))
    controller.fault(path="/nothing", do="reset")

    done = sync("rollback", "--run", "".join(json.loads(lines[-1])["run"]))

    assert (done.code, done.document["summary"]["update"]) == (0, 1)
    assert configuration(controller) == was


def test_an_address_that_somebody_else_has_now_holds_the_owner(sync: Run, tree: Tree, controller: Controller) -> None:
    """Nothing is deleted for an address that cannot be had."""
    tree.commit(web=app(address="10.10.10.44"), other=app("other"))
    sync()
    tree.commit(web=app(address="10.10.10.55"))
    run = sync_and_name(sync)
    tree.commit(web=app(address="10.10.10.55"), new=app("new", address="10.10.10.44"))
    sync()

    done = sync("rollback", "--run", run)

    assert done.code == 5
    assert "address 10.10.10.44 is taken by VsVip admin/test--shop-new" in done.out
    assert controller.addresses("test--shop-web") == ["10.10.10.55"]


def test_only_some_owners_are_taken_back(sync: Run, tree: Tree, controller: Controller) -> None:
    """`--only` narrows it, as it narrows every plan."""
    tree.commit(web=app(), other=app("other"))
    sync()
    tree.commit(web=app(hostname="w.avi.internal"), other=app("other", hostname="o.avi.internal"))
    run = sync_and_name(sync)

    done = sync("rollback", "--run", run, "--only", "Gateway/shop/web")

    assert (done.code, done.document["summary"]["update"]) == (0, 1)
    assert controller.find("vsvip", "test--shop-other")["dns_info"][0]["fqdn"] == "o.avi.internal"


def test_another_cluster_or_controller_is_refused(sync: Run, tree: Tree, controller: Controller, journal: Path) -> None:
    """A journal may tell of many; a run is taken back where it wrote."""
    tree.commit(web=app())
    run = sync_and_name(sync)
    journal.write_text(journal.read_text().replace('"cluster":"test"', '"cluster":"elsewhere"'))
    other_cluster = sync("rollback", "--run", run)
    journal.write_text(journal.read_text().replace(controller.url, "https://avi.example.com"))
    other_controller = sync("rollback", "--run", run)

    assert (other_cluster.code, other_controller.code) == (64, 64)
    assert "was for the cluster elsewhere, this tree is for test" in other_cluster.err
    assert "wrote to https://avi.example.com" in other_controller.err


def test_a_pause_is_taken_back(sync: Run, tree: Tree, controller: Controller) -> None:
    """Like any other change of what is ours; a pause that lasts holds its owner, whoever asks."""
    tree.commit(web=app())
    sync()
    was = configuration(controller)
    sync("pause", "Gateway/shop/web", "--for", "4h", "--reason", "drained")
    sync("resume", "Gateway/shop/web")
    paused, resumed = (item["run"] for item in reversed(sync("history", "--limit", "2").document["runs"]))

    done = [sync("rollback", "--run", resumed), sync("rollback", "--run", paused)]

    assert [item.code for item in done] == [0, 5]
    assert "drained" in done[1].out
    sync("resume", "Gateway/shop/web")
    assert configuration(controller) == was


# --- secrets, which the journal does not hold -------------------------------------------------------------------------

OAUTH: Mapping[str, Any] = {
    "cookie_name": "session",
    "redirect_uri": "https://web.example/callback",
    "key": [{"name": "first", "aes_key": "canary-aes", "hmac_key": "canary-hmac"}],
}


@pytest.fixture
def oauth(tree: Tree) -> Tree:
    """A template of VirtualServices that renders secrets."""
    own = files("sync").joinpath("templates", "virtualservice.json.j2").read_text("utf-8")
    text = own.replace('  "pool_ref"', f'  "oauth_vs_config": {json.dumps(OAUTH)},\n  "pool_ref"')
    tree.write({"templates/virtualservice.json.j2": text})
    return tree


def test_a_secret_that_did_not_change_stays_as_it_is(sync: Run, oauth: Tree, controller: Controller) -> None:
    """The rest of the object is as it was, and the secret was never in the journal."""
    oauth.commit(web=app())
    sync()
    was = configuration(controller)
    oauth.commit(web=app(ports=(80, 443)))
    run = sync_and_name(sync)

    done = sync("rollback", "--run", run)

    assert done.code == 0
    assert configuration(controller) == was
    assert "canary" in json.dumps(was)


def test_an_object_whose_secret_is_gone_cannot_be_made_again(sync: Run, oauth: Tree, journal: Path) -> None:
    """It would be made without it: held instead, with what is missing."""
    oauth.commit(web=app(), other=app("other"))
    sync()
    oauth.commit(web=None)
    run = sync_and_name(sync)

    done = sync("rollback", "--run", run)

    assert done.code == 5
    assert "the journal holds no secrets (oauth_vs_config)" in done.out
    assert "canary" not in journal.read_text()


def test_a_file_for_each_run_serves_as_well(
    sync: Run, tree: Tree, controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder as the journal."""
    monkeypatch.setenv("SYNC_JOURNAL", str(tmp_path / "journal"))
    tree.write({"values.yaml": [VALUES]})
    tree.commit(web=app())
    sync()
    was = configuration(controller)
    tree.commit(web=app(ports=(80, 443)))
    sync()

    done = sync("rollback", "--run", "last")

    assert done.code == 0
    assert configuration(controller) == was
    assert len(list((tmp_path / "journal").iterdir())) == 3
