"""A small cluster with one Service of two servers, and clients that read it without waiting."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.cluster.client import ClusterClient
from sync.cluster.kubeconfig import read_kubeconfig
from sync.cluster.read import read_cluster
from sync.model.cluster import ClusterNeeds, ClusterState
from sync.timing import Timing
from tests.shared.api_server import ApiServer

NEEDS = ClusterNeeds(services=frozenset({("shop", "web")}))


def service(namespace: str = "shop", name: str = "web", **spec: Any) -> dict[str, Any]:
    """A Service of one port, 80 to 8080."""
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"type": "ClusterIP", "ports": ports, **spec},
    }


def endpoint_slice(
    *addresses: str, namespace: str = "shop", name: str = "web", suffix: str = "1", ready: bool = True
) -> dict[str, Any]:
    """A slice of a Service as the cluster writes it."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": namespace,
            "name": f"{name}-{suffix}",
            "labels": {
                "kubernetes.io/service-name": name,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}] if addresses else [],
        "endpoints": [
            {
                "addresses": [address],
                "conditions": {"ready": ready, "serving": ready, "terminating": False},
                "nodeName": "node-1",
                "targetRef": {"kind": "Pod", "name": f"{name}-{address}", "namespace": namespace},
            }
            for address in addresses
        ]
        or None,
    }


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """A cluster with one Service and its slice."""
    found = ApiServer().start()
    found.put(service(), endpoint_slice("10.1.0.1", "10.1.0.2"))
    yield found
    found.stop()


Read = Callable[..., ClusterState]


@pytest.fixture
def read(server: ApiServer, tmp_path: Path) -> Read:
    """Reads the cluster; `user` and the rest are those of the kubeconfig."""

    def read_once(
        needs: ClusterNeeds = NEEDS,
        *,
        user: dict[str, Any] | None = None,
        seconds: float = 30.0,
        page_size: int = 500,
        **cluster: Any,
    ) -> ClusterState:
        context = read_kubeconfig((server.kubeconfig(tmp_path, user=user, **cluster),))
        timing = Timing(sleep=lambda _: None, chance=lambda: 0.0)
        with ClusterClient(context, timing=timing, timeout_seconds=seconds) as client:
            return read_cluster(client, context.name, needs, page_size=page_size)

    return read_once


@pytest.fixture
def client(server: ApiServer, tmp_path: Path) -> Iterator[ClusterClient]:
    """Logged in with a token."""
    context = read_kubeconfig((server.kubeconfig(tmp_path),))
    with ClusterClient(context, timing=Timing(sleep=lambda _: None, chance=lambda: 0.0)) as found:
        yield found
