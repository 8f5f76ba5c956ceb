"""One LoadBalancer Service → a VirtualService of its own (AKO-LOAD-BALANCER-SERVICES)."""

from typing import Any

import pytest

from sync.translate.load_balancer import (
    ADDRESS_ANNOTATION,
    APPLICATION_PROFILE_ANNOTATION,
    DISABLE_TRAFFIC_ANNOTATION,
    HOSTNAME_ANNOTATION,
)
from tests.shared.builders import (
    CONTROLLER,
    content_of,
    errors_of,
    make_facts,
    make_load_balancer,
    make_namespace,
    make_service_port,
    make_settings,
    make_slice,
    translated,
    warnings_of,
)


def test_a_service_has_a_virtual_service_of_its_own() -> None:
    """With a pool and a rule per port, rules in the order of the Service, ports by port name."""
    ports = [make_service_port(80, name="web"), make_service_port(53, "UDP", name="dns")]

    found = translated(make_load_balancer(ports=ports), make_slice())

    assert [str(spec.key) for spec in found.specs] == [
        "VsVip admin/north--shop-front",
        "Pool admin/north--shop-front-TCP-80",
        "Pool admin/north--shop-front-UDP-53",
        "L4PolicySet admin/north--shop-front",
        "VirtualService admin/north--shop-front",
    ]
    assert [(rule.protocol, rule.port) for rule in content_of(found, "L4PolicySet").rules] == [("TCP", 80), ("UDP", 53)]
    service = content_of(found, "VirtualService")
    assert [(port.port, port.network_profile) for port in service.ports] == [(53, "System-UDP-Fast-Path"), (80, None)]
    assert (service.policy_set, service.network_profile) == ("north--shop-front", "System-TCP-Proxy")


@pytest.mark.parametrize(
    ("own_class", "is_default", "layer7_only", "is_wanted"),
    [
        pytest.param(None, True, False, True, id="no class, ours by default"),
        pytest.param(None, False, False, False, id="no class, somebody else's by default"),
        pytest.param(CONTROLLER, False, False, True, id="our class"),
        pytest.param("example.com/lb", True, False, False, id="another class"),
        pytest.param(CONTROLLER, True, True, False, id="layer 7 only"),
    ],
)
def test_a_service_is_ours_by_its_class(
    own_class: str | None, is_default: bool, layer7_only: bool, is_wanted: bool
) -> None:
    """And none is with `layer7Only` (AKO-LOAD-BALANCER-CLASS, AKO-LAYER-7-ONLY)."""
    chosen = make_settings(AKOSettings={"layer7Only": layer7_only}, L4Settings={"defaultLBController": is_default})

    found = translated(make_load_balancer(load_balancer_class=own_class), make_slice(), settings=chosen)

    assert bool(found.specs) is is_wanted
    assert (errors_of(found), found.held) == ([], ())


def test_a_class_that_is_nearly_ours_holds_what_is_live() -> None:
    """A misspelling deletes nothing."""
    found = translated(make_load_balancer(load_balancer_class="ako.vmware.com/avi-lp"), make_slice())

    assert (found.specs, [str(held.owner) for held in found.held]) == ((), ["Service shop/front"])
    assert errors_of(found) == ['held: loadBalancerClass "ako.vmware.com/avi-lp" is probably a misspelling']


@pytest.mark.parametrize(
    ("said", "is_enabled", "warns"),
    [
        pytest.param("true", False, False, id="true"),
        pytest.param("TRUE", False, False, id="in other letters"),
        pytest.param("false", True, False, id="false"),
        pytest.param("", True, False, id="nothing"),
        pytest.param("yes", True, True, id="yes"),
    ],
)
def test_traffic_is_disabled_by_true_only(said: str, is_enabled: bool, warns: bool) -> None:
    """What else stands there is reported (AKO-TRAFFIC-ANNOTATION)."""
    found = translated(make_load_balancer(annotations={"ako.vmware.com/disable-traffic": said}), make_slice())

    assert content_of(found, "VirtualService").traffic_enabled is is_enabled
    assert warnings_of(found) == (['"yes" is not true, so traffic is enabled'] if warns else [])


def test_a_class_of_somebody_else_is_told_in_the_status() -> None:
    """With the reason."""
    (status,) = translated(make_load_balancer(load_balancer_class="example.com/lb")).statuses

    assert (status.conditions[0].status, status.conditions[0].reason) == ("False", "NotServed")
    assert status.conditions[0].message == "its loadBalancerClass is example.com/lb"


@pytest.mark.parametrize(
    ("ako", "is_held"),
    [
        pytest.param({"blockedNamespaceList": ["shop"]}, False, id="blocked"),
        pytest.param({"namespaceSelector": {"labelKey": "a", "labelValue": "b"}}, True, id="nobody can tell"),
    ],
)
def test_a_service_in_a_namespace_that_is_not_served_is_not_wanted(ako: dict[str, Any], is_held: bool) -> None:
    """Held where the Namespace is not in Git."""
    found = translated(make_load_balancer(), settings=make_settings(AKOSettings=ako))

    assert found.specs == ()
    assert bool(found.held) is is_held


@pytest.mark.parametrize(
    ("spec_ip", "annotation", "expected"),
    [
        pytest.param("10.0.0.1", "10.0.0.2", "10.0.0.1", id="the field counts first"),
        pytest.param("", " 10.0.0.2 ", "10.0.0.2", id="then the annotation"),
        pytest.param("", "", None, id="none"),
        pytest.param("2001:DB8::1", "", "2001:db8::1", id="IPv6"),
    ],
)
def test_the_address_comes_from_the_field_or_the_annotation(
    spec_ip: str, annotation: str, expected: str | None
) -> None:
    """The field counts first (AKO-SERVICE-ADDRESS)."""
    service = make_load_balancer(load_balancer_ip=spec_ip, annotations={ADDRESS_ANNOTATION: annotation})

    vip = content_of(translated(service, make_slice()), "VsVip").vips[0]

    assert (vip.address, vip.family) == (expected, "V6" if expected and ":" in expected else "V4")


