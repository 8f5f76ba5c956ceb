"""Service ports → the servers of their pools (AKO-SERVICE-TYPE, docs/ako.md#back-ends)."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.desired import Server
from sync.model.resources.core import Endpoints, EndpointSubset, NodeAddress, NodeStatus, Protocol, SlicePort
from sync.translate.backends import SKIP_NODEPORT_ANNOTATION
from sync.translate.node_port import node_addresses
from tests.shared.builders import (
    content_of,
    errors_of,
    make_broken,
    make_endpoint,
    make_endpoints,
    make_facts,
    make_gateway,
    make_load_balancer,
    make_metadata,
    make_node,
    make_origin,
    make_pod,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    translated,
    warnings_of,
)

NODE_PORT = make_settings(L7Settings={"serviceType": "NodePort"})


def servers_of(*items: Any, settings: Any = None, facts: Any = None) -> list[str] | None:
    """The servers of the only pool of these manifests, beside a Gateway; None where live servers stay."""
    translation = translated(make_gateway(), *items, settings=settings, facts=facts)
    (spec,) = [spec for spec in translation.specs if spec.key.kind == "Pool"]
    servers: tuple[Server, ...] | None = content_of(translation, "Pool").servers
    assert (servers is None) is ("servers" in spec.left_alone)
    return None if servers is None else [f"{s.address}:{s.port}" for s in servers]


# --- EndpointSlices ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "slices", "expected"),
    [
        pytest.param({"name": "web"}, [[("web", 8443)]], ["192.0.2.10:8443"], id="by name"),
        pytest.param({}, [[("", 9000)]], ["192.0.2.10:9000"], id="unnamed port by empty name"),
        pytest.param({"target_port": 8443}, [[("x", 8443), ("y", 1)]], ["192.0.2.10:8443"], id="by target number"),
        pytest.param(
            {"name": "web", "target_port": "http"},
            [[("web", 8080), ("http", 1)]],
            ["192.0.2.10:8080"],
            id="named target",
        ),
        pytest.param(
            {"name": "web", "target_port": 1}, [[("a", 1), ("web", 2)]], ["192.0.2.10:2"], id="name before number"
        ),
        pytest.param({"name": "web"}, [[("other", 1)]], ["192.0.2.10:1"], id="the only port of the only slice"),
        pytest.param({"name": "web"}, [[("a", 1), ("b", 2)]], [], id="no port that matches"),
        pytest.param({"name": "web"}, [[("a", 1)], [("web", 2)]], ["192.0.2.11:2"], id="a slice that does not match"),
        pytest.param(
            {"name": "web"}, [[("web", 1)], [("web", 2)]], ["192.0.2.10:1", "192.0.2.11:2"], id="a port per slice"
        ),
        pytest.param({"name": "", "target_port": 7}, [[(None, 7)]], ["192.0.2.10:7"], id="a slice port without name"),
        pytest.param({"name": "", "target_port": 7}, [[(None, 8), (None, 9)]], [], id="no name is not the empty name"),
        pytest.param({"target_port": 0}, [[("a", 443), ("b", 1)]], ["192.0.2.10:443"], id="no target means the port"),
    ],
)
def test_a_service_port_is_found_in_a_slice_by_name_or_target(
    port: dict[str, Any], slices: list[list[tuple[str | None, int | None]]], expected: list[str]
) -> None:
    """A server has the port of its own slice (docs/ako.md#back-ends)."""
    service = make_service(ports=[make_service_port(443, **port)])
    items = [
        make_slice(
            name=f"s{number}", ports=[SlicePort(name=n, port=p) for n, p in ports], endpoints=[f"192.0.2.{10 + number}"]
        )
        for number, ports in enumerate(slices)
    ]

    assert servers_of(service, *items) == expected


def test_two_protocols_on_one_number_each_have_their_own_target() -> None:
    """AKO gives both the last port's (docs/ako.md#back-ends)."""
    ports = [make_service_port(443, "TCP", name="t"), make_service_port(443, "UDP", name="u")]
    slice_ports = [SlicePort(name="t", port=1), SlicePort(name="u", port=2, protocol=Protocol.UDP)]
    gateway = make_gateway(
        listeners=[*make_gateway(protocol="TCP").spec.listeners, *make_gateway(protocol="UDP").spec.listeners]
    )

    found = translated(gateway, make_service(ports=ports), make_slice(ports=slice_ports))

    pools = {spec.key.name[-7:]: spec.content.servers for spec in found.specs if hasattr(spec.content, "servers")}
    assert {name: [s.port for s in servers or ()] for name, servers in pools.items()} == {
        "TCP-443": [1],
        "UDP-443": [2],
    }


@pytest.mark.parametrize(
    ("ready", "terminating", "enabled"),
    [
        pytest.param(True, False, True, id="ready"),
        pytest.param(False, False, False, id="not ready"),
        pytest.param(True, True, False, id="terminating"),
    ],
)
def test_an_endpoint_that_is_not_ready_stays_disabled(ready: bool, terminating: bool, enabled: bool) -> None:
    """It is not removed (AKO-NOT-READY)."""
    endpoint = make_endpoint(ready=ready, terminating=terminating, node="n1")

    content = content_of(translated(make_gateway(), make_service(), make_slice(endpoints=[endpoint])), "Pool")

    assert content.servers == (Server(address="192.0.2.10", family="V4", port=8443, enabled=enabled, node="n1"),)


def test_an_endpoint_that_does_not_say_whether_it_is_ready_counts_as_ready_with_a_warning() -> None:
    """As in Kubernetes, and unlike AKO: a slice written by hand would serve nobody."""
    endpoints = [make_endpoint(), make_endpoint("192.0.2.11", ready=None), make_endpoint("192.0.2.12", ready=None)]

    found = translated(make_gateway(), make_service(), make_slice(endpoints=endpoints))

    assert [server.enabled for server in content_of(found, "Pool").servers] == [True, True, True]
    assert [(p.resource, p.field_text) for p in found.problems if p.origin and "Slice" in p.resource] == [
        ("EndpointSlice shop/front-1", "endpoints[1]")
    ]


def test_servers_are_sorted_and_told_apart_by_address_and_port() -> None:
    """The same address and port twice is one server, ready if one of them says so."""
    one = make_slice(name="a", endpoints=["192.0.2.9", make_endpoint("192.0.2.10", ready=False)])
    two = make_slice(name="b", endpoints=["192.0.2.10", "192.0.2.1", make_endpoint("192.0.2.9", ready=False)])

    assert servers_of(make_service(), two, one) == ["192.0.2.1:8443", "192.0.2.10:8443", "192.0.2.9:8443"]
    content = content_of(translated(make_gateway(), make_service(), two, one), "Pool")
    assert [server.enabled for server in content.servers] == [True, True, True]


@pytest.mark.parametrize(
    ("vtype", "ip_family", "wanted", "expected"),
    [
        pytest.param("CLOUD_VCENTER", "", (), ["4"], id="no families means IPv4"),
        pytest.param("CLOUD_VCENTER", "", ("IPv4", "IPv6"), ["4", "6"], id="both"),
        pytest.param("CLOUD_VCENTER", "", ("IPv6",), ["6"], id="IPv6 only"),
        pytest.param("CLOUD_VCENTER", "", ("IPv4",), ["4"], id="IPv4 only"),
        pytest.param("CLOUD_NSXT", "V4", ("IPv4", "IPv6"), ["4"], id="the setting allows IPv4 only"),
        pytest.param("CLOUD_NONE", "V6", ("IPv4", "IPv6"), ["6"], id="the setting allows IPv6 only"),
        pytest.param("CLOUD_VCENTER", "V6", ("IPv4",), [], id="nothing in common"),
        pytest.param("CLOUD_VCENTER", "V4_V6", ("IPv6", "IPv4"), ["4", "6"], id="the setting allows both"),
        pytest.param("CLOUD_AWS", "V4_V6", ("IPv4", "IPv6"), ["4"], id="other clouds know IPv4 only"),
    ],
)
def test_servers_are_of_the_families_that_settings_and_service_want(
    vtype: str, ip_family: str, wanted: tuple[str, ...], expected: list[str]
) -> None:
    """By cloud, setting and `ipFamilies` of the Service (AKO-IP-FAMILY)."""
    four = make_slice(name="a")
    six = make_slice(name="b", endpoints=["2001:db8::1"], address_type="IPv6")

    found = servers_of(
        make_service(ip_families=wanted),
        four,
        six,
        settings=make_settings(AKOSettings={"ipFamily": ip_family}),
        facts=make_facts(vtype=vtype),
    )

    assert found is not None
    assert ["6" if "db8" in address else "4" for address in found] == expected


def test_one_ipv6_address_in_two_forms_is_one_server() -> None:
    """As it was written first; another address is another server."""
    ends = make_slice(endpoints=["2001:DB8::1", "2001:db8:0:0::1", "2001:db8::2"], address_type="IPv6")

    found = servers_of(make_service(ip_families=("IPv6",)), ends, facts=make_facts(vtype="CLOUD_VCENTER"))

    assert list(found or ()) == ["2001:DB8::1:8443", "2001:db8::2:8443"]


def test_a_slice_of_host_names_has_no_servers() -> None:
    """Git says that there are back ends, but none with an address."""
    assert servers_of(make_service(), make_slice(endpoints=["a.example.com"], address_type="FQDN")) == []


def test_an_address_that_is_none_holds_the_owner() -> None:
    """The error stands at the slice."""
    found = translated(make_gateway(), make_service(), make_slice(endpoints=["10.0.0.256"]))

    assert found.specs == ()
    assert errors_of(found) == ['"10.0.0.256" is not an IP address']
    assert found.problems[0].field_text == "endpoints[0].addresses[0]"
    assert [held.name for held in found.held] == ["north--shop-web"]


UNREACHABLE = (
    *("fe80::1%eth0", "169.254.0.1", "fe80::1", "127.0.0.1", "::1", "::ffff:127.0.0.1", str(ip_address(0)), "::"),
    *("224.0.0.1", "ff02::1", "255.255.255.255"),
)


@pytest.mark.parametrize("address", UNREACHABLE)
def test_an_address_that_nothing_can_reach_holds_the_owner(address: str) -> None:
    """As a slice of its family has it, and in Endpoints, which may have any."""
    slice_ = make_slice(endpoints=["192.0.2.10", address], address_type="IPv6" if ":" in address else "IPv4")
    by_hand = make_endpoints(addresses=["192.0.2.10", address])

    for back_ends in (replace(slice_, endpoints=slice_.endpoints[1:]), by_hand):
        found = translated(make_gateway(), make_service(), back_ends)

        (error,) = errors_of(found)
        assert error.startswith(f'"{address}" ')
        assert [held.name for held in found.held] == ["north--shop-web"]


@given(st.ip_addresses(), st.sampled_from(["IPv4", "IPv6"]))
def test_an_address_is_that_of_a_server_or_an_error(address: Any, address_type: str) -> None:
    """No endpoint of a family that is wanted gets lost without a word."""
    service = make_service(ip_families=("IPv4", "IPv6"))

    found = translated(make_gateway(), service, make_slice(endpoints=[str(address)], address_type=address_type))

    served = [server.address for spec in found.specs for server in getattr(spec.content, "servers", ())]
    assert (served == [str(address)]) is (errors_of(found) == [])


# --- Endpoints written by hand ----------------------------------------------------------------------------------------


def test_endpoints_count_where_no_slice_names_the_service() -> None:
    """People write them for back ends outside the cluster."""
    found = servers_of(make_service(), make_endpoints(addresses=["192.0.2.2"], not_ready=["192.0.2.1"]))

    assert found == ["192.0.2.1:8443", "192.0.2.2:8443"]


def test_slices_count_before_endpoints() -> None:
    """A cluster mirrors Endpoints into slices."""
    assert servers_of(make_service(), make_endpoints(addresses=["192.0.2.2"]), make_slice()) == ["192.0.2.10:8443"]


def test_each_subset_of_endpoints_has_its_own_port() -> None:
    """Like a slice."""
    subsets = tuple(
        EndpointSubset(
            addresses=make_endpoints(addresses=[ip]).subsets[0].addresses, ports=(SlicePort(name="", port=port),)
        )
        for ip, port in (("192.0.2.1", 1), ("192.0.2.2", 2))
    )
    endpoints = Endpoints(
        metadata=make_metadata("front", "shop"), origin=make_origin("Endpoints", "x"), subsets=subsets
    )

    assert servers_of(make_service(), endpoints) == ["192.0.2.1:1", "192.0.2.2:2"]


def test_a_wrong_address_in_endpoints_is_told_with_its_place() -> None:
    """Ready or not."""
    found = translated(make_gateway(), make_service(), make_endpoints(addresses=[], not_ready=["x"]))

    assert [p.field_text for p in found.problems] == ["subsets[0].notReadyAddresses[0].ip"]


# --- where Git does not say -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backends", "items", "expected"),
    [
        pytest.param("auto", [], None, id="auto, Git holds none"),
        pytest.param("auto", [make_slice(endpoints=[])], [], id="auto, Git says there are none"),
        pytest.param("auto", [make_slice()], ["192.0.2.10:8443"], id="auto, Git holds some"),
        pytest.param("manifest", [], [], id="manifest: what Git does not hold is not there"),
        pytest.param("ignore", [make_slice()], None, id="ignore: never from Git"),
    ],
)
def test_live_servers_stay_where_git_does_not_say(backends: str, items: list[Any], expected: list[str] | None) -> None:
    """By SyncSettings.backends."""
    assert servers_of(make_service(), *items, settings=make_settings(SyncSettings={"backends": backends})) == expected


