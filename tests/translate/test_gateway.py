"""One Gateway → its objects, or the errors that hold it (AKO-GATEWAY-OBJECTS, docs/ako.md#gateways)."""

from typing import Any

import pytest

from sync.model.desired import Translation, VirtualServiceContent, VirtualServicePort
from sync.model.resources.gateway import GatewayAddress
from sync.translate.inputs import TENANT_ANNOTATION
from tests.shared.builders import (
    CONTROLLER,
    attached_to,
    content_of,
    error_problems,
    errors_of,
    make_broken,
    make_facts,
    make_gateway,
    make_gateway_class,
    make_listener,
    make_load_balancer,
    make_namespace,
    make_service,
    make_service_port,
    make_settings,
    make_slice,
    translated,
    warnings_of,
)


def kinds_of(translation: Translation) -> list[str]:
    """The kinds of the specs, in order."""
    return [spec.key.kind for spec in translation.specs]


def reason_of(translation: Translation) -> tuple[str, str]:
    """Reason and message of the only status."""
    (status,) = translation.statuses
    return status.conditions[0].reason, status.conditions[0].message


# --- the objects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        pytest.param([], ["VsVip", "VirtualService"], id="no Service"),
        pytest.param([make_service(port=80)], ["VsVip", "L4PolicySet", "VirtualService"], id="none that matches"),
        pytest.param([make_service()], ["VsVip", "Pool", "L4PolicySet", "VirtualService"], id="one that matches"),
        pytest.param([make_service(protocol="UDP")], ["VsVip", "L4PolicySet", "VirtualService"], id="another protocol"),
        pytest.param([make_service(gateway=None)], ["VsVip", "VirtualService"], id="a Service without labels"),
        pytest.param([make_service(gateway=("shop", "other"))], ["VsVip", "VirtualService"], id="of another Gateway"),
        pytest.param([make_service(type="ExternalName")], ["VsVip", "VirtualService"], id="an ExternalName"),
        pytest.param(
            [make_service(ports=[])], ["VsVip", "L4PolicySet", "VirtualService"], id="a Service without ports"
        ),
        pytest.param(
            [make_service(namespace="red")], ["VsVip", "Pool", "L4PolicySet", "VirtualService"], id="another namespace"
        ),
    ],
)
def test_a_gateway_comes_to_these_objects(services: list[Any], expected: list[str]) -> None:
    """A policy set where a Service is attached, a pool where one matches (AKO-GATEWAY-OBJECTS)."""
    found = translated(make_gateway(), *services, *[make_slice(namespace=s.namespace) for s in services])

    assert kinds_of(found) == expected
    assert errors_of(found) == []
    assert content_of(found, "VirtualService").policy_set == ("north--shop-web" if "L4PolicySet" in expected else None)


def test_a_service_with_one_label_is_not_attached() -> None:
    """Both are needed (AKO-GATEWAY-LABELS)."""
    service = make_service(gateway=("", "web"))

    assert kinds_of(translated(make_gateway(), service)) == ["VsVip", "VirtualService"]


def test_a_load_balancer_service_is_never_a_back_end_of_a_gateway() -> None:
    """With labels or without (AKO-GATEWAY-NO-LOAD-BALANCER)."""
    found = translated(make_gateway(), make_load_balancer(gateway=("shop", "web")), make_slice())

    assert sorted({str(spec.owner) for spec in found.specs}) == ["Gateway shop/web", "Service shop/front"]
    assert content_of(found, "VirtualService", "north--shop-web").policy_set is None


def test_rules_and_ports_follow_the_listeners() -> None:
    """In the order of the Gateway, whatever the order of Services (docs/ako.md#gateways)."""
    listeners = [make_listener(443), make_listener(53, "UDP"), make_listener(80)]
    services = [
        make_service("a", ports=[make_service_port(80)]),
        make_service("b", ports=[make_service_port(53, "UDP", name="u"), make_service_port(443, name="t")]),
    ]

    found = translated(make_gateway(listeners=listeners), *services, make_slice("a"), make_slice("b"))

    rules = content_of(found, "L4PolicySet").rules
    assert [(rule.protocol, rule.port) for rule in rules] == [("TCP", 443), ("UDP", 53), ("TCP", 80)]
    assert [rule.pool for rule in rules] == [
        "north--shop-b-web-TCP-443",
        "north--shop-b-web-UDP-53",
        "north--shop-a-web-TCP-80",
    ]
    assert [port.port for port in content_of(found, "VirtualService").ports] == [443, 53, 80]


