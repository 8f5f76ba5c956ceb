"""Names that something else refers to, with a typing error: whatever depends on them is held, with the place."""

from dataclasses import replace
from typing import Any

import pytest

from sync.model.resources.core import SERVICE_NAME_LABEL, EndpointSlice, Service, SlicePort
from sync.model.resources.resource import Resource
from tests.shared.builders import (
    error_problems,
    make_endpoint,
    make_gateway,
    make_load_balancer,
    make_metadata,
    make_namespace,
    make_node,
    make_pod,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    translated,
)


def labelled(labels: dict[str, str], name: str = "front-a1b2c") -> EndpointSlice:
    """An EndpointSlice with other labels."""
    return replace(make_slice(), metadata=make_metadata(name, "shop", labels))


def errors(*items: Resource, **settings: Any) -> list[tuple[str, str]]:
    """Each error with what it is about."""
    found = error_problems(translated(*items, settings=make_settings(**settings)))
    return [(problem.resource, problem.message) for problem in found]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(
            [make_service(), make_slice("fornt", name="front-1")],
            [("EndpointSlice shop/front-1", "Service shop/fornt is not in the tree, so Service shop/front")],
            id="misspelt in the slice",
        ),
        pytest.param(
            [make_service("frontt"), make_slice()],
            [("EndpointSlice shop/front-1", "Service shop/front is not in the tree, so Service shop/frontt")],
            id="misspelt in the Service",
        ),
        pytest.param(
            [make_service(), make_slice(), make_slice(namespace="shpo")],
            [("EndpointSlice shpo/front-1", "Service shpo/front is not in the tree, so Service shop/front")],
            id="namespace misspelt in a slice",
        ),
        pytest.param(
            [make_service(), make_slice(), make_slice(namespace="default")],
            [("EndpointSlice default/front-1", "Service default/front is not in the tree, so Service shop/front")],
            id="namespace lost in a slice",
        ),
        pytest.param(
            [make_service(namespace="default"), make_slice()],
            [("EndpointSlice shop/front-1", "Service shop/front is not in the tree, so Service default/front")],
            id="namespace lost in the Service",
        ),
        pytest.param(
            [make_service(), labelled({})],
            [
                (
                    "EndpointSlice shop/front-a1b2c",
                    f"the label {SERVICE_NAME_LABEL} is missing, so Service shop/front",
                )
            ],
            id="label lost",
        ),
        pytest.param(
            [make_service(), labelled({"kubernetes.io/servicename": "front"})],
            [
                (
                    "EndpointSlice shop/front-a1b2c",
                    "unknown label kubernetes.io/servicename, so Service shop/front",
                )
            ],
            id="misspelt label",
        ),
        pytest.param([make_service(), make_slice(), make_slice("back")], [], id="of a Service that is gone"),
        pytest.param([make_service(), make_slice(), make_slice(namespace="mail")], [], id="of another namespace"),
        pytest.param([make_service("front1"), make_slice("front2")], [], id="of another number"),
        pytest.param([make_service(), labelled({}, name="back-a1b2c")], [], id="without label, of another name"),
    ],
)
def test_a_slice_that_names_no_service_holds_the_one_it_probably_belongs_to(
    items: list[Resource], expected: list[tuple[str, str]]
) -> None:
    """A slice of a Service that is gone on purpose holds nobody."""
    found = errors(make_gateway(), *items)

    assert found == [(resource, f"{message} keeps its servers") for resource, message in expected]


@pytest.mark.parametrize(
    ("owner", "namespaces", "is_held"),
    [
        pytest.param(make_gateway(), [make_namespace("shpo", annotations={"a": "b"})], True, id="misspelt"),
        pytest.param(make_load_balancer(), [make_namespace("shpo", annotations={"a": "b"})], True, id="of a Service"),
        pytest.param(make_gateway(), [make_namespace("shpo")], False, id="that says nothing"),
        pytest.param(make_gateway(), [make_namespace("shop2", labels={"a": "b"})], False, id="numbered"),
        pytest.param(
            make_gateway(), [make_namespace("shop"), make_namespace("shpo", labels={"a": "b"})], False, id="both"
        ),
    ],
)
def test_an_owner_is_held_while_its_namespace_is_nearly_one_that_nobody_uses(
    owner: Resource, namespaces: list[Resource], is_held: bool
) -> None:
    """Its tenant and its network would fall back to the defaults."""
    found = errors(owner, *namespaces)

    assert any("one with a similar name holds no manifests" in message for _, message in found) is is_held