@pytest.mark.parametrize("kind", ["EndpointSlice", "Endpoints"])
def test_back_ends_that_cannot_be_used_hold_the_owner(kind: str) -> None:
    """Else its pool would lose servers."""
    labels = {"kubernetes.io/service-name": "front"}
    broken = make_broken(kind, "front", "shop", labels=labels)

    found = translated(make_gateway(), make_service(), make_slice(), broken)

    assert found.specs == ()
    assert errors_of(found) == [f"held: {kind} shop/front, which lists its back ends, cannot be used"]


def test_broken_back_ends_of_another_service_hold_nobody() -> None:
    """One bad manifest stops only what depends on it."""
    broken = make_broken("EndpointSlice", "x", "desk", labels={"kubernetes.io/service-name": "front"})

    assert servers_of(make_service(), make_slice(), broken) == ["192.0.2.10:8443"]


def test_a_broken_slice_is_not_also_called_absent() -> None:
    """One cause, one problem."""
    broken = make_broken("EndpointSlice", "front", "shop", labels={"kubernetes.io/service-name": "front"})

    assert warnings_of(translated(make_gateway(), make_service(), broken)) == []


# --- NodePort ---------------------------------------------------------------------------------------------------------


def node_port_service(**fields: Any) -> Any:
    return make_service(**{"type": "NodePort", "node_port": 30443, **fields})


