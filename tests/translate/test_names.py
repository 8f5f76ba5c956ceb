"""What objects are called and how they are marked (AKO-NAMES, AKO-MARKERS)."""

import hashlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.markers import Markers
from sync.translate.names import MarkerSet, Names
from tests.shared.builders import (
    make_endpoint,
    make_gateway,
    make_listener,
    make_load_balancer,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    translated,
)
from tests.shared.builders import (
    markers as marked,
)

PLAIN = Names(cluster="cluster-1")
ENCODED = Names(cluster="cluster-1", is_encoded=True)


def test_the_worked_example_of_ako() -> None:
    """The names that AKO gives (AKO-NAMES); a pool bears the Gateway's namespace, not its Service's."""
    assert PLAIN.virtual_service("blue", "my-gateway") == "cluster-1--blue-my-gateway"
    assert (
        PLAIN.attached_pool("blue", "avisvc-advlb", "my-gateway", "TCP", 80)
        == "cluster-1--blue-avisvc-advlb-my-gateway-TCP-80"
    )
    assert PLAIN.service_pool("red", "avisvc-advlb", "TCP", 80) == "cluster-1--red-avisvc-advlb-TCP-80"
    assert ENCODED.virtual_service("blue", "my-gateway") == "cluster-1--6c5bee52a72d1b0d50dc5e2ee4f819cba4f0f42b"


def test_an_encoded_name_is_the_digest_of_the_whole_plain_name() -> None:
    """Prefix and all, behind the prefix."""
    plain = PLAIN.service_pool("red", "web", "UDP", 53)

    assert ENCODED.service_pool("red", "web", "UDP", 53) == f"cluster-1--{hashlib.sha1(plain.encode()).hexdigest()}"  # noqa: S324 - AKO's choice


LABELS = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)
PROTOCOLS = st.sampled_from(["TCP", "UDP", "SCTP"])


@given(LABELS, LABELS, LABELS, PROTOCOLS, st.integers(1, 65535), st.booleans())
@settings(max_examples=80, deadline=None)
def test_markers_spell_the_name_of_what_they_mark(
    namespace: str, service: str, gateway: str, protocol: str, port: int, is_encoded: bool
) -> None:
    """Whatever we name and mark, the markers lead back to the name."""
    names, mark = Names(cluster="c", is_encoded=is_encoded), MarkerSet(cluster="c")

    def spelled(kind: str, **fields: str) -> frozenset[str]:
        port_number = port if kind == "Pool" else None
        found = mark.of(namespace=namespace, port=port_number, **fields)
        return names.spelled_by(kind, found)

    assert names.virtual_service(namespace, gateway) in spelled("VsVip", gateway=gateway)
    assert names.virtual_service(namespace, service) in spelled("L4PolicySet", service=service, protocol="TCP,UDP")
    attached = names.attached_pool(namespace, service, gateway, protocol, port)
    assert attached in spelled("Pool", service=service, gateway=gateway, protocol=protocol)
    assert names.service_pool(namespace, service, protocol, port) in spelled("Pool", service=service)


@pytest.mark.parametrize(
    ("kind", "markers"),
    [
        pytest.param("VsVip", {}, id="no markers"),
        pytest.param("VsVip", {"clustername": "c"}, id="AKO's VsVip"),
        pytest.param("VsVip", {"Namespace": "a"}, id="namespace only"),
        pytest.param("VsVip", {"GatewayName": "a"}, id="no namespace"),
        pytest.param("Pool", {"Namespace": "a", "GatewayName": "b"}, id="pool without Service"),
        pytest.param("Pool", {"Namespace": "a", "ServiceName": "b"}, id="pool without port"),
    ],
)
def test_markers_that_say_too_little_spell_no_name(kind: str, markers: dict[str, str]) -> None:
    """Then the object is not taken for ours."""
    assert PLAIN.spelled_by(kind, Markers.of({"markers": marked(**markers)})) == frozenset()


def test_markers_come_in_akos_order_and_ours_last() -> None:
    """The order of AKO's struct; what is empty is left out."""
    mark = MarkerSet(cluster="c")

    assert [*mark.of(namespace="n", gateway="g", service="s", port=80, protocol="TCP")] == [
        ("clustername", ("c",)),
        ("Namespace", ("n",)),
        ("ServiceName", ("s",)),
        ("Port", ("80",)),
        ("Protocol", ("TCP",)),
        ("GatewayName", ("g",)),
        ("ManagedBy", ("avi-sync",)),
    ]
    assert [*mark.of(namespace="n")] == [("clustername", ("c",)), ("Namespace", ("n",)), ("ManagedBy", ("avi-sync",))]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("VsVip", ["clustername", "Namespace", "GatewayName", "ManagedBy"], id="VsVip"),
        pytest.param("VirtualService", ["clustername", "Namespace", "GatewayName", "ManagedBy"], id="VirtualService"),
        pytest.param("L4PolicySet", ["clustername", "Namespace", "GatewayName", "ManagedBy"], id="L4PolicySet"),
        pytest.param(
            "Pool",
            ["clustername", "Namespace", "ServiceName", "Port", "Protocol", "GatewayName", "ManagedBy"],
            id="Pool",
        ),
    ],
)
def test_every_object_of_a_gateway_is_marked(kind: str, expected: list[str]) -> None:
    """As AKO marks it (AKO-MARKERS), the VsVip like the others (docs/ako.md#ownership-drift-statuses)."""
    found = translated(make_gateway(), make_service(), make_slice())

    assert [[key for key, _ in spec.markers] for spec in found.specs if spec.key.kind == kind] == [expected]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("VsVip", {"Namespace": "shop", "ServiceName": "front"}, id="VsVip"),
        pytest.param("VirtualService", {"Namespace": "shop", "ServiceName": "front"}, id="VirtualService"),
        pytest.param(
            "L4PolicySet", {"Namespace": "shop", "ServiceName": "front", "Protocol": "TCP,UDP"}, id="L4PolicySet"
        ),
        pytest.param("Pool", {"Namespace": "shop", "ServiceName": "front", "Port": "53"}, id="Pool"),
    ],
)
def test_every_object_of_a_load_balancer_service_is_marked(kind: str, expected: dict[str, str]) -> None:
    """The policy set with all protocols, the pool with none."""
    ports = [make_service_port(53, "UDP", name="b"), make_service_port(53, "TCP", name="a")]
    found = translated(make_load_balancer(ports=ports), make_slice())

    for spec in (spec for spec in found.specs if spec.key.kind == kind):
        marked = {key: values[0] for key, values in spec.markers}
        assert marked == {"clustername": "north", "ManagedBy": "avi-sync", **expected}


def test_names_are_unique_per_kind_and_tenant() -> None:
    """Of everything that a tree comes to."""
    listeners = [make_listener(port, protocol) for port in (53, 80, 443) for protocol in ("TCP", "UDP", "SCTP")]
    ports = [make_service_port(item.port, item.protocol, name=f"p{n}") for n, item in enumerate(listeners)]
    found = translated(
        make_gateway(listeners=listeners),
        make_service(ports=ports),
        make_gateway("web", "desk"),
        make_load_balancer("mail", ports=ports),
        make_slice(endpoints=[make_endpoint()]),
        settings=make_settings(AKOSettings={"enableEVH": True}),
    )

    keys = [spec.key for spec in found.specs]

    assert len(keys) == len(set(keys)) == (2 + 1 + 9) + 2 + (2 + 1 + 9)