@pytest.mark.parametrize(
    ("protocols", "tier", "profile", "overrides"),
    [
        pytest.param(["TCP"], "ENTERPRISE", "System-TCP-Proxy", [None], id="TCP"),
        pytest.param(["TCP"], "ENTERPRISE_WITH_CLOUD_SERVICES", "System-TCP-Proxy", [None], id="TCP in the cloud"),
        pytest.param(["TCP"], "ESSENTIALS", "System-TCP-Fast-Path", [None], id="TCP without license"),
        pytest.param(["UDP"], "ENTERPRISE", "System-UDP-Fast-Path", [None], id="UDP"),
        pytest.param(["SCTP"], "ENTERPRISE", "System-SCTP-Proxy", [None], id="SCTP"),
        pytest.param(
            ["TCP", "UDP"], "ENTERPRISE", "System-TCP-Proxy", [None, "System-UDP-Fast-Path"], id="TCP and UDP"
        ),
        pytest.param(
            ["UDP", "SCTP"],
            "ENTERPRISE",
            "System-UDP-Fast-Path",
            ["System-UDP-Fast-Path", "System-SCTP-Proxy"],
            id="UDP and SCTP",
        ),
        pytest.param(
            ["SCTP", "UDP", "TCP"],
            "ESSENTIALS",
            "System-TCP-Fast-Path",
            ["System-SCTP-Proxy", "System-UDP-Fast-Path", None],
            id="all three",
        ),
        pytest.param(["TCP", "HTTP"], "ENTERPRISE", "System-TCP-Proxy", [None, None], id="TCP and something else"),
        pytest.param(["UDP", "HTTP"], "ENTERPRISE", "System-UDP-Fast-Path", [None, None], id="UDP and something else"),
        pytest.param(["SCTP", "HTTP"], "ENTERPRISE", "System-SCTP-Proxy", [None, None], id="SCTP and something else"),
        pytest.param(["TCP", ""], "ENTERPRISE", "System-TCP-Proxy", [None, None], id="nothing is as good as TCP"),
        pytest.param(
            ["UDP", ""],
            "ENTERPRISE",
            "System-UDP-Fast-Path",
            ["System-UDP-Fast-Path", None],
            id="nothing makes a mix with UDP, and TCP no profile",
        ),
    ],
)
def test_the_network_profile_follows_the_mix_of_protocols(
    protocols: list[str], tier: str, profile: str, overrides: list[str | None]
) -> None:
    """One for the VirtualService, others for single ports (AKO-NETWORK-PROFILE)."""
    listeners = [make_listener(1000 + number, protocol) for number, protocol in enumerate(protocols)]

    found = translated(make_gateway(listeners=listeners), facts=make_facts(license_tier=tier))

    content: VirtualServiceContent = content_of(found, "VirtualService")
    assert content.network_profile == profile
    assert content.ports == tuple(
        VirtualServicePort(port=1000 + number, network_profile=override) for number, override in enumerate(overrides)
    )


@pytest.mark.parametrize(
    ("protocol", "monitor"), [("TCP", "System-TCP"), ("UDP", "System-UDP"), ("SCTP", "System-SCTP")]
)
def test_a_pool_is_monitored_by_protocol(protocol: str, monitor: str) -> None:
    """With Avi's own monitors (AKO-HEALTH-MONITORS)."""
    service, item = make_service(protocol=protocol), make_slice(protocol=protocol)

    found = translated(make_gateway(protocol=protocol), service, item)

    assert content_of(found, "Pool").health_monitors == (monitor,)


def test_the_tenant_comes_from_the_namespace_of_the_gateway() -> None:
    """Else from the settings; the Service's Namespace has no say."""
    annotated = make_namespace("shop", annotations={TENANT_ANNOTATION: " retail "})
    other = make_namespace("red", annotations={TENANT_ANNOTATION: "red"})
    items = [make_gateway(), make_gateway("web", "desk"), make_service(namespace="red"), make_slice(namespace="red")]

    found = translated(*items, annotated, other, settings=make_settings(ControllerSettings={"tenantName": "base"}))

    assert {(spec.owner.namespace, spec.key.tenant) for spec in found.specs} == {("shop", "retail"), ("desk", "base")}