def test_every_node_is_a_server_at_the_node_port() -> None:
    """Without `enabled` and node name, as AKO sends it."""
    translation = translated(
        make_gateway(), node_port_service(), make_node("n2", "192.0.2.102"), make_node(), settings=NODE_PORT
    )

    assert content_of(translation, "Pool").servers == (
        Server(address="192.0.2.101", family="V4", port=30443),
        Server(address="192.0.2.102", family="V4", port=30443),
    )


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param({}, ["1", "2", "3"], id="none"),
        pytest.param({"key": "pool", "value": "edge"}, ["1"], id="key and value"),
        pytest.param({"key": "pool"}, ["3"], id="an empty value must be there"),
        pytest.param({"value": "edge"}, ["1", "2", "3"], id="without key it is not active"),
        pytest.param({"key": "pool", "value": "edges-of-all"}, [], id="exact value"),
    ],
)
def test_the_selector_chooses_nodes(selector: dict[str, str], expected: list[str]) -> None:
    """By label key and exact value."""
    nodes = [
        make_node("n1", "192.0.2.1", labels={"pool": "edge"}),
        make_node("n2", "192.0.2.2"),
        make_node("n3", "192.0.2.3", labels={"pool": ""}),
    ]
    chosen = make_settings(L7Settings={"serviceType": "NodePort"}, nodePortSelector=selector)

    found = servers_of(node_port_service(), *nodes, settings=chosen)

    assert found == [f"192.0.2.{number}:30443" for number in expected]


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        pytest.param([make_slice(endpoints=[make_endpoint(node="n1")])], ["1"], id="a node with a back end"),
        pytest.param(
            [make_slice(endpoints=[make_endpoint(node="n1", ready=False)])], ["1"], id="readiness is not asked"
        ),
        pytest.param([make_slice(endpoints=[make_endpoint(node="n9")])], [], id="a node that is not in Git"),
        pytest.param(
            [
                make_slice(name="a", port=1, port_name="x", endpoints=[make_endpoint(node="n1")]),
                make_slice(name="b", endpoints=[make_endpoint(node="n2")]),
            ],
            ["2"],
            id="a back end of another port",
        ),
        pytest.param(
            [],
            None,
            id="Git holds no slice",
        ),
    ],
)
def test_the_local_policy_keeps_the_nodes_that_run_a_back_end(slices: list[Any], expected: list[str] | None) -> None:
    """externalTrafficPolicy: Local (AKO-LOCAL-TRAFFIC)."""
    nodes = [make_node("n1", "192.0.2.1"), make_node("n2", "192.0.2.2")]

    found = servers_of(node_port_service(external_traffic_policy="Local"), *nodes, *slices, settings=NODE_PORT)

    assert found == (None if expected is None else [f"192.0.2.{number}:30443" for number in expected])