@pytest.mark.parametrize(
    ("mode", "domains", "annotation", "expected"),
    [
        pytest.param("default", ["x"], "", ("front.shop.x",), id="automatic"),
        pytest.param("flat", ["x"], "", ("front-shop.x",), id="flat"),
        pytest.param("default", ["x"], "mail.example.com", ("mail.example.com",), id="annotation"),
        pytest.param("default", [], "mail.example.com", ("mail.example.com",), id="annotation without domain"),
        pytest.param("default", ["x"], "b.x, a.x,A.x.", ("A.x.", "b.x"), id="each name of the annotation once"),
        pytest.param("disabled", ["x"], "mail.example.com", (), id="disabled"),
        pytest.param("default", [], "", (), id="no domain"),
    ],
)
def test_the_annotation_replaces_the_automatic_name(
    mode: str, domains: list[str], annotation: str, expected: tuple[str, ...]
) -> None:
    """And none of both while autoFQDN is disabled (AKO-SERVICE-HOSTNAME)."""
    service = make_load_balancer(annotations={HOSTNAME_ANNOTATION: annotation})
    chosen = make_settings(L4Settings={"autoFQDN": mode})

    found = translated(service, make_slice(), settings=chosen, facts=make_facts(domains=domains))

    assert content_of(found, "VsVip").fqdns == expected
    assert found.statuses[0].hostnames == expected


@pytest.mark.parametrize(
    ("annotations", "traffic", "profile"),
    [
        pytest.param({}, True, "System-L4-Application", id="none"),
        pytest.param({DISABLE_TRAFFIC_ANNOTATION: "TRUE"}, False, "System-L4-Application", id="no traffic"),
        pytest.param({DISABLE_TRAFFIC_ANNOTATION: "yes"}, True, "System-L4-Application", id="yes is not true"),
        pytest.param({APPLICATION_PROFILE_ANNOTATION: "Own"}, True, "Own", id="profile"),
        pytest.param({APPLICATION_PROFILE_ANNOTATION: " "}, True, "System-L4-Application", id="empty profile"),
    ],
)
def test_annotations_choose_traffic_and_profile(annotations: dict[str, str], traffic: bool, profile: str) -> None:
    """An empty one chooses nothing (AKO-TRAFFIC-ANNOTATION, AKO-APPLICATION-PROFILE)."""
    content = content_of(translated(make_load_balancer(annotations=annotations), make_slice()), "VirtualService")

    assert (content.traffic_enabled, content.application_profile) == (traffic, profile)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        pytest.param({"load_balancer_ip": "x"}, "spec.loadBalancerIP", 'address "x" is not an IP address', id="field"),
        pytest.param(
            {"annotations": {HOSTNAME_ANNOTATION: "a.x,b_x"}},
            f"metadata.annotations.{HOSTNAME_ANNOTATION}",
            "DNS name",
            id="hostname",
        ),
        pytest.param(
            {"annotations": {ADDRESS_ANNOTATION: "y"}},
            f"metadata.annotations.{ADDRESS_ANNOTATION}",
            'address "y" is not an IP address',
            id="annotation",
        ),
        pytest.param({"ports": []}, "spec.ports", "a LoadBalancer Service needs a port", id="no ports"),
        pytest.param(
            {"ports": [make_service_port(80, name="a"), make_service_port(80, name="b")]},
            "spec.ports[1]",
            "port TCP 80 is defined twice",
            id="a port twice",
        ),
        pytest.param(
            {"name": "x" * 240},
            "metadata.name",
            "would have 260 characters; the limit is 240",
            id="a long name",
        ),
    ],
)
def test_an_error_holds_the_service_and_nobody_else(fields: dict[str, Any], field: str, message: str) -> None:
    """With its place; the others go on."""
    other = make_load_balancer("other", "desk")
    service = make_load_balancer(**fields)

    found = translated(service, other, make_slice(), make_slice("other", "desk"))

    assert {str(spec.owner) for spec in found.specs} == {"Service desk/other"}
    assert [str(held.owner) for held in found.held] == [f"Service shop/{service.name}"]
    assert message in errors_of(found)[0]
    assert found.problems[0].field_text == field
    assert found.problems[0].fix


def test_sctp_cannot_be_served_in_node_port_local_mode() -> None:
    """As in AKO, but said."""
    chosen = make_settings(L7Settings={"serviceType": "NodePortLocal"})

    found = translated(make_load_balancer(protocol="SCTP"), settings=chosen)

    assert "SCTP cannot be served in NodePortLocal mode" in errors_of(found)


def test_the_tenant_comes_from_the_namespace() -> None:
    """As for a Gateway."""
    annotated = make_namespace(annotations={"ako.vmware.com/tenant-name": "retail"})

    found = translated(make_load_balancer(), annotated, make_slice())

    assert {spec.key.tenant for spec in found.specs} == {"retail"}


def test_a_static_address_without_effect_is_said() -> None:
    """On a cloud where a VIP names its subnet."""
    found = translated(
        make_load_balancer(load_balancer_ip="10.0.0.1"), make_slice(), facts=make_facts(vtype="CLOUD_AWS")
    )

    assert warnings_of(found) == ["a static address has no effect on a cloud of type CLOUD_AWS"]