def test_a_namespace_that_cannot_be_used_holds_its_owners() -> None:
    """It may name a tenant or an AviInfraSetting (docs/usage.md#incomplete-trees: no move to another tenant)."""
    found = translated(make_gateway(), make_load_balancer("mail"), make_slice("mail"), make_broken("Namespace", "shop"))

    assert found.specs == ()
    assert [str(held.owner) for held in found.held] == ["Gateway shop/web", "Service shop/mail"]


# --- names in DNS -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "domains", "hostnames", "expected"),
    [
        pytest.param("default", ["x"], [None, None], ("front.shop.x",), id="automatic, once for both listeners"),
        pytest.param("default", ["x"], ["a.x", None], ("a.x", "front.shop.x"), id="one of each"),
        pytest.param("default", ["x"], ["b.x", "a.x"], ("a.x", "b.x"), id="hostnames, sorted"),
        pytest.param("default", ["x"], ["a.x", "a.x"], ("a.x",), id="a hostname twice"),
        pytest.param("default", [], ["a.x", None], ("a.x",), id="no domain: hostnames only"),
        pytest.param("disabled", ["x"], ["a.x", None], ("a.x",), id="disabled: hostnames only"),
        pytest.param("disabled", ["x"], [None, None], (), id="disabled: nothing"),
        pytest.param("default", ["x"], ["A.x", "a.X."], ("A.x",), id="a hostname twice, in other letters"),
    ],
)
def test_a_hostname_counts_before_the_automatic_name(
    mode: str, domains: list[str], hostnames: list[str | None], expected: tuple[str, ...]
) -> None:
    """For each listener (AKO-LISTENER-HOSTNAME)."""
    listeners = [make_listener(443, hostname=hostnames[0]), make_listener(80, hostname=hostnames[1])]
    ports = [make_service_port(443, name="a"), make_service_port(80, name="b")]

    found = translated(
        make_gateway(listeners=listeners),
        make_service(ports=ports),
        make_slice(),
        settings=make_settings(L4Settings={"autoFQDN": mode}),
        facts=make_facts(domains=domains),
    )

    assert content_of(found, "VsVip").fqdns == expected


def test_a_listener_without_service_has_no_automatic_name() -> None:
    """There is nothing to form it from."""
    assert content_of(translated(make_gateway(), facts=make_facts(domains=["x"])), "VsVip").fqdns == ()


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("addresses", "address", "warnings"),
    [
        pytest.param([], None, [], id="none"),
        pytest.param(["10.0.0.1"], "10.0.0.1", [], id="one"),
        pytest.param(
            ["10.0.0.1", "10.0.0.2"], "10.0.0.1", ["only the first of several addresses is used"], id="the first counts"
        ),
        pytest.param(
            ["2001:DB8::0:1"],
            "2001:db8::1",
            ["an IPv6 address is sent, though AKO documents only IPv4 here"],
            id="IPv6 in its short form",
        ),
    ],
)
def test_the_first_address_is_asked_for(addresses: list[str], address: str | None, warnings: list[str]) -> None:
    """What AKO ignores is said."""
    found = translated(make_gateway(addresses=addresses))

    assert content_of(found, "VsVip").vips[0].address == address
    assert warnings_of(found) == warnings
    assert found.statuses[0].addresses == ((addresses[0],) if addresses else ())


@pytest.mark.parametrize("vtype", ["CLOUD_AWS", "CLOUD_AZURE", "CLOUD_OPENSTACK"])
def test_a_static_address_has_no_effect_where_a_vip_names_its_subnet(vtype: str) -> None:
    """It is dropped, as in AKO, but said."""
    found = translated(make_gateway(addresses=["10.0.0.1"]), facts=make_facts(vtype=vtype))

    assert content_of(found, "VsVip").vips[0].address is None
    assert warnings_of(found) == [f"a static address has no effect on a cloud of type {vtype}"]