def test_a_cluster_ip_service_has_no_servers_in_node_port_mode() -> None:
    """As in AKO, but said."""
    found = translated(make_gateway(), make_service(), make_slice(), make_node(), settings=NODE_PORT)

    assert content_of(found, "Pool").servers == ()
    assert warnings_of(found) == ["a ClusterIP Service has no servers while L7Settings.serviceType is NodePort"]


def test_a_tree_without_nodes_does_not_say_who_the_servers_are() -> None:
    """Then live servers stay, with a warning."""
    assert servers_of(node_port_service(), settings=NODE_PORT) is None


def test_a_service_without_node_port_holds_its_owner() -> None:
    """The cluster allocates it, Git must say it."""
    found = translated(make_gateway(), node_port_service(node_port=0), make_node(), settings=NODE_PORT)

    assert errors_of(found) == ["port TCP 443 has no nodePort, so its servers have no port"]
    assert found.problems[0].field_text == "spec.ports[0]"


UNKNOWN_NODES = [
    pytest.param([make_node("n9", "192.0.2.300")], (), "Node n9", id="no address"),
    pytest.param([make_node("n9", "192.0.2.300", "192.0.2.9")], (), "Node n9", id="the first is none"),
    pytest.param([make_node("n9", "192.0.2.9", "192.0.2.300")], (), "", id="the first is one"),
    pytest.param([make_node("n9", "169.254.0.1")], (), "Node n9", id="link-local"),
    pytest.param([make_node("n9", "fe80::1", "192.0.2.9")], (), "", id="a flaw in the other family"),
    pytest.param([make_node("n9", "fe80::1")], (), "Node n9", id="nothing but a flaw in the other family"),
    pytest.param([make_node("n9", "192.0.2.300", "2001:db8::9")], ("IPv4", "IPv6"), "Node n9", id="may be IPv4"),
    pytest.param([make_node("n9", "2001:db8::9")], (), "", id="of the other family"),
    pytest.param([replace(make_node("n9"), status=NodeStatus())], (), "Node n9", id="none"),
    pytest.param([make_broken("Node", "n9")], (), "Node n9", id="broken"),
    pytest.param([make_broken("Pod", "n9")], (), "", id="not a Node"),
]


