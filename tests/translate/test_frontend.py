"""One value between manifests and objects: what differs is who requests it, not what is made of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.model.desired import L4PolicySetContent, PoolContent, Translation, VirtualServiceContent
from sync.model.resources.core import Protocol, SlicePort
from sync.model.settings import Settings
from sync.translate.infra_setting import ANNOTATION as INFRA_ANNOTATION
from sync.translate.load_balancer import HOSTNAME_ANNOTATION, SHARED_VIP_ANNOTATION
from tests.shared.builders import (
    content_of,
    errors_of,
    make_facts,
    make_gateway,
    make_infra_setting,
    make_listener,
    make_load_balancer,
    make_namespace,
    make_node,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    translated,
)

PORTS = st.lists(
    st.tuples(st.sampled_from(("TCP", "UDP", "SCTP")), st.sampled_from((53, 80, 443))),
    min_size=1,
    max_size=5,
    unique=True,
)
ADDRESSES = st.sampled_from(("", "10.10.10.5", "2001:db8::5"))
CLOUDS = st.sampled_from(("CLOUD_VCENTER", "CLOUD_NSXT", "CLOUD_AWS", "CLOUD_OPENSTACK"))
LICENSES = st.sampled_from(("ENTERPRISE", "BASIC"))


def asked_in_three_ways(
    ports: list[tuple[str, int]], address: str, annotations: Mapping[str, str] | None = None
) -> Iterator[list[Any]]:
    """The same ports and servers behind a Gateway, a LoadBalancer Service, and a shared VIP with one member."""
    rows = [
        make_service_port(port, protocol, name=f"{protocol}-{port}".lower(), node_port=30000 + number)
        for number, (protocol, port) in enumerate(ports)
    ]
    addresses = [address] if address else []
    yield [
        make_gateway(listeners=[make_listener(port, protocol) for protocol, port in ports], addresses=addresses),
        make_service(ports=rows, type="NodePort"),
    ]
    yield [make_load_balancer(ports=rows, load_balancer_ip=address, annotations=annotations)]
    shared = {SHARED_VIP_ANNOTATION: "web", **(annotations or {})}
    yield [make_load_balancer(ports=rows, load_balancer_ip=address, annotations=shared)]


def without_names(translation: Translation) -> list[Any]:
    """What is made, less names of objects and the order of rows; traffic can be turned off for a Service only."""
    return sorted((_without_names(spec.content) for spec in translation.specs), key=repr)


def _without_names(content: Any) -> Any:
    match content:
        case L4PolicySetContent():
            return sorted((rule.protocol, rule.port) for rule in content.rules)
        case VirtualServiceContent():
            ports = tuple(sorted(content.ports, key=repr))
            return replace(content, vsvip="", policy_set="", ports=ports, traffic_enabled=None)
        case _:
            return content


@given(PORTS, ADDRESSES, CLOUDS, LICENSES, st.sampled_from(("ClusterIP", "NodePort")), st.booleans())
def test_every_kind_of_owner_gets_the_same_objects(
    ports: list[tuple[str, int]], address: str, cloud: str, tier: str, mode: str, has_setting: bool
) -> None:
    """VIPs, servers, profiles and ports do not depend on what kind of manifest requests them."""
    settings: Settings = make_settings(L7Settings={"serviceType": mode}, L4Settings={"autoFQDN": "disabled"})
    facts = make_facts(vtype=cloud, domains=["avi.internal"], license_tier=tier)
    annotations = {INFRA_ANNOTATION: "edge"} if has_setting else {}
    slice_ports = [SlicePort(port=8443, name=f"{name}-{port}".lower(), protocol=Protocol(name)) for name, port in ports]
    common = [
        make_namespace(annotations=annotations),
        make_infra_setting(se_group="edge", enable_rhi=True, bgp_peer_labels=("a",)),
        make_slice(ports=slice_ports),
        make_node(),
    ]

    found = [
        translated(*common, *items, settings=settings, facts=facts) for items in asked_in_three_ways(ports, address)
    ]

    assert [errors_of(each) for each in found] == [[], [], []]
    assert sum(isinstance(spec.content, PoolContent) for spec in found[0].specs) == len(ports)
    assert without_names(found[1]) == without_names(found[0])
    assert without_names(found[2]) == without_names(found[0])


@given(PORTS, st.booleans(), st.sampled_from(("default", "flat", "disabled")), st.booleans())
def test_statuses_have_the_hostnames_of_the_vip(
    ports: list[tuple[str, int]], has_domain: bool, auto_fqdn: str, is_written: bool
) -> None:
    """Whatever kind of owner it is, its Services are said to have the DNS names that its VsVip gets, and no others."""
    facts = make_facts(domains=["avi.internal"] if has_domain else ())
    settings = make_settings(L4Settings={"autoFQDN": auto_fqdn})
    annotations = {HOSTNAME_ANNOTATION: "b.avi.internal,a.avi.internal"} if is_written else {}
    for items in asked_in_three_ways(ports, "", annotations):
        found = translated(*items, make_node(), settings=settings, facts=facts)

        statuses = [status for status in found.statuses if status.kind == "Service"]
        assert [status.hostnames for status in statuses] == [content_of(found, "VsVip").fqdns]