def test_a_namespace_that_is_used_is_its_own() -> None:
    """Two namespaces may have nearly the same name."""
    other = make_namespace("team-a", annotations={"a": "b"})

    assert errors(make_load_balancer(namespace="team-a"), make_load_balancer(namespace="team-b"), other) == []


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({"exposed": "Outside"}, id="value"),
        pytest.param({"exposd": "outside"}, id="key"),
    ],
)
def test_a_namespace_that_is_nearly_selected_holds_its_owners(labels: dict[str, str]) -> None:
    """A typing error takes nobody's VIP; another label is a plain word."""
    selector = {"clusterName": "north", "namespaceSelector": {"labelKey": "exposed", "labelValue": "outside"}}

    found = errors(make_gateway(), make_namespace(labels=labels), AKOSettings=selector)

    assert [message for _, message in found] == [
        "held: a label of its namespace is probably a misspelling of AKOSettings.namespaceSelector"
    ]
    assert errors(make_gateway(), make_namespace(labels={"exposed": "inside"}), AKOSettings=selector) == []


NODE_PORT = {"L7Settings": {"serviceType": "NodePort"}}


def node_port_service(**spec: Any) -> Service:
    """A Service of a node port."""
    ports = [make_service_port(name="https", target_port=8443, node_port=30443)]
    return make_service(**{"type": "NodePort", "ports": ports, **spec})


@pytest.mark.parametrize(
    "labels", [pytest.param({"rol": "worker"}, id="key"), pytest.param({"role": "workr"}, id="value")]
)
def test_a_node_that_is_nearly_selected_holds_its_pools(labels: dict[str, str]) -> None:
    """It would be a server less."""
    nodes = [make_node("a", labels={"role": "worker"}), make_node("b", "192.0.2.102", labels=labels)]

    found = errors(
        make_gateway(), node_port_service(), *nodes, **NODE_PORT, nodePortSelector={"key": "role", "value": "worker"}
    )

    assert found == [
        ("Node b", "a label of Node b is probably a misspelling of nodePortSelector, so Service shop/front is held")
    ]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({"role": "worker"}, ["a label of Node a is probably a misspelling of nodePortSelector, "
                                          "so Service shop/front is held"], id="a value"),
        pytest.param({"role": ""}, [], id="none, as for node-role.kubernetes.io"),
    ],
)  # fmt: skip
def test_a_selector_without_value_holds_the_pools_of_nodes_that_have_one(
    labels: dict[str, str], expected: list[str]
) -> None:
    """Its line may have been lost, and no Node would be a server."""
    found = errors(
        make_gateway(),
        node_port_service(),
        make_node("a", labels=labels),
        **NODE_PORT,
        nodePortSelector={"key": "role"},
    )

    assert [message for _, message in found] == expected


@pytest.mark.parametrize("others", [[], [SlicePort(name="metrics", port=9090)]], ids=["alone", "beside another"])
def test_a_slice_whose_port_has_lost_its_number_holds_the_pool(others: list[SlicePort]) -> None:
    """Its pool would be without servers."""
    item = replace(make_slice(), ports=(SlicePort(name="p443", port=None), *others))

    found = errors(make_gateway(), make_service(), item)

    message = "a port has no number and may be that of Service shop/front, which is held"
    assert found == [("EndpointSlice shop/front-1", message)]


@pytest.mark.parametrize(
    ("node", "port", "expected"),
    [
        pytest.param("node-alpha", "https", [], id="right"),
        pytest.param("", "https", ["the endpoint names no Node, which externalTrafficPolicy Local needs: "
                                   "Service shop/front is held"], id="no Node"),
        pytest.param("node-alpa", "https", ['Node "node-alpa" is not in the tree, so Service shop/front is held'],
                     id="Node"),
        pytest.param("elsewhere", "https", [], id="a Node that is not in the tree"),
        pytest.param("node-alpha", "htps", ['no EndpointSlice has a port "https"'], id="port"),
    ],
)  # fmt: skip
def test_names_in_a_slice_hold_the_pools_of_the_nodes_that_run_its_back_ends(
    node: str, port: str, expected: list[str]
) -> None:
    """With externalTrafficPolicy Local a misspelt one would cost a server."""
    item = make_slice(endpoints=[make_endpoint("10.0.0.1", node=node)], port_name=port, port=9000)

    found = errors(
        make_gateway(),
        node_port_service(external_traffic_policy="Local"),
        item,
        make_node("node-alpha"),
        make_node("node-gamma", "192.0.2.103"),
        **NODE_PORT,
    )

    assert [message for _, message in found] == expected