@pytest.mark.parametrize(("items", "families", "expected"), UNKNOWN_NODES)
def test_a_node_that_does_not_tell_where_it_is_is_known_to_its_pools(
    items: list[Any], families: tuple[str, ...], expected: str
) -> None:
    """What is live for it stays; the servers of the others are those of Git."""
    service = node_port_service(ip_families=families)

    found = translated(make_gateway(), service, make_node(), *items, settings=NODE_PORT)

    (spec,) = [spec for spec in found.specs if spec.key.kind == "Pool"]
    assert (" ".join(spec.unknown_servers.nodes) if spec.unknown_servers else "") == expected
    assert spec.unknown_servers is None or spec.unknown_servers.known_addresses == {"192.0.2.101"}
    assert found.held == ()


@pytest.mark.parametrize(
    ("settings", "severities"),
    [
        pytest.param({"L7Settings": {"serviceType": "NodePort"}}, ["error"], id="a server of the pool"),
        pytest.param(
            {"L7Settings": {"serviceType": "NodePort"}, "nodePortSelector": {"key": "edge", "value": "yes"}},
            ["warning"],
            id="not selected",
        ),
        pytest.param(
            {"L7Settings": {"serviceType": "NodePort"}, "SyncSettings": {"backends": "ignore"}},
            ["warning"],
            id="Git says nothing of servers",
        ),
        pytest.param({}, [], id="Nodes are no servers"),
    ],
)
def test_an_impossible_address_of_a_node_is_an_error_where_a_pool_depends_on_it(
    settings: dict[str, Any], severities: list[str]
) -> None:
    """With its place."""
    nodes = [make_node(labels={"edge": "yes"}), make_node("n9", "192.0.2.300")]

    found = translated(make_gateway(), node_port_service(), make_slice(), *nodes, settings=make_settings(**settings))

    told = [problem for problem in found.problems if problem.resource == "Node n9"]
    assert [problem.severity for problem in told] == severities
    assert all('"192.0.2.300" is not an IP address' in problem.message for problem in told)
    assert all(problem.field_text == "status.addresses[0].address" for problem in told)


