"""Manifests × a cluster → whose servers come from there, and of which ports nobody can tell them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sync.model.cluster import ClusterNeeds, ClusterService, ClusterState, Unread
from sync.model.resources.core import EndpointSlice, Node, Pod, Service
from sync.model.resources.tree import Resources
from sync.translate.cluster import needs_of, with_cluster
from tests.shared.builders import (
    make_broken,
    make_endpoints,
    make_gateway,
    make_load_balancer,
    make_node,
    make_pod,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    make_tree_of,
)

FRONT = ("shop", "front")
AUTO = make_settings()


def settings_of(mode: str = "ClusterIP", **sections: Any) -> Any:
    """Settings that follow a cluster."""
    return make_settings(SyncSettings={"backends": "cluster"}, L7Settings={"serviceType": mode}, **sections)


def cluster_of(*services: ClusterService, **lists: Any) -> ClusterState:
    """A cluster with these Services."""
    return ClusterState(
        name="prod", read_at=datetime(2027, 1, 1, tzinfo=UTC), services={each.key: each for each in services}, **lists
    )


def live(*ports: Any, type: str = "ClusterIP") -> ClusterService:  # noqa: A002
    """Service shop/front as the cluster has it."""
    return ClusterService(namespace="shop", name="front", type=type, ports=ports or make_service().spec.ports)


def merged(*items: Any, cluster: ClusterState, settings: Any = None) -> tuple[Resources, list[str]]:
    """The manifests behind a Gateway with the cluster's back ends, and what is said about it."""
    resources, problems = with_cluster(make_tree_of(make_gateway(), *items), cluster, settings or settings_of())
    return resources, [f"{each.severity}: {each.message}" for each in problems]


@pytest.mark.parametrize(
    ("mode", "items", "expected"),
    [
        pytest.param("ClusterIP", [make_service()], {"slices"}, id="slices"),
        pytest.param("ClusterIP", [make_load_balancer()], {"slices"}, id="a LoadBalancer Service"),
        pytest.param("NodePort", [make_service(type="NodePort")], {"nodes"}, id="Nodes"),
        pytest.param(
            "NodePort",
            [make_service(type="NodePort", external_traffic_policy="Local")],
            {"nodes", "slices"},
            id="Local",
        ),
        pytest.param("NodePortLocal", [make_service()], {"pods", "slices"}, id="Pods"),
        pytest.param("ClusterIP", [make_service(), make_slice()], None, id="slices in Git"),
        pytest.param("ClusterIP", [make_service(), make_endpoints()], None, id="Endpoints in Git"),
        pytest.param("ClusterIP", [make_service(), make_slice("fromt")], None, id="a misspelt slice in Git"),
        pytest.param("ClusterIP", [make_service(gateway=None)], None, id="a Service that nobody uses"),
        pytest.param("NodePort", [make_service()], None, id="a ClusterIP Service has no node ports"),
        pytest.param(
            "NodePortLocal",
            [make_service(selector={"app": "front"}), make_pod(labels={"app": "front"})],
            None,
            id="Pods in Git",
        ),
    ],
)
def test_only_what_git_does_not_hold_is_needed(mode: str, items: list[Any], expected: set[str] | None) -> None:
    """And only for Services that an owner uses."""
    found = needs_of(make_tree_of(make_gateway(), *items), settings_of(mode))

    if expected is None:
        assert found is None
    else:
        wanted = {name: name in expected for name in ("slices", "nodes", "pods")}
        assert found == ClusterNeeds(services=frozenset({FRONT}), **wanted)


def test_without_the_switch_nothing_is_needed() -> None:
    """`backends: auto` asks no cluster."""
    assert needs_of(make_tree_of(make_gateway(), make_service()), AUTO) is None


def test_manifests_that_cannot_be_used_hold_and_are_not_replaced_by_the_cluster() -> None:
    """Git tries to tell the back ends."""
    broken = make_broken("EndpointSlice", "front-1", "shop", labels={"kubernetes.io/service-name": "front"})

    assert needs_of(make_tree_of(make_gateway(), make_service(), broken), settings_of()) is None


RENAMED = make_service_port(name="old", target_port=1)


