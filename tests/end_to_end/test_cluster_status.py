"""`SyncSettings.clusterStatus`: after a run the cluster shows what the Controller has, where kubectl looks for it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sync.cluster.statuses import FINALIZER
from tests.shared import api_server
from tests.shared.ako import made_by_ako
from tests.shared.api_server import ApiServer, Fault
from tests.shared.builders import make_facts
from tests.shared.clusters import service as live_service
from tests.shared.emulated_controller import Controller, Result, Run
from tests.shared.perfect_controller import desired_for
from tests.shared.tree import VALUES, Tree, app, load_balancer

TELLING = {**VALUES, "SyncSettings": {"clusterStatus": True}}


def live_gateway(name: str, *finalizers: str) -> dict[str, Any]:
    """As the cluster has it."""
    head = {"apiVersion": "networking.x-k8s.io/v1alpha1", "kind": "Gateway"}
    return {**head, "metadata": {"namespace": "shop", "name": name, "finalizers": list(finalizers)}}


@pytest.fixture
def cluster() -> Iterator[ApiServer]:
    """A cluster with Gateway shop/web and LoadBalancer Service shop/api."""
    server = ApiServer().start()
    server.put(live_gateway("web"), live_service(name="api", type="LoadBalancer"))
    yield server
    server.stop()


@pytest.fixture
def sync(
    sync: Run, tree: Tree, cluster: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """`avi-sync` of a tree with Gateway shop/web and Service shop/api that tells the cluster."""
    tree.commit(values=[TELLING], web=app("web"), api=[load_balancer("api", address="10.10.10.70")])
    monkeypatch.setenv("SYNC_KUBECONFIG", str(cluster.kubeconfig(tmp_path)))
    return sync


def status_of(cluster: ApiServer, plural: str, name: str) -> Mapping[str, Any]:
    """The status of an object of namespace shop; empty where nobody wrote any."""
    found: Mapping[str, Any] = cluster.objects[plural]["shop", name].get("status", {})
    return found


def is_ready(cluster: ApiServer, name: str = "web") -> str:
    """The condition Ready of a Gateway."""
    conditions = status_of(cluster, "gateways", name)["conditions"]
    return str(next(each["status"] for each in conditions if each["type"] == "Ready"))


def writes(cluster: ApiServer) -> list[str]:
    """The paths of what was written."""
    return [request.path.partition("/shop/")[2] for request in cluster.requests if request.method != "GET"]


def warnings(result: Result) -> list[str]:
    """What the run warns of."""
    return [each["message"] for each in result.document["problems"] if each["severity"] == "warning"]


def test_a_run_tells_the_addresses(sync: Run, cluster: ApiServer, controller: Controller) -> None:
    """Of Gateways and LoadBalancer Services, as they are on the Controller."""
    result = sync()

    assert (result.code, is_ready(cluster)) == (0, "True")
    (address,) = status_of(cluster, "gateways", "web")["addresses"]
    assert [address["value"]] == controller.addresses("test--shop-web")
    assert status_of(cluster, "services", "api")["loadBalancer"]["ingress"] == [{"ip": "10.10.10.70", "ipMode": "VIP"}]


def test_a_run_with_nothing_to_do_tells_them_too_and_only_on_change(sync: Run, cluster: ApiServer) -> None:
    """Somebody may have recreated the Gateway meanwhile."""
    sync()
    first = writes(cluster)
    same = (sync().document["changes"], writes(cluster))
    cluster.put(live_gateway("web"))

    sync()

    assert same == ([], first)
    assert is_ready(cluster) == "True"
    assert writes(cluster) == [*first, "gateways/web/status"]


def test_the_mode_of_addresses_is_as_set(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """`Proxy` sends clients in the cluster through the Controller's VIP, too."""
    tree.commit(values=[{**VALUES, "SyncSettings": {"clusterStatus": True, "ipMode": "Proxy"}}])

    assert sync().code == 0

    assert status_of(cluster, "services", "api")["loadBalancer"]["ingress"] == [
        {"ip": "10.10.10.70", "ipMode": "Proxy"}
    ]


@pytest.mark.parametrize("arguments", [["--dry-run"], ["plan"], ["drift"], ["status"]], ids=lambda given: given[0])
def test_what_does_not_write_tells_nothing(sync: Run, cluster: ApiServer, arguments: list[str]) -> None:
    """The cluster is not even asked."""
    sync(*arguments)

    assert cluster.requests == []


def test_a_service_behind_a_gateway_is_not_asked_for(sync: Run, cluster: ApiServer) -> None:
    """The cluster takes addresses for no Service but a load balancer, and many Gateways have many Services."""
    sync()

    assert {request.path.rpartition("/")[2] for request in cluster.requests if request.method == "GET"} == {
        "web",
        "api",
    }


def test_off_by_default(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """Who may patch a status can route traffic: it is granted on purpose."""
    tree.commit(values=[VALUES])

    assert sync().code == 0
    assert cluster.requests == []


def test_a_held_gateway_is_not_ready(sync: Run, tree: Tree, cluster: ApiServer) -> None:
    """Its address stays while its VIP does."""
    sync()
    tree.commit(web=[*app("web", hostname="not a name")])

    result = sync()

    assert (result.code, is_ready(cluster)) == (5, "False")
    assert len(status_of(cluster, "gateways", "web")["addresses"]) == 1


def test_with_only_one_owner_selected_nothing_is_said_of_others(sync: Run, cluster: ApiServer) -> None:
    """Nobody knows how they stand."""
    sync("--only", "Service/shop/api")

    assert writes(cluster) == ["services/api/status"]


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_status_that_cannot_be_written_is_a_warning(sync: Run, cluster: ApiServer, code: int) -> None:
    """The run ends as it would have."""
    cluster.faults.append(Fault(matches="", act=api_server.refused(code), times=99))

    result = sync()

    assert result.code == 0
    assert any("could not be written to the cluster" in each for each in warnings(result))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["--cluster-state", "state.json"], "--cluster-state names a file", id="a file"),
        pytest.param(["--kubeconfig", "missing"], "kubeconfig", id="no kubeconfig"),
    ],
)
def test_a_cluster_that_cannot_be_reached_is_one_warning(
    sync: Run, cluster: ApiServer, arguments: list[str], reason: str
) -> None:
    """Statuses need a cluster; the Controller does not."""
    result = sync(*arguments)

    assert (result.code, cluster.requests) == (0, [])
    (message,) = (each for each in warnings(result) if "no status could be written" in each)
    assert reason in message


def test_adopt_takes_akos_finalizer_off_and_release_gives_it_back(
    sync: Run, tree: Tree, cluster: ApiServer, controller: Controller
) -> None:
    """Of the Gateways that change hands; a Gateway without it gets none by adopt or by a run."""
    cluster.put(live_gateway("web", FINALIZER), live_gateway("other", "example.com/keep"))
    made_by_ako(desired_for(*app("web"), values=VALUES, facts=FACTS), controller.call)
    controller.wait(minutes=11)

    assert sync("adopt", "--ako-is-stopped").code == 0
    adopted = finalizers(cluster)
    assert sync("release").code == 0

    assert adopted == {"web": [], "other": ["example.com/keep"]}
    assert finalizers(cluster) == {"web": [FINALIZER], "other": ["example.com/keep"]}
    assert writes(cluster) == ["gateways/web", "gateways/web"]


FACTS = make_facts(domains=("avi.internal",))


def finalizers(cluster: ApiServer) -> dict[str, list[str]]:
    """By name of the Gateway."""
    return {name: item["metadata"]["finalizers"] for (_, name), item in cluster.objects["gateways"].items()}
