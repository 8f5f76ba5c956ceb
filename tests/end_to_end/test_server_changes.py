"""Rollouts, scaling and drains with a whole Controller: what is shown, counted, saved, applied, and called drift."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.following import (
    ALLOWING_NONE,
    FOLLOWING,
    POOL,
    cluster,
    messages,
    servers,
    slice_of,
    sync,
    terminating,
)
from tests.shared.api_server import Answer, ApiServer, Fault, Request
from tests.shared.emulated_controller import Controller, Result, Run
from tests.shared.tree import Tree, app, gateway, service

__all__ = ["cluster", "sync"]

OTHER_POOL = "test--shop-other-svc-other-TCP-80"


@pytest.fixture(autouse=True)
def deployed(sync: Run) -> Result:
    """The tree is live, with the two servers of the cluster."""
    return sync()


@pytest.fixture
def rolled(deployed: Result, cluster: ApiServer) -> None:
    """One Pod is on its way out, and two new ones are ready."""
    cluster.put(terminating(slice_of("10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4"), "10.1.0.1"))


def add_by_hand(controller: Controller, address: str = "10.9.9.9") -> None:
    """Somebody adds a server to the pool."""
    live = controller.find("pool", POOL)["servers"]
    added = {"ip": {"addr": address, "type": "V4"}, "port": 8080, "enabled": True}
    controller.change("pool", POOL, servers=[*live, added])


# --- shown and counted apart ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("rolled")
def test_a_rollout_is_one_line_per_pool_and_counted_apart(sync: Run) -> None:
    """In text: one line, and the number of pools in the last one."""
    shown = sync("--dry-run", "-o", "text")

    lines = shown.out.splitlines()
    assert (
        f"    ~ Pool            admin/{POOL}   2 servers → 4 servers (2 new, 1 disabled), follows the cluster" in lines
    )
    assert not any("servers[" in line for line in lines)
    assert shown.last_line.startswith("Plan: 0 create, 0 update, 0 replace, 0 delete, servers: 1 pool (")


@pytest.mark.usefixtures("rolled")
def test_a_rollout_has_keys_of_its_own_in_json(sync: Run) -> None:
    """It is none of the changes, and the digest is that of a plan without any."""
    document = sync("--dry-run").document

    (change,) = document["server_changes"]
    assert (change["name"], change["owner"]["name"]) == (POOL, "web")
    assert change["servers"] == {"before": 2, "after": 4, "new": 2, "disabled": 1}
    assert (document["changes"], document["outages"]) == ([], [])
    assert (document["summary"]["servers"], document["summary"]["update"]) == (1, 0)


def test_the_digest_does_not_move_with_the_cluster(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """Neither for a plan without other changes, nor for one that changes the same owner, nor for one that creates."""
    idle = sync("--dry-run").document["digest"]
    tree.commit(web=[gateway(ports=(80, 81)), service(ports=(80, 81))])
    pending = sync("--dry-run").document["digest"]

    cluster.put(slice_of("10.1.0.3", "10.1.0.4", "10.1.0.5"))
    moved = sync("--dry-run").document
    tree.commit(web=[gateway(), service()])

    assert (moved["digest"], sync("--dry-run").document["digest"]) == (pending, idle)


@pytest.mark.usefixtures("rolled")
def test_a_pull_request_reads_one_folded_sentence(sync: Run) -> None:
    """No row of the table, no block of the owner."""
    text = sync("--dry-run", "-o", "markdown").out

    assert text.startswith("### Only servers would follow the cluster: 1 pool")
    assert "<summary>Servers of 1 pool follow the cluster.</summary>" in text
    assert "<summary>Gateway shop/web" not in text
    assert "| 0 | 0 | 0 | 0 |" in text


@pytest.mark.usefixtures("rolled")
def test_servers_alone_are_changes_pending_for_a_dry_run_and_no_drift(sync: Run) -> None:
    """Exit 2 says that a run would write; drift says that nobody edited anything."""
    planned = sync("--dry-run", "--detailed-exitcode")
    drift = sync("drift", "--detailed-exitcode")

    assert (planned.code, drift.code) == (2, 0)
    assert (drift.document["changes"], messages(drift, "warning")) == ([], [])


def test_other_fields_are_an_ordinary_change_with_the_servers_beside_it(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """Its fields are those that Git requests; one request writes both."""
    controller.change("pool", POOL, sni_enabled=True)
    cluster.put(slice_of("10.1.0.2", "10.1.0.3", "10.1.0.4"))

    text = sync("--dry-run", "-o", "text").out
    result = sync()

    (change,) = result.document["changes"]
    assert [field["path"] for field in change["fields"]] == ["sni_enabled"]
    assert change["servers"] == {"before": 2, "after": 3, "new": 2, "disabled": 0}
    assert "servers: 2 servers → 3 servers (2 new, 0 disabled), follows the cluster" in text
    assert (result.code, servers(controller)) == (0, ["10.1.0.2", "10.1.0.3", "10.1.0.4"])


# --- drift ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("rolled")
def test_a_server_added_by_hand_is_drift_beside_a_rollout(sync: Run, controller: Controller) -> None:
    """Only that server is reported; a run removes it, and adds those of the cluster."""
    add_by_hand(controller)

    drift = sync("drift", "--detailed-exitcode")
    result = sync()

    (change,) = drift.document["changes"]
    assert (drift.code, change["cause"], change["servers"]) == (2, "live", None)
    assert [(each["path"], each["before"]["ip"]["addr"], each["after"]) for each in change["fields"]] == [
        ("servers[]", "10.9.9.9", None)
    ]
    assert (result.code, servers(controller)) == (0, ["(10.1.0.1)", "10.1.0.2", "10.1.0.3", "10.1.0.4"])


@pytest.mark.usefixtures("rolled")
def test_a_server_disabled_by_hand_is_drift_beside_a_rollout(sync: Run, controller: Controller) -> None:
    """With its field, and where it is."""
    live = controller.find("pool", POOL)["servers"]
    changed = [{**each, "enabled": each["ip"]["addr"] != "10.1.0.2"} for each in live]
    controller.change("pool", POOL, servers=changed)

    (change,) = sync("drift").document["changes"]

    assert change["fields"] == [{"path": "servers[10.1.0.2:8080].enabled", "before": False, "after": True}]


@pytest.mark.usefixtures("rolled")
def test_a_server_removed_by_hand_is_drift_beside_a_rollout(sync: Run, controller: Controller) -> None:
    """One that the cluster takes away as well is no loss to tell of."""
    live = controller.find("pool", POOL)["servers"]
    controller.change("pool", POOL, servers=[each for each in live if each["ip"]["addr"] != "10.1.0.2"])

    (change,) = sync("drift").document["changes"]

    assert [(each["path"], each["before"], each["after"]["ip"]["addr"]) for each in change["fields"]] == [
        ("servers[]", None, "10.1.0.2")
    ]


def test_after_a_rollout_an_edit_of_another_field_is_still_drift(
    sync: Run, cluster: ApiServer, controller: Controller
) -> None:
    """The digest of what Git requests does not move with the servers, whether the cluster is read or not."""
    cluster.put(slice_of("10.1.0.3", "10.1.0.4"))
    sync()
    controller.change("pool", POOL, sni_enabled=True)

    read = sync("drift").document["changes"]
    cluster.faults.append(Fault(matches="", act=lambda request: (403, {}, {}), times=99))
    unread = sync("drift").document["changes"]

    assert [each["cause"] for each in (*read, *unread)] == ["live", "live"]


# --- rollout or outage ------------------------------------------------------------------------------------------------


def test_scaled_to_zero_keeps_its_servers_until_the_setting_allows_it(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """Refused for that pool alone: another owner is deployed by the same run."""
    cluster.put(slice_of())
    tree.commit(other=app("other"))

    kept = sync()
    before = servers(controller)
    tree.commit(values=[ALLOWING_NONE])
    empty = sync()

    assert (kept.code, before) == (5, ["10.1.0.1", "10.1.0.2"])
    assert messages(kept, "error") == [
        f"held: Pool admin/{POOL} keeps its live servers (2 enabled): "
        "the cluster has no ready back end for Service shop/front"
    ]
    assert servers(controller, OTHER_POOL) == ["192.0.2.1", "192.0.2.2"]
    assert (empty.code, servers(controller)) == (0, [])


def test_a_kept_pool_follows_the_first_read_that_shows_servers(
    sync: Run, cluster: ApiServer, controller: Controller
) -> None:
    """With the Recreate strategy; nobody has to act."""
    cluster.put(slice_of())
    during = sync()
    cluster.put(slice_of("10.1.0.7"))

    after = sync()

    assert (during.code, after.code, servers(controller)) == (5, 0, ["10.1.0.7"])


def test_a_drained_node_takes_its_servers_along(sync: Run, cluster: ApiServer, controller: Controller) -> None:
    """First disabled, then gone; new Pods elsewhere. No run is refused, although all servers are exchanged."""
    steps = [
        terminating(slice_of("10.1.0.1", "10.1.0.2"), "10.1.0.1"),
        terminating(slice_of("10.1.0.1", "10.1.0.2", "10.1.0.3"), "10.1.0.1", "10.1.0.2"),
        slice_of("10.1.0.3"),
    ]
    seen = []
    for step in steps:
        cluster.put(step)
        seen.append((sync("--rollout-wait", "0").code, servers(controller)))

    assert seen == [
        (0, ["(10.1.0.1)", "10.1.0.2"]),
        (0, ["(10.1.0.1)", "(10.1.0.2)", "10.1.0.3"]),
        (0, ["10.1.0.3"]),
    ]


def reads(cluster: ApiServer) -> int:
    """How often the slices were listed."""
    return sum("endpointslices" in request.target for request in cluster.requests)


def test_in_the_middle_of_a_rollout_a_run_looks_once_more(
    sync: Run, cluster: ApiServer, controller: Controller
) -> None:
    """All servers are terminating at first; a moment later there are new ones, and these count."""

    def goes_on(request: Request) -> Answer | None:
        del request
        cluster.put(slice_of("10.1.0.5", "10.1.0.6"))
        return None

    cluster.put(terminating(slice_of("10.1.0.1", "10.1.0.2"), "10.1.0.1", "10.1.0.2"))
    cluster.faults.append(Fault(matches="endpointslices", act=goes_on, after=1))
    before = reads(cluster)

    result = sync("--rollout-wait", "0.01", "--dry-run")

    assert (result.code, reads(cluster) - before) == (0, 2)
    assert result.document["server_changes"][0]["servers"]["new"] == 2


def test_it_looks_only_once_more_and_then_judges(sync: Run, cluster: ApiServer, controller: Controller) -> None:
    """Still none: the pool keeps its servers. The wait ends with the deadline of the run."""
    cluster.put(terminating(slice_of("10.1.0.1", "10.1.0.2"), "10.1.0.1", "10.1.0.2"))
    before = reads(cluster)

    result = sync("--rollout-wait", "0.01")

    assert (result.code, servers(controller)) == (5, ["10.1.0.1", "10.1.0.2"])
    assert reads(cluster) - before == 2


# --- saved plans ------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(sync: Run, tree: Tree, tmp_path: Path) -> str:
    """A plan that changes a field of the pool's owner, and creates another owner that follows the cluster."""
    new = [gateway("next"), service("next-svc", gateway="next")]
    tree.commit(web=[gateway(hostname="web.avi.internal"), service()], next=new)
    file = str(tmp_path / "plan.json")
    assert sync("plan", "--out", file).code in (0, 5)
    return file