@pytest.mark.parametrize(
    ("cluster", "unknown", "said"),
    [
        pytest.param(cluster_of(live(), slices=(make_slice(),)), False, "", id="all is there"),
        pytest.param(cluster_of(slices=(make_slice(),)), True, "has no Service shop/front", id="no Service"),
        pytest.param(cluster_of(live()), True, "has no EndpointSlice of Service", id="no slice"),
        pytest.param(
            cluster_of(live(), slices=(make_slice(address_type="FQDN"),)), True, "has no EndpointSlice", id="only names"
        ),
        pytest.param(
            cluster_of(live(make_service_port(80)), slices=(make_slice(),)), True, "has no port TCP 443", id="no port"
        ),
        pytest.param(cluster_of(live(type="NodePort"), slices=(make_slice(),)), False, "type is NodePort", id="type"),
        pytest.param(
            cluster_of(live(RENAMED), slices=(make_slice(),)), False, "another name or targetPort", id="by number"
        ),
        pytest.param(
            cluster_of(live(RENAMED), slices=(make_slice(port=1, port_name="old"), make_slice(name="b", port=2))),
            False,
            "another name or targetPort",
            id="found by name",
        ),
        pytest.param(
            cluster_of(
                live(RENAMED), slices=(make_slice(port=1, port_name="o"), make_slice(name="b", port=2, port_name="p"))
            ),
            True,
            "another name or targetPort: its live servers stay",
            id="found by nothing",
        ),
    ],
)
def test_a_service_that_the_cluster_has_otherwise_is_told(cluster: ClusterState, unknown: bool, said: str) -> None:
    """With a warning; its servers are unknown where nobody can tell them."""
    resources, messages = merged(make_service(), cluster=cluster)

    assert bool(resources.unknown_servers) is unknown
    assert len(messages) == bool(said)
    assert said in "".join(messages)


@pytest.mark.parametrize(
    ("in_git", "in_cluster", "expected", "said"),
    [
        pytest.param(0, 30080, 30080, "", id="Git leaves it open"),
        pytest.param(30080, 30080, 30080, "", id="both say the same"),
        pytest.param(30081, 30080, 30080, "that one counts", id="Git pins another"),
        pytest.param(30081, 0, None, "has allocated no node port", id="none is allocated"),
    ],
)
def test_the_node_port_of_the_cluster_counts(in_git: int, in_cluster: int, expected: int | None, said: str) -> None:
    """That is where traffic arrives."""
    service = make_service(type="NodePort", node_port=in_git)
    port = make_service_port(target_port=8443, node_port=in_cluster)
    cluster = cluster_of(live(port, type="NodePort"), nodes=(make_node("n1", "192.0.2.9"), make_node("n2")))

    resources, messages = merged(service, make_node("n1"), cluster=cluster, settings=settings_of("NodePort"))

    if expected is None:
        assert resources.unknown_servers
    else:
        assert resources.of(Service)[0].spec.ports[0].node_port == expected
    assert [(node.name, node.status.addresses[0].address) for node in resources.of(Node)] == [
        ("n1", "192.0.2.101"),  # the one in Git counts
        ("n2", "192.0.2.101"),
    ]
    assert said in "".join(messages)


ENTRY = '[{"podPort": 8443, "nodeIP": "192.0.2.101", "nodePort": 61001}]'
POD = make_pod(labels={"app": "front"}, node_ports=ENTRY)


@pytest.mark.parametrize(
    ("lists", "unknown"),
    [
        pytest.param({"pods": (POD,)}, False, id="a Pod"),
        pytest.param({"pods": (make_pod(labels={"app": "other"}),)}, True, id="the Pod of somebody else"),
        pytest.param({"slices": (make_slice(endpoints=()),)}, False, id="a slice says that there is none"),
        pytest.param({"slices": (make_slice(),)}, True, id="a slice says that there is one"),
        pytest.param({}, True, id="nothing"),
    ],
)
def test_pods_are_those_that_the_service_selects(lists: dict[str, Any], unknown: bool) -> None:
    """In NodePortLocal mode."""
    service = make_service(selector={"app": "front"})

    resources, _ = merged(service, cluster=cluster_of(live(), **lists), settings=settings_of("NodePortLocal"))

    assert bool(resources.unknown_servers) is unknown
    assert resources.of(Pod) == ((POD,) if lists.get("pods") == (POD,) else ())


@pytest.mark.parametrize(
    ("kind", "namespace", "unknown", "severity"),
    [
        pytest.param(EndpointSlice, "", True, "error", id="slices of the cluster"),
        pytest.param(EndpointSlice, "shop", True, "error", id="slices of the namespace"),
        pytest.param(EndpointSlice, "pay", False, "warning", id="slices of another namespace"),
        pytest.param(Service, "", False, "warning", id="Services only tell what differs"),
    ],
)
def test_a_list_that_was_not_read_is_an_error_where_servers_depend_on_it(
    kind: Any, namespace: str, unknown: bool, severity: str
) -> None:
    """Else a warning."""
    unread = Unread(group_kind=kind.GROUP_KIND, namespace=namespace, reason="it is down")
    services = () if kind is Service else (live(),)
    slices = () if unknown else (make_slice(),)

    resources, (message,) = merged(make_service(), cluster=cluster_of(*services, slices=slices, unread=(unread,)))

    assert bool(resources.unknown_servers) is unknown
    assert message.startswith(f"{severity}: cluster prod: the {kind.GROUP_KIND.kind}s")
    assert "(it is down)" in message