def test_a_tree_whose_only_node_is_broken_holds_nodes() -> None:
    """`backends: manifest` empties no pool for it."""
    chosen = make_settings(L7Settings={"serviceType": "NodePort"}, SyncSettings={"backends": "manifest"})

    found = translated(make_gateway(), node_port_service(), make_broken("Node", "n9"), settings=chosen)

    (spec,) = [spec for spec in found.specs if spec.key.kind == "Pool"]
    assert spec.unknown_servers is not None
    assert warnings_of(found) == []


@pytest.mark.parametrize("skips", [True, False])
def test_a_service_that_is_reached_directly_does_not_depend_on_nodes(skips: bool) -> None:
    """Its servers are its endpoints."""
    annotations = {SKIP_NODEPORT_ANNOTATION: "true"} if skips else {}
    service = make_load_balancer(annotations=annotations, ports=[make_service_port(443, node_port=30443)])

    found = translated(service, make_slice(), make_node(), make_node("n9", "x"), settings=NODE_PORT)

    (spec,) = [spec for spec in found.specs if spec.key.kind == "Pool"]
    assert (spec.unknown_servers is None) is skips


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(make_load_balancer, ["192.0.2.10:8443"], id="a LoadBalancer Service goes to its endpoints"),
        pytest.param(make_service, ["192.0.2.101:30443"], id="a Gateway's Service does not"),
    ],
)
def test_the_skip_annotation_counts_for_load_balancer_services(make: Any, expected: list[str]) -> None:
    """Its presence, whatever its value (AKO-SKIP-NODE-PORT)."""
    fields = {"type": "NodePort"} if make is make_service else {}
    service = make(node_port=30443, annotations={SKIP_NODEPORT_ANNOTATION: "false"}, **fields)

    found = translated(make_gateway(), service, make_slice(), make_node(), settings=NODE_PORT)

    assert [f"{s.address}:{s.port}" for s in content_of(found, "Pool").servers] == expected


@pytest.mark.parametrize(
    ("plugin", "annotations", "addresses", "expected"),
    [
        pytest.param("", {}, ["192.0.2.1", "192.0.2.2"], {"V4": "192.0.2.1"}, id="the first InternalIP"),
        pytest.param("", {}, ["2001:db8::1", "192.0.2.1"], {"V6": "2001:db8::1", "V4": "192.0.2.1"}, id="per family"),
        pytest.param(
            "calico",
            {"projectcalico.org/IPv4Address": "198.51.100.1/24"},
            ["192.0.2.1"],
            {"V4": "198.51.100.1"},
            id="calico",
        ),
        pytest.param(
            "calico",
            {"projectcalico.org/IPv6Address": "2001:db8::9/64"},
            ["192.0.2.1"],
            {"V6": "2001:db8::9", "V4": "192.0.2.1"},
            id="calico, filled in",
        ),
        pytest.param(
            "antrea",
            {"node.antrea.io/transport-addresses": "198.51.100.1, 2001:db8::9"},
            ["192.0.2.1"],
            {"V4": "198.51.100.1", "V6": "2001:db8::9"},
            id="antrea",
        ),
        pytest.param(
            "antrea",
            {"node.antrea.io/transport-addresses": "nonsense"},
            ["192.0.2.1"],
            {"V4": "192.0.2.1"},
            id="nonsense is not used",
        ),
        pytest.param(
            "cilium",
            {"projectcalico.org/IPv4Address": "198.51.100.1/24"},
            ["192.0.2.1"],
            {"V4": "192.0.2.1"},
            id="another plugin",
        ),
    ],
)
def test_a_node_is_reached_where_its_cni_says(
    plugin: str, annotations: dict[str, str], addresses: list[str], expected: dict[str, str]
) -> None:
    """By annotation of the CNI that values.yaml names, else `InternalIP` (AKO-NODE-ADDRESS)."""
    assert node_addresses(make_node("n1", *addresses, annotations=annotations), plugin) == expected