@pytest.mark.parametrize(
    ("address", "cidr"),
    [
        pytest.param("10.0.0.5", None, id="inside"),
        pytest.param("2001:db8::5", None, id="inside of IPv6"),
        pytest.param("10.0.9.5", "10.0.0.0/24", id="outside"),
        pytest.param("2001:db9::5", "2001:db8::/64", id="outside of IPv6"),
    ],
)
def test_an_address_outside_of_the_cidr_that_git_gives_is_sent_with_a_warning(address: str, cidr: str | None) -> None:
    """As AKO sends it (AKO-GATEWAY-ADDRESS); the Controller has the last word."""
    network = {"networkName": "vips", "cidr": "10.0.0.0/24", "v6cidr": "2001:db8::/64"}
    settings = make_settings(NetworkSettings={"vipNetworkList": [network]})

    found = translated(make_gateway(addresses=[address]), settings=settings)

    said = f'address {address} is outside {cidr}, the cidr given with network "vips"'
    assert [text for text in warnings_of(found) if "IPv6" not in text] == ([said] if cidr else [])
    assert content_of(found, "VsVip").vips[0].address == address


@pytest.mark.parametrize(
    ("address", "error"),
    [
        pytest.param("10.0.0.5", None, id="inside"),
        pytest.param("2001:db8::5", None, id="inside of IPv6"),
        pytest.param(
            "10.0.9.5",
            'address 10.0.9.5 is in no subnet of network "vips" (10.0.0.1/24, 2001:db8::/64)',
            id="outside",
        ),
    ],
)
def test_an_address_that_the_network_does_not_have_holds_the_gateway(address: str, error: str | None) -> None:
    """As far as the network's subnets are known."""
    facts = make_facts(network_subnets={"vips": ("10.0.0.1/24", "2001:db8::/64"), "other": ("10.0.9.0/24",)})

    found = translated(make_gateway(addresses=[address]), facts=facts)

    assert errors_of(found) == ([error] if error else [])
    assert bool(found.specs) is (error is None)


@pytest.mark.parametrize(
    ("address", "vtype"),
    [
        pytest.param(
            "10.0.0.1",
            "CLOUD_AWS",
            id="an address without effect",
        ),
        pytest.param("10.0.0.300", "CLOUD_VCENTER", id="an address that is none"),
    ],
)
def test_a_status_does_not_claim_an_address_that_will_not_be(address: str, vtype: str) -> None:
    """It shows what is live, not what was requested."""
    found = translated(make_gateway(addresses=[address]), facts=make_facts(vtype=vtype))

    assert found.statuses[0].addresses == ()


# --- held -------------------------------------------------------------------------------------------------------------

HEALTHY = make_gateway("healthy", "desk")


