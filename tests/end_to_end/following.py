"""A repository without EndpointSlices, a Kubernetes cluster, and a Controller: what tests of all three share."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.shared.api_server import ApiServer
from tests.shared.clusters import endpoint_slice
from tests.shared.clusters import service as live_service
from tests.shared.emulated_controller import Controller, Result, Run
from tests.shared.tree import VALUES, Tree, gateway, service

FOLLOWING = {**VALUES, "SyncSettings": {"backends": "cluster"}}
ALLOWING_NONE = {
    **VALUES,
    "SyncSettings": {"backends": "cluster", "guards": {"servers": {"allowNone": ["shop/front"]}}},
}
"""A tree in which Service shop/front may have no server."""
PORTS = [{"name": "p80", "port": 80, "protocol": "TCP", "targetPort": 8080}]
POOL = "test--shop-front-web-TCP-80"


def slice_of(*addresses: str, **arguments: Any) -> dict[str, Any]:
    """The slice of Service shop/front, whose port is p80."""
    item = endpoint_slice(*addresses, name="front", **arguments)
    item["ports"] = [{**port, "name": "p80"} for port in item["ports"]]
    return item


def terminating(item: Mapping[str, Any], *addresses: str) -> dict[str, Any]:
    """The slice with these Pods on their way out."""
    leaving = {"ready": False, "serving": True, "terminating": True}
    ends = [{**end, "conditions": leaving} if end["addresses"][0] in addresses else end for end in item["endpoints"]]
    return {**item, "endpoints": ends}


@pytest.fixture
def cluster() -> Iterator[ApiServer]:
    """A cluster with Service shop/front and two Pods behind it."""
    server = ApiServer().start()
    server.put(live_service(name="front", ports=PORTS), slice_of("10.1.0.1", "10.1.0.2"))
    yield server
    server.stop()


@pytest.fixture
def sync(
    sync: Run, tree: Tree, cluster: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """`avi-sync` of a tree that follows the cluster: Gateway shop/web with Service front, and no EndpointSlice."""
    tree.commit(values=[FOLLOWING], web=[gateway(), service()])
    monkeypatch.setenv("SYNC_KUBECONFIG", str(cluster.kubeconfig(tmp_path)))
    return sync


def servers(controller: Controller, pool: str = POOL) -> list[str]:
    """The servers of a live pool, the disabled ones in brackets."""
    found = controller.find("pool", pool).get("servers", [])
    return sorted(f"{each['ip']['addr']}" if each.get("enabled", True) else f"({each['ip']['addr']})" for each in found)


def messages(result: Result, severity: str) -> list[str]:
    """What the run says, by severity."""
    return [each["message"] for each in result.document["problems"] if each["severity"] == severity]