def test_an_external_address_is_never_used() -> None:
    """ExternalIP and Hostname do not count."""
    node = make_node()
    external = NodeStatus(addresses=(NodeAddress(type="ExternalIP", address="203.0.113.1"),))
    outside = type(node)(metadata=node.metadata, origin=node.origin, status=external)

    assert node_addresses(outside, "") == {}
    assert servers_of(node_port_service(), outside, settings=NODE_PORT) == []


@pytest.mark.parametrize(
    ("families", "expected"),
    [(("IPv4", "IPv6"), ["192.0.2.1:30443"]), (("IPv6",), ["2001:db8::1:30443"])],
)
def test_a_node_is_one_server_with_ipv4_first(families: tuple[str, ...], expected: list[str]) -> None:
    """Even where both families are wanted (AKO-NODE-FAMILY)."""
    node = make_node("n1", "2001:db8::1", "192.0.2.1")

    assert servers_of(node_port_service(ip_families=families), node, settings=NODE_PORT) == expected


# --- NodePortLocal ----------------------------------------------------------------------------------------------------

LOCAL = make_settings(L7Settings={"serviceType": "NodePortLocal"})
ENTRY = '[{"podPort": 8443, "nodeIP": "192.0.2.101", "nodePort": 61001}]'
SELECTING = make_service(selector={"app": "front"})


@pytest.mark.parametrize(
    ("service", "pod", "expected"),
    [
        pytest.param(SELECTING, make_pod(node_ports=ENTRY), ["192.0.2.101:61001"], id="by target number"),
        pytest.param(
            make_service(selector={"app": "front"}, target_port="https"),
            make_pod(node_ports=ENTRY, ports={"https": 8443, "http": 8080}),
            ["192.0.2.101:61001"],
            id="by the name of a container port",
        ),
        pytest.param(
            make_service(selector={"app": "front"}, target_port=1), make_pod(node_ports=ENTRY), [], id="other port"
        ),
        pytest.param(SELECTING, make_pod(node_ports=ENTRY, labels={"app": "x"}), None, id="a Pod that is not selected"),
        pytest.param(SELECTING, make_pod(namespace="desk", node_ports=ENTRY), None, id="a Pod of another namespace"),
        pytest.param(SELECTING, make_pod(node_ports=ENTRY, ready="False"), [], id="a Pod that is not ready"),
        pytest.param(
            SELECTING, make_pod(node_ports=ENTRY, ready="True"), ["192.0.2.101:61001"], id="a Pod that is ready"
        ),
        pytest.param(make_service(), make_pod(node_ports=ENTRY), None, id="a Service without selector"),
        pytest.param(SELECTING, make_pod(), [], id="a Pod without node port"),
    ],
)
def test_a_pod_is_a_server_at_the_node_port_that_antrea_gave_it(
    service: Any, pod: Any, expected: list[str] | None
) -> None:
    """Those that the Service selects (AKO-NODE-PORT-LOCAL); for Gateways, too (docs/ako.md#back-ends)."""
    assert servers_of(service, pod, settings=LOCAL) == expected