@pytest.mark.parametrize(
    ("items", "settings", "field", "message", "fix"),
    [
        pytest.param(
            [make_gateway(gateway_class="avy")],
            {},
            "spec.gatewayClassName",
            'GatewayClass "avy" is not in the tree',
            'did you mean "avi"?',
            id="missing class",
        ),
        pytest.param(
            [make_gateway(gateway_class="own"), make_broken("GatewayClass", "own")],
            {},
            "spec.gatewayClassName",
            'GatewayClass "own" cannot be used',
            "correct gatewayclass-own.yaml:1",
            id="broken class",
        ),
        pytest.param(
            [make_gateway(listeners=[make_listener(443), make_listener(80, labels={})])],
            {},
            "spec.listeners[1].routes.selector.matchLabels",
            "the matchLabels of listener TCP 80 do not name this Gateway",
            "add ako.vmware.com/gateway-name: web and ako.vmware.com/gateway-namespace: shop",
            id="one listener without labels",
        ),
        pytest.param(
            [make_gateway(listeners=[make_listener(443, labels=attached_to("shop", "other"))])],
            {},
            "spec.listeners[0].routes.selector.matchLabels",
            "the matchLabels of listener TCP 443 do not name this Gateway",
            "add ako.vmware.com/gateway-name: web",
            id="the labels of another Gateway",
        ),
        pytest.param(
            [make_gateway(protocol="tcp")],
            {},
            "spec.listeners[0].protocol",
            'protocol "tcp" of listener 443 is not layer 4: the port gets no pool',
            'did you mean "TCP"?',
            id="no listener of layer 4",
        ),
        pytest.param(
            [make_gateway(protocol="SCTP")],
            {"L7Settings": {"serviceType": "NodePortLocal"}},
            "spec.listeners[0].protocol",
            "SCTP cannot be served in NodePortLocal mode",
            "use another serviceType",
            id="SCTP with NodePortLocal",
        ),
        pytest.param(
            [make_gateway(addresses=[GatewayAddress(type="NamedAddress", value="front")])],
            {},
            "spec.addresses[0].type",
            "a VIP cannot have an address of type NamedAddress",
            "give an address of type IPAddress",
            id="named address",
        ),
        pytest.param(
            [make_gateway(addresses=["10.0.0.300"])],
            {},
            "spec.addresses[0].value",
            'address "10.0.0.300" is not an IP address',
            "write an IP address",
            id="no address",
        ),
        pytest.param(
            [make_gateway(addresses=["010.0.0.1"])],
            {},
            "spec.addresses[0].value",
            'address "010.0.0.1" is not an IP address',
            "write an IP address",
            id="an octal address",
        ),
        pytest.param(
            [make_gateway(addresses=["fe80::1%eth0"])],
            {},
            "spec.addresses[0].value",
            'address "fe80::1%eth0" has a zone',
            "write an IP address",
            id="an address with a zone",
        ),
        pytest.param(
            [make_gateway(addresses=["127.0.0.1"])],
            {},
            "spec.addresses[0].value",
            'address "127.0.0.1" is a loopback address',
            "write an IP address",
            id="an address that no VIP can have",
        ),
        pytest.param(
            [make_gateway(listeners=[make_listener(hostname="*.example.com")])],
            {},
            "spec.listeners[0].hostname",
            '"*.example.com" is a wildcard',
            "write one full DNS name",
            id="a wildcard",
        ),
        pytest.param(
            [make_gateway(), make_service("a"), make_service("b", "red")],
            {},
            "spec.listeners[0]",
            "is claimed by Service red/b (service-red-b.yaml:1) and Service shop/a (service-shop-a.yaml:1)",
            "remove the Gateway's labels or the port from all but one of them",
            id="two Services on one listener",
        ),
        pytest.param(
            [make_gateway(), make_broken("Service", "a", "red", labels=attached_to())],
            {},
            "",
            "held: Service red/a, which belongs to it, cannot be used",
            "correct service-a.yaml:1",
            id="broken Service",
        ),
        pytest.param(
            [make_gateway("x" * 250, listeners=[make_listener(gateway=("shop", "x" * 250))])],
            {},
            "metadata.name",
            "would have 262 characters; the limit is 255",
            "use shorter names",
            id="long name",
        ),
        pytest.param(
            [make_gateway(), make_service("x" * 230)],
            {},
            "metadata.name",
            "would have 254 characters; the limit is 240",
            "use shorter names",
            id="long name of a pool",
        ),
    ],
)
def test_an_error_holds_the_gateway_and_nobody_else(
    items: list[Any], settings: dict[str, Any], field: str, message: str, fix: str
) -> None:
    """With its place and a fix; the others go on."""
    found = translated(*items, HEALTHY, settings=make_settings(**settings))

    assert {str(spec.owner) for spec in found.specs} == {"Gateway desk/healthy"}
    assert f"Gateway shop/{items[0].name}" in [str(held.owner) for held in found.held]
    (problem,) = error_problems(found)
    assert problem.file == f"gateway-shop-{items[0].name}.yaml"
    assert problem.field_text == field
    assert message in problem.message
    assert problem.fix.startswith(fix)
    assert {s.conditions[0].status for s in found.statuses} == {"False", "True"}


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        pytest.param([make_gateway(gateway_class="x")], "InvalidGatewayClass", id="class"),
        pytest.param([make_gateway(listeners=[make_listener(labels={})])], "InvalidMatchLabels", id="labels"),
        pytest.param([make_gateway(addresses=["x"])], "InvalidAddress", id="address"),
        pytest.param(
            [make_gateway(addresses=[GatewayAddress(value="x", type="NamedAddress")])], "InvalidAddress", id="named"
        ),
        pytest.param([make_gateway(), make_service("a"), make_service("b")], "PortConflict", id="two Services"),
        pytest.param([make_gateway(protocol="HTTP")], "UnsupportedProtocol", id="protocol"),
        pytest.param([make_gateway(), make_broken("Service", "a", "red", labels=attached_to())], "Held", id="other"),
    ],
)
def test_the_status_of_a_gateway_gives_akos_reason(items: list[Any], reason: str) -> None:
    """AKO's words (AKO-STATUS-REASONS), but `Scheduled: False` where it is not scheduled."""
    (status,) = [status for status in translated(*items).statuses if status.kind == "Gateway"]

    assert [(c.type, c.status, c.reason) for c in status.conditions] == [("Scheduled", "False", reason)]


