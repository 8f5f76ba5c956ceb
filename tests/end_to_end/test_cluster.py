"""Servers follow the cluster: a repository without EndpointSlices, a Kubernetes cluster, and a Controller."""

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.following import (
    ALLOWING_NONE,
    FOLLOWING,
    POOL,
    PORTS,
    cluster,
    messages,
    servers,
    slice_of,
    sync,
)
from tests.shared import api_server
from tests.shared.api_server import ApiServer, Fault
from tests.shared.clusters import service as live_service
from tests.shared.emulated_controller import Controller, Run
from tests.shared.tree import VALUES, Tree, app, endpoints, gateway, service

__all__ = ["cluster", "sync"]


def test_a_first_deploy_brings_the_servers_of_the_cluster(sync: Run, controller: Controller) -> None:
    """From a repository without EndpointSlices; the second run has nothing to do."""
    first, second = sync(), sync()

    assert (first.code, servers(controller)) == (0, ["10.1.0.1", "10.1.0.2"])
    assert (second.code, second.document["changes"]) == (0, [])
    assert [(each["name"], each["servers_from"]) for each in second.document["pools"]] == [(POOL, "cluster")]


def test_only_what_the_tree_needs_is_requested(sync: Run, cluster: ApiServer) -> None:
    """Services and slices of its namespace; no Nodes, no Pods, nothing is written."""
    sync("--dry-run")

    assert [request.target.partition("?")[0] for request in cluster.requests] == [
        "GET /api/v1/namespaces/shop/services",
        "GET /apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
    ]