def test_a_saved_plan_is_applied_with_the_servers_of_the_moment(
    sync: Run, cluster: ApiServer, controller: Controller, saved: str
) -> None:
    """A rollout between plan and apply, and a run that wrote it, change nothing of what was approved."""
    cluster.put(slice_of("10.1.0.3"))
    assert sync("--servers-only").code in (0, 5)
    cluster.put(slice_of("10.1.0.4", "10.1.0.5"))

    result = sync("apply", saved)

    assert (result.document["stale"], result.document["refusals"]) == (False, [])
    assert servers(controller) == ["10.1.0.4", "10.1.0.5"]
    assert controller.find("vsvip", "test--shop-web")["dns_info"][0]["fqdn"] == "web.avi.internal"


def test_a_saved_change_of_a_followed_pool_survives_a_rollout(
    sync: Run, cluster: ApiServer, controller: Controller, tmp_path: Path
) -> None:
    """Its request is compared without servers, and its version does not count where only servers were written."""
    controller.change("pool", POOL, sni_enabled=True)
    file = str(tmp_path / "plan.json")
    sync("plan", "--out", file)
    live = controller.find("pool", POOL)["servers"]
    cluster.put(slice_of("10.1.0.2", "10.1.0.3"))

    result = sync("apply", file)

    assert (result.code, len(live), servers(controller)) == (0, 2, ["10.1.0.2", "10.1.0.3"])