def test_a_controller_that_is_nearly_ours_holds_what_is_live() -> None:
    """A misspelt class of many Gateways deletes none of them."""
    found = translated(make_gateway(gateway_class="own"), make_gateway_class("own", controller=CONTROLLER + "b"))

    assert (found.specs, [str(held.owner) for held in found.held]) == ((), ["Gateway shop/web"])
    (problem,) = error_problems(found)
    assert (problem.resource, problem.field_text) == ("GatewayClass own", "spec.controller")
    assert (
        problem.message == 'controller "ako.vmware.com/avi-lbb" is probably a misspelling, so Gateway shop/web is held'
    )
    assert problem.fix == 'did you mean "ako.vmware.com/avi-lb"?'


def test_all_errors_of_a_gateway_are_told_in_one_run() -> None:
    """Not one per attempt."""
    listener = make_listener(labels={}, protocol="HTTP")

    found = translated(make_gateway(gateway_class="x", addresses=["y"], listeners=[listener]))

    assert len(errors_of(found)) == 4


def test_a_long_name_is_no_error_where_names_are_encoded() -> None:
    """An encoded name has one length."""
    long = make_gateway("x" * 250, listeners=[make_listener(gateway=("shop", "x" * 250))])

    assert errors_of(translated(long, settings=make_settings(AKOSettings={"enableEVH": True}))) == []


def test_the_longest_names_are_taken() -> None:
    """255 characters, and 240 for a pool, whose rule is named after its reference."""
    gateway = make_gateway("g" * 243, listeners=[make_listener(gateway=("shop", "g" * 243))])
    pool = make_service("s" * (240 - len("north--shop--web-TCP-443")), port=443)

    assert errors_of(translated(gateway)) == []
    assert errors_of(translated(make_gateway(), pool)) == []


def test_the_same_listener_twice_counts_once() -> None:
    """With a warning; AKO lists the port twice."""
    found = translated(make_gateway(listeners=[make_listener(), make_listener()]), make_service(), make_slice())

    assert warnings_of(found) == ["listener TCP 443 is defined twice; it is used once"]
    assert len(content_of(found, "VirtualService").ports) == 1
    assert len(content_of(found, "L4PolicySet").rules) == 1


def test_two_services_on_a_doubled_listener_are_one_error() -> None:
    """One cause, one problem."""
    gateway = make_gateway(listeners=[make_listener(), make_listener()])

    assert len(errors_of(translated(gateway, make_service("a"), make_service("b")))) == 1


def test_a_listener_that_is_not_layer_4_is_a_warning_beside_one_that_is() -> None:
    """The port stays, without pool, as in AKO."""
    found = translated(
        make_gateway(listeners=[make_listener(), make_listener(80, "HTTP")]), make_service(), make_slice()
    )

    assert warnings_of(found) == ['protocol "HTTP" of listener 80 is not layer 4: the port gets no pool']
    assert [port.port for port in content_of(found, "VirtualService").ports] == [443, 80]


# --- not ours to serve ------------------------------------------------------------------------------------------------

SELECTED = {"namespaceSelector": {"labelKey": "team", "labelValue": "web"}}