def test_a_tree_whose_back_ends_are_all_in_git_asks_no_cluster(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """What is written by hand wins."""
    tree.commit(slices=[endpoints()])

    result = sync()

    assert (result.code, cluster.requests) == (0, [])
    assert [each["servers_from"] for each in result.document["pools"]] == ["git"]


def test_a_rollout_reaches_the_pool(sync: Run, cluster: ApiServer, controller: Controller) -> None:
    """Old Pods that terminate are disabled, new ones enabled; then the old ones are gone."""
    sync()
    rolling = slice_of("10.1.0.1", "10.1.0.3")
    rolling["endpoints"][0]["conditions"] = {"ready": False, "serving": True, "terminating": True}
    cluster.put(rolling)

    during = (sync().code, servers(controller))
    cluster.put(slice_of("10.1.0.3"))
    after = (sync().code, servers(controller))

    assert during == (0, ["(10.1.0.1)", "10.1.0.3"])
    assert after == (0, ["10.1.0.3"])


def test_a_token_that_expires_in_the_middle_of_a_list_leaves_the_servers(
    sync: Run, cluster: ApiServer, controller: Controller
) -> None:
    """The live servers stay, nothing is changed, and the run says why with exit code 5."""
    sync()
    cluster.put(slice_of("10.1.0.9"))
    cluster.faults.append(Fault(matches="endpointslices", act=api_server.refused(401), times=99))

    result = sync()

    assert (result.code, result.document["changes"]) == (5, [])
    assert servers(controller) == ["10.1.0.1", "10.1.0.2"]
    (message,) = messages(result, "error")
    assert message.startswith("cluster test: the EndpointSlices of namespace shop could not be read")
    assert [each["servers_from"] for each in result.document["pools"]] == ["unknown"]


def test_what_is_new_waits_for_a_cluster_that_is_gone_while_the_rest_goes_on(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """A VIP without servers helps nobody; a Gateway whose back ends are in Git is deployed all the same."""
    cluster.faults.append(Fault(matches="", act=api_server.refused(403), times=99))
    tree.commit(other=[*app("other")])

    result = sync()

    assert result.code == 5
    assert [each["name"] for each in result.document["held"]] == ["web"]
    assert any("would be created without servers" in each for each in messages(result, "error"))
    assert servers(controller, "test--shop-other-svc-other-TCP-80") == ["192.0.2.1", "192.0.2.2"]


def test_a_live_owner_changes_while_its_servers_stay(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """A new hostname is no matter of the cluster's."""
    sync()
    cluster.faults.append(Fault(matches="", act=api_server.refused(403), times=99))
    tree.commit(web=[gateway(hostname="new.avi.internal"), service()])

    result = sync()

    assert (result.code, servers(controller)) == (5, ["10.1.0.1", "10.1.0.2"])
    assert controller.find("vsvip", "test--shop-web")["dns_info"][0]["fqdn"] == "new.avi.internal"


def test_the_servers_of_a_replaced_owner_stay_while_the_cluster_is_unread(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """Another address deletes and creates; the pool keeps what it has."""
    tree.commit(web=[gateway(address="10.10.10.50"), service()])
    sync()
    cluster.faults.append(Fault(matches="", act=api_server.refused(403), times=99))
    tree.commit(web=[gateway(address="10.10.10.51"), service()])

    result = sync()

    assert (result.code, controller.addresses("test--shop-web")) == (5, ["10.10.10.51"])
    assert servers(controller) == ["10.1.0.1", "10.1.0.2"]


def test_without_a_slice_the_servers_stay_and_with_an_empty_one_they_go(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """Nothing proves nothing; the placeholder of a Service without Pods is proof, if the Service may have none."""
    sync()
    cluster.remove("endpointslices", "shop", "front-1")
    without, kept = sync(), servers(controller)
    cluster.put(slice_of())
    tree.commit(values=[ALLOWING_NONE])
    empty = sync()

    assert (without.code, kept) == (0, ["10.1.0.1", "10.1.0.2"])
    assert any(
        "cluster test has no EndpointSlice of Service shop/front" in each for each in messages(without, "warning")
    )
    assert (empty.code, servers(controller)) == (0, [])


def test_two_clusters_with_one_controller_do_not_touch_each_other(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller, tmp_path: Path
) -> None:
    """Each tree has its own clusterName and its own cluster."""
    sync()
    other_tree = Tree.make(
        tmp_path / "other", values=FOLLOWING | {"AKOSettings": {"clusterName": "south", "servicesAPI": True}}
    )
    other_tree.commit(web=[gateway(hostname="south.avi.internal"), service()])
    (tmp_path / "south").mkdir()
    other = ApiServer().start()
    try:
        other.put(live_service(name="front", ports=PORTS), slice_of("10.2.0.1"))
        kubeconfig = str(other.kubeconfig(tmp_path / "south"))

        result = sync("--source", str(other_tree.folder), "--kubeconfig", kubeconfig)
    finally:
        other.stop()

    assert result.code == 0
    assert servers(controller, "south--shop-front-web-TCP-80") == ["10.2.0.1"]
    assert (sync().document["changes"], servers(controller)) == ([], ["10.1.0.1", "10.1.0.2"])


def test_a_file_stands_in_for_the_cluster(
    sync: Run, cluster: ApiServer, controller: Controller, tmp_path: Path
) -> None:
    """What `cluster export` has written gives the servers of the cluster itself, and no request to it."""
    file = tmp_path / "cluster.json"
    exported = sync("cluster", "export", "--out", str(file))
    cluster.requests.clear()

    result = sync("--cluster-state", str(file))

    assert (exported.code, result.code, cluster.requests) == (0, 0, [])
    assert servers(controller) == ["10.1.0.1", "10.1.0.2"]


def test_nothing_is_exported_of_a_cluster_that_cannot_be_read(sync: Run, cluster: ApiServer, tmp_path: Path) -> None:
    """The file of the last export stays as it is."""
    file = tmp_path / "cluster.json"
    file.write_text("as before")
    cluster.faults.append(Fault(matches="endpointslices", act=api_server.refused(403), times=9))

    result = sync("cluster", "export", "--out", str(file))

    assert (result.code, file.read_text()) == (6, "as before")


def test_an_old_file_is_refused_for_writing_and_shown_with_a_warning(
    sync: Run, controller: Controller, tmp_path: Path
) -> None:
    """Its servers may be gone by now."""
    file = tmp_path / "cluster.json"
    sync("cluster", "export", "--out", str(file))
    old = file.read_text().replace('"avi-sync/read-at": "20', '"avi-sync/read-at": "19')
    file.write_text(old)
    options = ("--cluster-state", str(file))

    dry, writing = sync("--dry-run", *options), sync(*options)

    assert (dry.code, writing.code, controller.writes()) == (0, 3, [])
    assert any("old" in each for each in messages(dry, "warning"))


def test_without_a_place_a_run_asks_for_one_and_validate_goes_on(sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are then left open; nothing is guessed."""
    monkeypatch.delenv("SYNC_KUBECONFIG")
    monkeypatch.delenv("KUBECONFIG", raising=False)

    run, validated, rendered = sync("--dry-run"), sync("validate"), sync("render")

    assert (run.code, validated.code, rendered.code) == (64, 0, 0)
    assert "--cluster-state" in run.err
    assert "no cluster was read" in validated.err
    assert ["servers" in each["body"] for each in rendered.document["objects"] if each["kind"] == "Pool"] == [False]


def test_an_option_for_a_cluster_that_nobody_asks_is_told(sync: Run, tree: Tree) -> None:
    """Somebody has forgotten the switch."""
    tree.commit(values=[VALUES], slices=[endpoints()])

    result = sync("--dry-run")

    assert any("has no effect: SyncSettings.backends is auto" in each for each in messages(result, "warning"))


def test_a_pause_needs_no_cluster(sync: Run, cluster: ApiServer) -> None:
    """Whoever is on call pauses an owner without a login to it."""
    sync()
    cluster.requests.clear()

    result = sync("pause", "Gateway/shop/web", "--for", "1h", "--reason", "test")

    assert (result.code, cluster.requests) == (0, [])


def test_explain_names_the_slice_in_the_cluster(sync: Run) -> None:
    """Servers stand in no file."""
    sync()

    text = sync("explain", f"Pool/{POOL}", "-o", "text").out

    assert "cluster test: EndpointSlice shop/front-1" in text


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("act", [api_server.refused(403), api_server.expired(), api_server.page_of_a_proxy(200)])
def test_whichever_request_of_the_read_fails_servers_are_right_or_untouched(
    sync: Run, cluster: ApiServer, controller: Controller, act: Any, after: int
) -> None:
    """Both looks of the run read the cluster: before the lock and under it."""
    sync()
    cluster.put(slice_of("10.1.0.8", "10.1.0.9"))
    cluster.faults.append(Fault(matches="", act=act, after=after))

    result = sync()

    assert result.code in (0, 5)
    assert servers(controller) in (["10.1.0.1", "10.1.0.2"], ["10.1.0.8", "10.1.0.9"])