@pytest.mark.parametrize(
    ("slices", "enabled"),
    [
        pytest.param([], True, id="no slice"),
        pytest.param([make_slice(endpoints=[make_endpoint("10.0.0.1", ready=False)])], False, id="not ready"),
        pytest.param([make_slice(endpoints=[make_endpoint("10.0.0.1")])], True, id="ready"),
        pytest.param([make_slice(endpoints=[make_endpoint("10.0.0.2", ready=False)])], True, id="another Pod"),
        pytest.param(
            [make_slice(endpoints=[make_endpoint("10.0.0.2", ready=False, pod="front-0")])], False, id="by its name"
        ),
        pytest.param(
            [make_slice(endpoints=[make_endpoint("10.0.0.2", ready=False, pod="front-1")])], True, id="another's name"
        ),
        pytest.param(
            [
                make_slice(name="front-a", endpoints=[make_endpoint("10.0.0.1", ready=False)]),
                make_slice(name="front-b", endpoints=[make_endpoint("10.0.0.1")]),
            ],
            True,
            id="two slices, while the cluster moves it from one to the other",
        ),
    ],
)
def test_a_pod_is_enabled_unless_its_slice_says_otherwise(slices: list[Any], enabled: bool) -> None:
    """By the Pod's name, as in AKO, or by its address."""
    found = translated(
        make_gateway(), SELECTING, make_pod(node_ports=ENTRY, address="10.0.0.1"), *slices, settings=LOCAL
    )

    assert [server.enabled for server in content_of(found, "Pool").servers] == [enabled]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param((), ["192.0.2.101"], id="no families means IPv4"),
        pytest.param(("IPv4", "IPv6"), ["192.0.2.101", "2001:db8::101"], id="both"),
        pytest.param(("IPv6",), ["2001:db8::101"], id="IPv6 only"),
    ],
)
def test_node_ports_of_pods_are_of_the_families_that_settings_and_service_want(
    wanted: tuple[str, ...], expected: list[str]
) -> None:
    """A Service without `ipFamilies` wants IPv4 (AKO-IP-FAMILY)."""
    entries = '[{"podPort": 8443, "nodeIP": "192.0.2.101", "nodePort": 1},'
    entries += '{"podPort": 8443, "nodeIP": "2001:db8::101", "nodePort": 1}]'
    service = make_service(selector={"app": "front"}, ip_families=wanted)

    assert servers_of(service, make_pod(node_ports=entries), settings=LOCAL) == [f"{each}:1" for each in expected]


def test_a_tree_without_pods_does_not_say_who_the_servers_are() -> None:
    """Then live servers stay."""
    assert servers_of(SELECTING, make_slice(), settings=LOCAL) is None


def test_pods_of_other_services_do_not_say_who_the_servers_are() -> None:
    """`auto` is by Service: Git holds none of its back ends."""
    assert servers_of(SELECTING, make_pod("x", "desk", node_ports=ENTRY), settings=LOCAL) is None


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param("x", id="no JSON"),
        pytest.param("5", id="a number"),
        pytest.param('{"podPort": 1}', id="a mapping"),
        pytest.param('[{"podPort": 1}]', id="half an entry"),
        pytest.param('[{"podPort": 1, "nodeIP": "x", "nodePort": 1}]', id="no address"),
        pytest.param('[{"podPort": 1, "nodeIP": "10.0.0.1", "nodePort": 70000}]', id="no port"),
        pytest.param(
            '[{"podPort": Infinity, "nodeIP": "10.0.0.1", "nodePort": 1}]',
            id="infinity",
        ),
        pytest.param(
            "[" * 5000,
            id="nested too deeply",
        ),
    ],
)
def test_an_annotation_that_cannot_be_read_holds_the_owner(annotation: str) -> None:
    """The error stands at the Pod."""
    found = translated(make_gateway(), SELECTING, make_pod(node_ports=annotation), settings=LOCAL)

    assert errors_of(found) == ["the annotation is not a list of podPort, nodeIP and nodePort"]
    assert found.problems[0].resource == "Pod shop/front-0"
    assert found.specs == ()


def test_a_node_port_that_nothing_can_reach_holds_the_owner() -> None:
    """A Pod on a host that gives a loopback address, say."""
    pod = make_pod(node_ports=ENTRY.replace("192.0.2.101", "127.0.0.1"))

    found = translated(make_gateway(), SELECTING, pod, settings=LOCAL)

    assert errors_of(found) == ['nodeIP "127.0.0.1" is a loopback address']


def test_a_broken_pod_holds_the_owners_that_select_it() -> None:
    """It is one of their servers; a Service of another namespace or selector goes on."""
    broken = make_broken("Pod", "front-1", "shop", labels={"app": "front", "release": "7"})
    selects_others = make_load_balancer("mail", selector={"app": "mail"})
    other = make_service("other", "desk", gateway=("desk", "web"))

    found = translated(
        make_gateway(),
        SELECTING,
        make_gateway("web", "desk"),
        other,
        selects_others,
        make_pod(),
        broken,
        settings=LOCAL,
    )

    assert errors_of(found) == ["held: Pod shop/front-1 cannot be used, so its pool might lose a server"]
    assert {str(spec.owner) for spec in found.specs} == {"Gateway desk/web", "Service shop/mail"}