def test_a_saved_plan_is_stale_when_something_else_has_moved(
    sync: Run, cluster: ApiServer, controller: Controller, tmp_path: Path
) -> None:
    """Exit 8 for the rest: an edit of the pool's other fields."""
    controller.change("pool", POOL, sni_enabled=True)
    file = str(tmp_path / "plan.json")
    sync("plan", "--out", file)
    cluster.put(slice_of("10.1.0.2", "10.1.0.3"))
    controller.change("pool", POOL, server_timeout=77)

    assert sync("apply", file).code == 8


def test_a_saved_plan_of_servers_alone_holds_no_change(
    sync: Run, cluster: ApiServer, controller: Controller, tmp_path: Path
) -> None:
    """It stays valid whatever they are when it is applied."""
    cluster.put(slice_of("10.1.0.3"))
    file = tmp_path / "plan.json"
    sync("plan", "--out", str(file))
    cluster.put(slice_of("10.1.0.4"))

    result = sync("apply", str(file))

    saved: dict[str, Any] = json.loads(file.read_text())["saved_plan"]
    assert (saved["changes"], saved["writes"]) == ([], {})
    assert (result.code, servers(controller)) == (0, ["10.1.0.4"])


# --- servers only -----------------------------------------------------------------------------------------------------


def test_servers_only_leaves_all_other_changes(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """One PUT of the pool; the rest is counted, and neither applied nor refused."""
    tree.commit(web=[gateway(hostname="web.avi.internal"), service()], other=app("other"))
    cluster.put(slice_of("10.1.0.2", "10.1.0.3"))
    controller.forget()

    result = sync("--servers-only")

    assert (result.code, controller.writes(), servers(controller)) == (0, ["PUT pool"], ["10.1.0.2", "10.1.0.3"])
    (said,) = (each for each in messages(result, "warning") if "--servers-only" in each)
    assert said.startswith("--servers-only leaves ")
    assert said.endswith(" of 2 owners to another run")
    assert sync("--servers-only").document["server_changes"] == []


def test_servers_only_leaves_a_pool_whose_other_fields_differ(
    sync: Run, cluster: ApiServer, controller: Controller
) -> None:
    """Its servers come with the change that is left."""
    controller.change("pool", POOL, sni_enabled=True)
    cluster.put(slice_of("10.1.0.2", "10.1.0.3"))
    controller.forget()

    result = sync("--servers-only")

    assert (result.code, controller.writes(), servers(controller)) == (0, [], ["10.1.0.1", "10.1.0.2"])


def test_servers_only_moves_servers_and_leaves_edits_by_hand(
    sync: Run, cluster: ApiServer, controller: Controller
) -> None:
    """A server that somebody added stays, and is still drift afterwards: only a full run takes it away."""
    add_by_hand(controller)
    cluster.put(slice_of("10.1.0.2", "10.1.0.3"))

    result = sync("--servers-only")

    assert (result.code, servers(controller)) == (0, ["10.1.0.2", "10.1.0.3", "10.9.9.9"])
    (change,) = sync("drift").document["changes"]
    assert [each["before"]["ip"]["addr"] for each in change["fields"]] == ["10.9.9.9"]
    assert (sync().code, servers(controller)) == (0, ["10.1.0.2", "10.1.0.3"])


def test_servers_only_is_no_writer_of_a_commit(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """Neither an older commit nor another repository stops it, and the next run still knows who deployed."""
    first = tree.git("rev-parse", "HEAD")
    tree.commit(web=[gateway(hostname="web.avi.internal"), service()])
    sync()
    last = sync("status").document["last_run"]["commit"]
    cluster.put(slice_of("10.1.0.3"))

    older = sync("--servers-only", "--ref", first)

    assert (older.code, servers(controller)) == (0, ["10.1.0.3"])
    assert controller.find("vsvip", "test--shop-web")["dns_info"][0]["fqdn"] == "web.avi.internal"
    assert sync("status").document["last_run"]["commit"] == last
    assert sync().document["changes"] == []


def test_servers_only_needs_no_window_and_a_freeze_stops_it(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """A window is for what people decide; a freeze is for everything."""
    closed = {"from": "00:00", "to": "00:00", "days": ["Mon"]}
    tree.commit(values=[{**FOLLOWING, "SyncSettings": {"backends": "cluster", "windows": [closed]}}])
    cluster.put(slice_of("10.1.0.3"))
    windowed = (sync("--servers-only").code, servers(controller))
    tree.write({".avi-sync-freeze": "maintenance"})
    tree.commit()
    cluster.put(slice_of("10.1.0.4"))

    frozen = sync("--servers-only")

    assert windowed == (0, ["10.1.0.3"])
    assert (frozen.code, servers(controller)) == (4, ["10.1.0.3"])


def test_servers_only_creates_nothing_even_on_an_empty_controller(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """What is not live has no servers to move."""
    values = {**FOLLOWING, "AKOSettings": {"clusterName": "fresh", "servicesAPI": True}}
    tree.commit(values=[values], web=[gateway(hostname="fresh.avi.internal"), service()])
    controller.forget()

    result = sync("--servers-only")

    assert (result.code, controller.all_writes()) == (0, [])


def test_servers_only_and_a_policy_exclude_each_other(sync: Run) -> None:
    """Both say what may be written."""
    result = sync("--servers-only", "--policy", "upsert-only")

    assert result.code == 64
    assert "--servers-only and --policy exclude each other" in result.err