def test_a_port_of_another_name_holds_nobody() -> None:
    """The name of another port of the Service, or one that is far from it."""
    ports = [make_service_port(name="https"), make_service_port(80, name="http")]
    slices = [
        make_slice(name="front-1", port_name="http", port=1),
        make_slice(name="front-2", port_name="metrics", port=2),
    ]

    assert errors(make_gateway(), make_service(ports=ports), *slices) == []


def test_a_cluster_ip_service_with_node_ports_has_lost_its_type() -> None:
    """Kubernetes takes no such Service; without node ports it is one that has no servers."""
    assert errors(make_gateway(), make_service(node_port=30443), make_node(), **NODE_PORT) == [
        ("Service shop/front", "a ClusterIP Service has no node ports")
    ]
    assert errors(make_gateway(), make_service(), make_node(), **NODE_PORT) == []


ANTREA = '[{"podPort": 8443, "nodeIP": "192.0.2.101", "nodePort": 61001}]'
RIGHT = {"app": "front", "tier": "public"}


@pytest.mark.parametrize(
    ("namespace", "labels", "is_behind", "is_held"),
    [
        pytest.param("shop", {**RIGHT, "app": "frnt"}, False, True, id="value"),
        pytest.param("shop", {"ap": "front", "tier": "public"}, False, True, id="key"),
        pytest.param("shop", {"tier": "public"}, True, True, id="lost, and the slice names the Pod"),
        pytest.param("shpo", RIGHT, True, True, id="namespace"),
        pytest.param("default", RIGHT, True, True, id="namespace lost"),
        pytest.param("shop", {"app": "back", "tier": "public"}, False, False, id="another Pod"),
        pytest.param("shop", {"app": "frnt", "tier": "pubic"}, False, False, id="two labels"),
        pytest.param("mail", RIGHT, True, False, id="another namespace"),
    ],
)
def test_a_pod_that_is_nearly_selected_holds_its_pools(
    namespace: str, labels: dict[str, str], is_behind: bool, is_held: bool
) -> None:
    """It would be a server less."""
    pods = [
        make_pod("front-0", labels=RIGHT, node_ports=ANTREA),
        make_pod("front-1", namespace, labels=labels, node_ports=ANTREA),
    ]
    behind = [make_endpoint("10.0.0.1", pod="front-1")] if is_behind else []

    found = errors(
        make_gateway(),
        make_service(selector=RIGHT),
        make_slice(endpoints=behind),
        *pods,
        L7Settings={"serviceType": "NodePortLocal"},
    )

    assert bool(found) is is_held


def test_a_misspelt_annotation_of_antrea_holds_the_pools_of_the_pod() -> None:
    """A Pod without the annotation has no node port."""
    metadata = make_metadata("front-0", "shop", RIGHT, {"nodeportlocal.antrea.oi": ANTREA})
    pods = [replace(make_pod(), metadata=metadata)]

    found = errors(make_gateway(), make_service(selector=RIGHT), *pods, L7Settings={"serviceType": "NodePortLocal"})

    assert found == [("Pod shop/front-0", "unknown annotation nodeportlocal.antrea.oi")]


def test_an_annotation_of_antrea_among_the_labels_holds_the_pools_of_the_pod() -> None:
    """The line `annotations:` above it was lost."""
    pods = [
        replace(make_pod(), metadata=make_metadata("front-0", "shop", {**RIGHT, "nodeportlocal.antrea.io": ANTREA}))
    ]

    found = errors(make_gateway(), make_service(selector=RIGHT), *pods, L7Settings={"serviceType": "NodePortLocal"})

    assert found == [("Pod shop/front-0", "nodeportlocal.antrea.io is an annotation, but is written below labels")]
