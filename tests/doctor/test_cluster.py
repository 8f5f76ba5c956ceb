"""`avi-sync doctor` and the cluster that servers come from: reached, readable, and with the Services of the tree."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doctor.test_command import health, said
from tests.shared import api_server
from tests.shared.api_server import ApiServer, Fault
from tests.shared.clusters import service as live_service
from tests.shared.emulated_controller import Result, Run
from tests.shared.tree import VALUES, Tree, gateway, service

FOLLOWING = {**VALUES, "SyncSettings": {"backends": "cluster"}}
TELLING = {**VALUES, "SyncSettings": {"backends": "cluster", "clusterStatus": True}}
PORTS = [{"name": "p80", "port": 80, "protocol": "TCP", "targetPort": 8080}]
SLICE = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"namespace": "shop", "name": "front-1", "labels": {"kubernetes.io/service-name": "front"}},
    "addressType": "IPv4",
    "ports": [{"name": "p80", "port": 8080, "protocol": "TCP"}],
    "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": True}}],
}


@pytest.fixture
def cluster() -> Iterator[ApiServer]:
    """A cluster with Service shop/front and a Pod behind it."""
    server = ApiServer().start()
    server.put(live_service(name="front", ports=PORTS), SLICE)
    yield server
    server.stop()


@pytest.fixture
def sync(
    sync: Run, tree: Tree, cluster: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """`avi-sync` of a tree that follows the cluster."""
    tree.commit(values=[FOLLOWING], web=[gateway(), service()])
    monkeypatch.setenv("SYNC_KUBECONFIG", str(cluster.kubeconfig(tmp_path)))
    return sync


def of_cluster(result: Result) -> dict[str, str]:
    """How the checks of the cluster ended."""
    return {check: ended for check, ended in health(result).items() if check.startswith("cluster")}


def test_all_is_well(sync: Run, cluster: ApiServer) -> None:
    """It answers, may be read, and has the Services as Git has them; nothing is changed there."""
    result = sync("doctor")

    assert of_cluster(result) == dict.fromkeys(("cluster", "cluster rights", "cluster services"), "ok")
    assert result.code == 0
    assert "test answers, Kubernetes v1.30.4" in said(result, "cluster")
    assert "list services, list endpointslices" in said(result, "cluster rights")
    posts = {request.path.rpartition("/")[2] for request in cluster.requests if request.method != "GET"}
    assert posts == {"selfsubjectaccessreviews"}


def test_a_tree_that_needs_no_cluster_has_no_such_check(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """Nothing is asked there."""
    tree.commit(values=[VALUES])

    assert (of_cluster(sync("doctor")), cluster.requests) == ({}, [])


@pytest.mark.parametrize(
    "act", [pytest.param(api_server.refused(401), id="login"), pytest.param(lambda _: b"", id="no answer")]
)
def test_a_cluster_that_cannot_be_read(sync: Run, cluster: ApiServer, act: api_server.Act) -> None:
    """All that would follow is not checked, and the manifests are not blamed for it."""
    cluster.faults.append(Fault(matches="", act=act, times=99))

    result = sync("doctor")

    ended = health(result)
    assert of_cluster(result) == {
        "cluster": "problem",
        "cluster rights": "not checked",
        "cluster services": "not checked",
    }
    assert (result.code, ended["lock"], ended["ako"]) == (5, "ok", "ok")


@pytest.mark.parametrize(
    ("is_allowed", "missing"),
    [
        pytest.param(lambda plural, namespace: plural == "services", "list endpointslices in shop", id="a kind"),
        pytest.param(lambda plural, namespace: bool(namespace), "", id="all, by namespace"),
    ],
)
def test_each_right_is_asked_for_in_the_namespaces_that_count(
    sync: Run, cluster: ApiServer, is_allowed: Callable[[str, str], bool], missing: str
) -> None:
    """In the whole cluster first: either is enough."""
    cluster.may = lambda _, verb, plural, namespace: verb == "list" and is_allowed(plural, namespace)

    result = sync("doctor")

    assert health(result)["cluster rights"] == ("problem" if missing else "ok")
    assert missing in said(result, "cluster rights")


def test_rights_to_write_a_status_are_a_warning(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """A run would work without."""
    tree.commit(values=[TELLING])
    cluster.may = lambda _, verb, plural, namespace: verb != "patch"

    result = sync("doctor")

    assert (health(result)["cluster status"], result.code) == ("warning", 0)
    assert "patch gateways/status in shop; patch services/status in shop" in said(result, "cluster status")


@pytest.mark.parametrize(
    ("kind", "ports"),
    [
        pytest.param("LoadBalancer", PORTS, id="type"),
        pytest.param("ClusterIP", [{**PORTS[0], "port": 81}], id="port"),
    ],
)
def test_a_service_in_another_form_is_a_warning(
    sync: Run, cluster: ApiServer, kind: str, ports: list[dict[str, object]]
) -> None:
    """With file and line of its manifest."""
    cluster.put(live_service(name="front", type=kind, ports=ports))

    result = sync("doctor")

    assert health(result)["cluster services"] == "warning"
    assert "web.yaml:" in said(result, "cluster services")


def test_a_service_that_the_cluster_lacks_is_a_warning(sync: Run, cluster: ApiServer) -> None:
    """Its servers are unknown until it is there."""
    cluster.remove("services", "shop", "front")

    result = sync("doctor")

    assert health(result)["cluster services"] == "warning"
    assert "has no Service shop/front" in said(result, "cluster services")


@pytest.mark.parametrize(
    ("age", "ended"), [pytest.param("3600", "ok", id="young"), pytest.param("0", "problem", id="too old")]
)
def test_a_file_that_stands_in_for_the_cluster(sync: Run, tmp_path: Path, age: str, ended: str) -> None:
    """Its age counts; no account needs rights for it."""
    file = tmp_path / "cluster.json"
    assert sync("cluster", "export", "--out", str(file)).code == 0

    result = sync("doctor", "--cluster-state", str(file), "--cluster-state-max-age", age)

    assert of_cluster(result) == {"cluster": ended, "cluster services": "ok"}


def test_a_cluster_without_a_place_is_a_problem(sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the option that names one."""
    monkeypatch.delenv("SYNC_KUBECONFIG")

    result = sync("doctor")

    assert (health(result)["cluster"], result.code) == ("problem", 5)
    assert "--kubeconfig" in said(result, "cluster")