@pytest.mark.parametrize(
    ("items", "ako", "reason", "message"),
    [
        pytest.param(
            [make_gateway(gateway_class="other"), make_gateway_class("other", controller="example.com/lb")],
            {},
            "UnidentifiedController",
            "its GatewayClass belongs to controller example.com/lb",
            id="a class of another controller",
        ),
        pytest.param(
            [make_gateway()],
            {"blockedNamespaceList": ["shop"]},
            "NotServed",
            "its namespace is in AKOSettings.blockedNamespaceList",
            id="a blocked namespace",
        ),
        pytest.param(
            [make_gateway(), make_namespace(labels={"team": "mail"})],
            SELECTED,
            "NotServed",
            "its namespace lacks the label of AKOSettings.namespaceSelector",
            id="a namespace that is not selected",
        ),
        pytest.param(
            [make_gateway(), make_namespace(labels={"team": "web"})],
            {**SELECTED, "blockedNamespaceList": ["shop"]},
            "NotServed",
            "its namespace is in AKOSettings.blockedNamespaceList",
            id="selected, but blocked",
        ),
    ],
)
def test_what_is_not_ours_to_serve_is_neither_wanted_nor_held(
    items: list[Any], ako: dict[str, Any], reason: str, message: str
) -> None:
    """What is live of it goes; the status says why."""
    found = translated(*items, settings=make_settings(AKOSettings=ako))

    assert (found.specs, found.held, errors_of(found)) == ((), (), [])
    assert reason_of(found) == (reason, message)


@pytest.mark.parametrize(
    ("ako", "labels"),
    [
        pytest.param(SELECTED, {"team": "web"}, id="selected"),
        pytest.param({"namespaceSelector": {"labelKey": " team ", "labelValue": " web"}}, {"team": "web"}, id="blanks"),
        pytest.param({"namespaceSelector": {"labelKey": "team"}}, {}, id="without value not active"),
        pytest.param({"namespaceSelector": {"labelValue": "web"}}, {}, id="without key not active"),
        pytest.param({"namespaceSelector": {"labelKey": " ", "labelValue": "web"}}, {}, id="blank key not active"),
    ],
)
def test_a_selected_namespace_is_served(ako: dict[str, Any], labels: dict[str, str]) -> None:
    """Blanks around key and value do not count (AKO-NAMESPACE-SELECTOR)."""
    assert translated(make_gateway(), make_namespace(labels=labels), settings=make_settings(AKOSettings=ako)).specs


def test_a_namespace_that_is_not_in_git_holds_where_a_selector_needs_it() -> None:
    """Nobody can tell whether it is selected."""
    found = translated(make_gateway(), settings=make_settings(AKOSettings=SELECTED))

    assert len(found.held) == 1
    assert errors_of(found)[0].startswith("held: its Namespace is not in the tree")


def test_a_service_in_a_namespace_that_is_not_served_is_no_back_end() -> None:
    """And one in a namespace of which nobody can tell holds the Gateway."""
    shop, lab = make_namespace(labels={"team": "web"}), make_namespace("lab", labels={"team": "lab"})
    chosen = make_settings(AKOSettings=SELECTED)

    unserved = translated(make_gateway(), make_service(namespace="lab"), shop, lab, settings=chosen)
    unknown = translated(make_gateway(), make_service(namespace="lab"), shop, settings=chosen)

    assert kinds_of(unserved) == ["VsVip", "VirtualService"]
    assert unknown.specs == ()
    assert errors_of(unknown)[0].startswith("held: Service lab/front: its Namespace is not in the tree")


def test_a_service_that_does_not_count_is_listed_with_the_reason() -> None:
    """It is ignored as in AKO, but said (AKO-BLOCKED-NAMESPACES)."""
    blocked = make_settings(AKOSettings={"blockedNamespaceList": ["lab"]})

    found = translated(make_gateway(), make_service(namespace="lab"), settings=blocked)

    assert any("lab/front" in problem.message or "lab/front" in problem.resource for problem in found.problems)


def test_gateways_are_looked_at_only_with_the_services_api() -> None:
    """As in AKO; said once."""
    off = make_settings(AKOSettings={"servicesAPI": False})

    found = translated(make_gateway(), make_gateway("b"), make_load_balancer(), make_slice(), settings=off)

    assert {str(spec.owner) for spec in found.specs} == {"Service shop/front"}
    assert warnings_of(found) == ["AKOSettings.servicesAPI is false: 2 Gateways are ignored"]
