"""AviInfraSetting and values.yaml → where objects live."""

from typing import Any

import pytest

from sync.model.desired import PlacementNetwork, Subnet, Vip
from sync.model.facts import assumed_facts
from sync.model.problem import Severity
from sync.model.resources.ako import InfraListener, NodeNetwork, VipNetwork
from sync.translate.infra_setting import ANNOTATION
from sync.translate.references import references_of
from tests.shared.builders import (
    content_of,
    error_problems,
    errors_of,
    make_broken,
    make_facts,
    make_gateway,
    make_gateway_class,
    make_infra_setting,
    make_load_balancer,
    make_namespace,
    make_service,
    make_settings,
    make_slice,
    make_tree_of,
    translated,
)

ANNOTATED = make_namespace(annotations={ANNOTATION: "edge"})
EDGE = make_infra_setting(se_group="edge-group")


def group_of(*items: Any) -> str:
    """The SE group of the only VirtualService of these manifests."""
    group: str = content_of(translated(*items), "VirtualService").se_group
    return group


@pytest.mark.parametrize(
    ("group", "kind", "is_held", "message"),
    [
        pytest.param("ako.vmware.com", "AviInfraSettings", True, "so Gateway shop/web is held", id="a kind too long"),
        pytest.param("ako.vmware.co", "aviinfrasetting", True, "so Gateway shop/web is held", id="two slips"),
        pytest.param("example.com", "AviInfraSetting", False, "only AviInfraSetting of ako", id="another group"),
        pytest.param("ako.vmware.com", "HostRule", False, "only AviInfraSetting of ako", id="another kind"),
    ],
)
def test_parameters_that_count_for_nothing_are_told(group: str, kind: str, is_held: bool, message: str) -> None:
    """It has no effect, as in AKO; but a misspelling moves no VIP to another network."""
    found = translated(make_gateway(), make_gateway_class(infra_setting="edge", group=group, kind=kind), EDGE)

    (problem,) = [p for p in found.problems if p.field_text == "spec.parametersRef"]
    assert problem.message.startswith(f"parametersRef names {kind} of {group}")
    assert message in problem.message
    assert (found.specs == (), problem.severity is Severity.ERROR) == (is_held, is_held)


# --- which setting applies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([make_gateway()], "Default-Group", id="none"),
        pytest.param([make_gateway(), make_gateway_class(infra_setting="edge")], "edge-group", id="of the class"),
        pytest.param([make_gateway(), ANNOTATED], "edge-group", id="of the namespace"),
        pytest.param(
            [make_gateway(), make_gateway_class(infra_setting="x", group="example.com"), ANNOTATED],
            "edge-group",
            id="parameters of another group are none",
        ),
        pytest.param(
            [
                make_gateway(),
                make_gateway_class(infra_setting="edge"),
                make_namespace(annotations={ANNOTATION: "other"}),
            ],
            "edge-group",
            id="the class before the namespace",
        ),
        pytest.param([make_gateway("web", "desk"), ANNOTATED], "Default-Group", id="of another namespace"),
        pytest.param([make_load_balancer(), make_slice(), ANNOTATED], "edge-group", id="a Service by its namespace"),
        pytest.param(
            [
                make_load_balancer(annotations={ANNOTATION: "edge"}),
                make_slice(),
                make_namespace(annotations={ANNOTATION: "other"}),
            ],
            "edge-group",
            id="a Service by its own annotation",
        ),
        pytest.param(
            [make_load_balancer(annotations={ANNOTATION: " "}), make_slice(), ANNOTATED],
            "edge-group",
            id="an empty annotation is none",
        ),
    ],
)
def test_the_setting_comes_from_class_annotation_or_namespace(items: list[Any], expected: str) -> None:
    """In this order, for Gateways and for Services (AKO-INFRA-OF-GATEWAY, AKO-INFRA-OF-SERVICE)."""
    other = make_infra_setting("other", se_group="other-group")

    assert group_of(*items, EDGE, other) == expected


@pytest.mark.parametrize(
    ("items", "message", "resource"),
    [
        pytest.param(
            [make_gateway(), make_gateway_class(infra_setting="egde"), EDGE],
            'AviInfraSetting "egde" is not in the tree, so Gateway shop/web is held',
            "GatewayClass avi",
            id="missing, by class",
        ),
        pytest.param(
            [make_gateway(), make_gateway_class(infra_setting="own"), make_broken("AviInfraSetting", "own")],
            'AviInfraSetting "own" cannot be used, so Gateway shop/web is held',
            "GatewayClass avi",
            id="broken, by class",
        ),
        pytest.param(
            [make_gateway(), ANNOTATED],
            'AviInfraSetting "edge" is not in the tree, so Gateway shop/web is held',
            "Namespace shop",
            id="missing, by namespace",
        ),
        pytest.param(
            [make_load_balancer(annotations={ANNOTATION: "edge"})],
            'AviInfraSetting "edge" is not in the tree, so Service shop/front is held',
            "Service shop/front",
            id="missing, by annotation",
        ),
    ],
)
def test_a_setting_that_is_not_there_holds_the_owner(items: list[Any], message: str, resource: str) -> None:
    """AKO falls back to defaults: a VIP on the wrong network (docs/ako.md#aviinfrasetting)."""
    found = translated(*items)

    assert found.specs == ()
    assert errors_of(found) == [message]
    assert found.problems[0].resource == resource
    assert len(found.held) == 1


# --- whether it is usable ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "field", "message"),
    [
        pytest.param(
            {"bgp_peer_labels": ("a",)}, "bgpPeerLabels", "bgpPeerLabels without enableRhi: true", id="labels, no RHI"
        ),
        pytest.param(
            {"bgp_peer_labels": ("a",), "enable_rhi": False}, "bgpPeerLabels", "without enableRhi", id="labels, RHI off"
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_name="a", cidr="10.0.0.0")]},
            "vipNetworks[0].cidr",
            '"10.0.0.0" is not an IPv4 CIDR',
            id="cidr without mask",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_name="a", cidr="10.0.0.0/255.0.0.0")]},
            "vipNetworks[0].cidr",
            '"10.0.0.0/255.0.0.0" is not an IPv4 CIDR',
            id="cidr with a mask in another form",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_name="a", cidr="2001:db8::/64")]},
            "vipNetworks[0].cidr",
            "is not an IPv4 CIDR",
            id="cidr of the other family",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_name="a"), VipNetwork(network_name="b", v6cidr="10.0.0.0/8")]},
            "vipNetworks[1].v6cidr",
            '"10.0.0.0/8" is not an IPv6 CIDR',
            id="v6cidr of the other family",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_name="a", network_uuid="b")]},
            "vipNetworks[0]",
            "networkName and networkUUID are both given",
            id="name and uuid",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork()]},
            "vipNetworks[0]",
            "networkName and networkUUID are both missing",
            id="neither name nor uuid",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_name="gone")]},
            "vipNetworks[0].networkName",
            'the Controller has no network "gone"',
            id="missing network",
        ),
        pytest.param(
            {"vip_networks": [VipNetwork(network_uuid="gone")]},
            "vipNetworks[0].networkUUID",
            'the Controller has no network "gone"',
            id="missing uuid",
        ),
        pytest.param(
            {"node_networks": [NodeNetwork(network_name="many")]},
            "nodeNetworks[0].networkName",
            'several networks are called "many"',
            id="a name of several networks",
        ),
        pytest.param(
            {"node_networks": [NodeNetwork(network_name="a", cidrs=("10.0.0.0/8", "x/8"))]},
            "nodeNetworks[0].cidrs",
            '"x/8" is not a CIDR',
            id="wrong cidr of a node network",
        ),
        pytest.param(
            {"listeners": (InfraListener(port=80),)},
            "listeners",
            "none of the listeners has enableSSL",
            id="listeners without SSL",
        ),
    ],
)
def test_a_setting_that_ako_would_reject_holds_its_owners(setting: dict[str, Any], field: str, message: str) -> None:
    """The error stands at the setting, and once more at each owner (AKO-INFRA-REJECTED)."""
    facts = make_facts(missing=["network/gone"], shared_names=["network/many"])

    found = translated(
        make_gateway(), make_gateway_class(infra_setting="edge"), make_infra_setting(**setting), facts=facts
    )

    assert found.specs == ()
    at_setting, at_owner = error_problems(found)
    assert (at_setting.resource, at_setting.field_text) == ("AviInfraSetting edge", f"spec.network.{field}")
    assert message in at_setting.message
    assert at_owner.resource == "Gateway shop/web"
    assert at_owner.message.startswith('held: its AviInfraSetting "edge" is not usable')


def test_a_missing_service_engine_group_holds() -> None:
    """It is looked up like a network."""
    facts = make_facts(missing=["serviceenginegroup/edge-group"])

    found = translated(make_gateway(), make_gateway_class(infra_setting="edge"), EDGE, facts=facts)

    assert errors_of(found)[0] == 'the Controller has no Service Engine group "edge-group"'


@pytest.mark.parametrize("vtype", ["CLOUD_AWS", "CLOUD_AZURE"])
def test_networks_are_not_looked_up_where_they_are_subnets(vtype: str) -> None:
    """On AWS and Azure any name is taken (AKO-INFRA-NETWORK-CHECK)."""
    facts = make_facts(vtype=vtype, missing=["network/subnet-1"])
    setting = make_infra_setting(vip_networks=[VipNetwork(network_name="subnet-1")])

    assert errors_of(translated(make_gateway(), make_gateway_class(infra_setting="edge"), setting, facts=facts)) == []


def test_a_setting_that_nobody_uses_holds_nobody() -> None:
    """Its defects are no errors."""
    found = translated(make_gateway(), make_infra_setting(bgp_peer_labels=("a",)))

    assert (errors_of(found), len(found.specs)) == ([], 2)


def test_a_defect_of_a_shared_setting_is_told_once() -> None:
    """And each owner that is held is named."""
    items = [make_gateway(), make_gateway("b"), make_gateway_class(infra_setting="edge")]

    found = translated(*items, make_infra_setting(bgp_peer_labels=("a",)))

    assert [p.resource for p in error_problems(found)] == ["AviInfraSetting edge", "Gateway shop/b", "Gateway shop/web"]


# --- what it changes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "values", "rhi", "labels"),
    [
        pytest.param({}, {}, None, (), id="nothing said"),
        pytest.param({}, {"enableRHI": True, "bgpPeerLabels": ["b", "a"]}, True, ("a", "b"), id="values.yaml"),
        pytest.param({"enable_rhi": True}, {"bgpPeerLabels": ["b"]}, True, ("b",), id="RHI here, labels there"),
        pytest.param(
            {"enable_rhi": True, "bgp_peer_labels": ()}, {"bgpPeerLabels": ["b"]}, True, (), id="no labels, expressly"
        ),
        pytest.param({"enable_rhi": False}, {"enableRHI": True, "bgpPeerLabels": ["b"]}, None, (), id="RHI turned off"),
        pytest.param({}, {"bgpPeerLabels": ["b"]}, None, (), id="labels without RHI"),
        pytest.param(
            {"enable_rhi": True, "bgp_peer_labels": ("z", "y")}, {}, True, ("y", "z"), id="the setting's labels, sorted"
        ),
    ],
)
def test_labels_count_while_routes_are_advertised(
    own: dict[str, Any], values: dict[str, Any], rhi: bool | None, labels: tuple[str, ...]
) -> None:
    """The global ones count where the setting has none (AKO-BGP-LABELS)."""
    found = translated(
        make_gateway(),
        make_gateway_class(infra_setting="edge"),
        make_infra_setting(**own),
        settings=make_settings(NetworkSettings=values),
    )

    assert content_of(found, "VirtualService").enable_rhi is rhi
    assert content_of(found, "VsVip").bgp_peer_labels == labels


def vips_of(network: dict[str, Any], *, vtype: str = "CLOUD_VCENTER", address: str = "", **own: Any) -> tuple[Vip, ...]:
    """The VIPs of a Gateway on this network."""
    found = translated(
        make_gateway(addresses=[address] if address else []),
        make_gateway_class(infra_setting="edge"),
        make_infra_setting(vip_networks=[VipNetwork(**network)], **own),
        facts=make_facts(vtype=vtype),
    )
    vips: tuple[Vip, ...] = content_of(found, "VsVip").vips
    return vips


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        pytest.param({"network_name": "n"}, Vip(vip_id="0", network_ref="n"), id="name"),
        pytest.param({"network_uuid": "u-1"}, Vip(vip_id="0", network_ref="/api/network/u-1"), id="uuid"),
        pytest.param(
            {"network_name": "n", "cidr": "10.1.2.3/16"},
            Vip(vip_id="0", network_ref="n", subnet=Subnet(address="10.1.2.3", mask=16, family="V4")),
            id="cidr as it was written",
        ),
        pytest.param(
            {"network_name": "n", "v6cidr": "2001:db8::/64"},
            Vip(
                vip_id="0",
                network_ref="n",
                subnet6=Subnet(address="2001:db8::", mask=64, family="V6"),
                ip_type="V6_ONLY",
            ),
            id="v6cidr alone",
        ),
        pytest.param(
            {"network_name": "n", "cidr": "10.0.0.0/8", "v6cidr": "2001:db8::/64"},
            Vip(
                vip_id="0",
                network_ref="n",
                subnet=Subnet(address="10.0.0.0", mask=8, family="V4"),
                subnet6=Subnet(address="2001:db8::", mask=64, family="V6"),
                ip_type="V4_V6",
            ),
            id="both",
        ),
    ],
)
def test_a_vip_network_is_rendered_as_ako_does(network: dict[str, Any], expected: Vip) -> None:
    """Subnets as written, and the type only with a `v6cidr` (AKO-VIP-NETWORK)."""
    assert vips_of(network) == (expected,)


@pytest.mark.parametrize(
    ("vtype", "public", "expected"),
    [
        pytest.param("CLOUD_AWS", True, True, id="public cloud"),
        pytest.param("CLOUD_GCP", False, False, id="expressly not"),
        pytest.param("CLOUD_AWS", None, None, id="not said"),
        pytest.param("CLOUD_VCENTER", True, None, id="no public cloud"),
    ],
)
def test_a_public_address_is_asked_for_on_public_clouds(vtype: str, public: bool | None, expected: bool | None) -> None:
    """And only if the AviInfraSetting says so (AKO-PUBLIC-ADDRESS)."""
    (vip,) = vips_of({"network_name": "n"}, vtype=vtype, enable_public_ip=public)

    assert vip.floating_ip is expected


@pytest.mark.parametrize(
    ("settings", "facts", "setting", "expected"),
    [
        pytest.param({}, {}, {}, "global", id="nothing said"),
        pytest.param({}, {"network_vrf": {"vips": "blue"}}, {}, "blue", id="of the VIP network"),
        pytest.param(
            {"ControllerSettings": {"vrfName": "own"}}, {"network_vrf": {"vips": "blue"}}, {}, "own", id="vrfName"
        ),
        pytest.param(
            {"ControllerSettings": {"vrfName": "own"}}, {"vtype": "CLOUD_NSXT"}, {}, "global", id="vrfName elsewhere"
        ),
        pytest.param(
            {"L7Settings": {"serviceType": "NodePort"}}, {"network_vrf": {"vips": "blue"}}, {}, "global", id="NodePort"
        ),
        pytest.param(
            {"L7Settings": {"serviceType": "NodePort"}, "ControllerSettings": {"vrfName": "own"}},
            {"vtype": "CLOUD_NSXT"},
            {},
            "own",
            id="NodePort with vrfName",
        ),
        pytest.param(
            {"ControllerSettings": {"vrfName": "own"}}, {"vtype": "CLOUD_AWS"}, {}, "global", id="public cloud"
        ),
        pytest.param({}, {"vtype": "CLOUD_OPENSTACK"}, {}, "global", id="OpenStack, admin"),
        pytest.param(
            {"ControllerSettings": {"tenantName": "retail"}},
            {"vtype": "CLOUD_OPENSTACK"},
            {},
            "retail-default",
            id="OpenStack, a tenant",
        ),
        pytest.param({"NetworkSettings": {"nsxtT1LR": "/t1"}}, {"vtype": "CLOUD_NSXT"}, {}, None, id="T1 router"),
        pytest.param({}, {"vtype": "CLOUD_NSXT"}, {"t1lr": "/t1"}, None, id="T1 router of the setting"),
        pytest.param(
            {},
            {"network_vrf": {"vips": "blue", "n": "red"}},
            {"vip_networks": [VipNetwork(network_name="n")]},
            "blue",
            id="of the network of values.yaml",
        ),
    ],
)
def test_the_vrf_is_that_of_the_cloud_the_setting_or_the_network(
    settings: dict[str, Any], facts: dict[str, Any], setting: dict[str, Any], expected: str | None
) -> None:
    """The same for VirtualService, VsVip and Pools (AKO-VRF)."""
    found = translated(
        make_gateway(),
        make_gateway_class(infra_setting="edge"),
        make_infra_setting(**setting),
        make_service(type="NodePort", node_port=30443),
        make_slice(),
        settings=make_settings(**settings),
        facts=make_facts(**facts),
    )

    assert [spec.content.vrf for spec in found.specs if hasattr(spec.content, "vrf")] == [expected] * 3
    tier1 = setting.get("t1lr") or settings.get("NetworkSettings", {}).get("nsxtT1LR")
    assert [spec.content.tier1_lr for spec in found.specs if hasattr(spec.content, "tier1_lr")] == [tier1] * 2


@pytest.mark.parametrize(
    ("vtype", "zone", "t1lr", "own_t1lr", "has_placement"),
    [
        pytest.param("CLOUD_VCENTER", "", "", "", True, id="vCenter"),
        pytest.param("CLOUD_NSXT", "", "", "", True, id="NSX-T without T1 router"),
        pytest.param("CLOUD_NSXT", "", "", "/t2", True, id="NSX-T with a T1 router of the class alone"),
        pytest.param("CLOUD_NSXT", "", "/t1", "", False, id="NSX-T with T1 router"),
        pytest.param("CLOUD_NSXT", "VLAN", "", "/t2", True, id="NSX-T VLAN"),
        pytest.param("CLOUD_NSXT", "OVERLAY", "/t1", "/t2", False, id="NSX-T overlay"),
        pytest.param("CLOUD_NONE", "", "", "", False, id="no access"),
    ],
)
def test_pools_name_node_networks_where_the_cloud_needs_them(
    vtype: str, zone: str, t1lr: str, own_t1lr: str, has_placement: bool
) -> None:
    """One entry per CIDR, masked; on NSX-T the cloud decides, not the T1 router of a class (AKO-PLACEMENT-NETWORKS)."""
    nodes = NodeNetwork(network_name="nodes", cidrs=("10.1.2.3/16", "2001:db8::5/64"))

    found = translated(
        make_gateway(),
        make_gateway_class(infra_setting="edge"),
        make_infra_setting(node_networks=[nodes], t1lr=own_t1lr),
        make_service(),
        make_slice(),
        settings=make_settings(NetworkSettings={"nsxtT1LR": t1lr}),
        facts=make_facts(vtype=vtype, transport_zone=zone),
    )

    expected = (
        PlacementNetwork(network_ref="nodes", subnet=Subnet(address="10.1.0.0", mask=16, family="V4")),
        PlacementNetwork(network_ref="nodes", subnet=Subnet(address="2001:db8::", mask=64, family="V6")),
    )
    assert content_of(found, "Pool").placement_networks == (expected if has_placement else ())


def test_a_vip_on_a_vlan_names_its_placement() -> None:
    """NSX-T without T1 router, with a cidr (AKO-VLAN-PLACEMENT)."""
    (with_cidr,) = vips_of({"network_name": "n", "cidr": "10.1.2.3/16"}, vtype="CLOUD_NSXT")
    (without,) = vips_of({"network_name": "n"}, vtype="CLOUD_NSXT")

    placement = PlacementNetwork(network_ref="n", subnet=Subnet(address="10.1.0.0", mask=16, family="V4"))
    assert (with_cidr.placement_networks, without.placement_networks) == ((placement,), ())


def test_a_cloud_of_subnets_has_a_vip_per_network() -> None:
    """Numbered from 1, without address (AKO-SUBNET-VIPS)."""
    networks = [VipNetwork(network_name="a"), VipNetwork(network_uuid="b", v6cidr="2001:db8::/64")]

    found = translated(
        make_gateway(),
        make_gateway_class(infra_setting="edge"),
        make_infra_setting(vip_networks=networks),
        facts=make_facts(vtype="CLOUD_AZURE"),
    )

    assert content_of(found, "VsVip").vips == (
        Vip(vip_id="1", subnet_uuid="a"),
        Vip(vip_id="2", subnet_uuid="b", ip_type="V6_ONLY"),
    )


# --- what is wrong for everybody --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "vtype", "field", "message"),
    [
        pytest.param(
            {"NetworkSettings": {"vipNetworkList": []}},
            "CLOUD_VCENTER",
            "NetworkSettings.vipNetworkList",
            "vipNetworkList names no network",
            id="no network",
        ),
        pytest.param(
            {"NetworkSettings": {"vipNetworkList": [{"networkName": "a"}, {"networkName": "b"}]}},
            "CLOUD_AZURE",
            "NetworkSettings.vipNetworkList",
            "vipNetworkList names several networks on a cloud of type CLOUD_AZURE",
            id="several networks",
        ),
        pytest.param(
            {"NetworkSettings": {"vipNetworkList": [{"networkName": "gone"}]}},
            "CLOUD_VCENTER",
            "NetworkSettings.vipNetworkList[0].networkName",
            'the Controller has no network "gone"',
            id="missing network",
        ),
        pytest.param(
            {"NetworkSettings": {"vipNetworkList": [{}]}},
            "CLOUD_VCENTER",
            "NetworkSettings.vipNetworkList[0]",
            "networkName and networkUUID are both missing",
            id="neither name nor uuid",
        ),
        pytest.param(
            {"NetworkSettings": {"nodeNetworkList": [{"networkName": "a", "cidrs": ["x"]}]}},
            "CLOUD_VCENTER",
            "NetworkSettings.nodeNetworkList[0].cidrs",
            '"x" is not a CIDR',
            id="wrong cidr",
        ),
        pytest.param(
            {"ControllerSettings": {"serviceEngineGroupName": "gone"}},
            "CLOUD_VCENTER",
            "ControllerSettings.serviceEngineGroupName",
            'the Controller has no Service Engine group "gone"',
            id="missing SE group",
        ),
        pytest.param(
            {"AKOSettings": {"vpcMode": True}},
            "CLOUD_NSXT",
            "AKOSettings.vpcMode",
            "vpcMode is not supported",
            id="VPC mode",
        ),
        pytest.param(
            {"AKOSettings": {"istioEnabled": True}},
            "CLOUD_VCENTER",
            "AKOSettings.istioEnabled",
            "istioEnabled is not supported",
            id="Istio",
        ),
        pytest.param(
            {"NetworkSettings": {"vipNetworkList": [{"networkName": "a", "v6cidr": "2001:db8::/64"}]}},
            "CLOUD_AWS",
            "NetworkSettings.vipNetworkList[0].v6cidr",
            "IPv6",
            id="v6cidr on a cloud without IPv6",
        ),
        pytest.param(
            {"NetworkSettings": {"nsxtT1LR": "/t1"}},
            "CLOUD_VCENTER",
            "NetworkSettings.nsxtT1LR",
            "nsxtT1LR",
            id="a T1 router on a cloud without NSX-T",
        ),
    ],
)
def test_a_wrong_setting_holds_everything(settings: dict[str, Any], vtype: str, field: str, message: str) -> None:
    """AKO would not start; nothing is created, changed or deleted."""
    facts = make_facts(vtype=vtype, missing=["network/gone", "serviceenginegroup/gone"])

    found = translated(make_gateway(), settings=make_settings(**settings), facts=facts)

    assert found.holds_everything
    assert found.specs == ()
    assert (found.problems[0].file, found.problems[0].field_text) == ("values.yaml", field)
    assert message in found.problems[0].message
    assert found.problems[0].fix


@pytest.mark.parametrize(
    ("zone", "router", "message"),
    [
        pytest.param("OVERLAY", "", "nsxtT1LR is missing on an NSX-T cloud with an overlay", id="overlay, none"),
        pytest.param("VLAN", "/t1", "nsxtT1LR is set on an NSX-T cloud with VLANs", id="VLAN, one"),
        pytest.param("OVERLAY", "/t1", "", id="overlay, one"),
        pytest.param("VLAN", "", "", id="VLAN, none"),
        pytest.param("", "", "", id="nobody looked, none"),
        pytest.param("", "/t1", "", id="nobody looked, one"),
    ],
)
def test_a_t1_router_belongs_to_an_overlay(zone: str, router: str, message: str) -> None:
    """An overlay needs one, nothing else may have one (AKO-T1-ROUTER)."""
    settings = make_settings(NetworkSettings={"nsxtT1LR": router})

    found = translated(make_gateway(), settings=settings, facts=make_facts(vtype="CLOUD_NSXT", transport_zone=zone))

    assert errors_of(found) == ([message] if message else [])
    assert found.holds_everything is bool(message)


@pytest.mark.parametrize(
    "network",
    [
        pytest.param({"nsxtT1LR": "/t1"}, id="T1 router of an NSX-T cloud"),
        pytest.param({"vipNetworkList": [{"networkName": "a"}, {"networkName": "b"}]}, id="networks of an AWS cloud"),
        pytest.param({"vipNetworkList": [{"networkName": "a", "v6cidr": "2001:db8::/64"}]}, id="IPv6 of vCenter"),
    ],
)
def test_nothing_is_judged_against_a_cloud_that_is_assumed(network: dict[str, Any]) -> None:
    """Without a Controller nobody knows the type of the cloud: a setting that is right on some of them is no error."""
    found = translated(
        make_gateway(), settings=make_settings(NetworkSettings=network), facts=assumed_facts("Default-Cloud")
    )

    assert errors_of(found) == []
    assert not found.holds_everything


def test_the_uuid_counts_where_values_yaml_gives_the_name_as_well() -> None:
    """Only in an AviInfraSetting is that an error, by its CRD (AKO-NETWORK-UUID-FIRST, AKO-INFRA-SCHEMA)."""
    network = {"networkName": "gone", "networkUUID": "network-1"}
    settings = make_settings(NetworkSettings={"vipNetworkList": [network], "nodeNetworkList": [network]})
    facts = make_facts(missing=["network/gone"], shared_names=["network/gone"], network_vrf={"network-1": "blue"})

    found = translated(make_gateway(), settings=settings, facts=facts)

    content = content_of(found, "VsVip")
    assert (content.vips[0].network_ref, content.vrf) == ("/api/network/network-1", "blue")
    assert references_of(make_tree_of(), settings)["network"] == {"network-1"}


def test_several_networks_are_for_aws() -> None:
    """Elsewhere AKO does not start with them (AKO-ONE-VIP-NETWORK)."""
    settings = make_settings(NetworkSettings={"vipNetworkList": [{"networkName": "a"}, {"networkName": "b"}]})

    found = translated(make_gateway(), settings=settings, facts=make_facts(vtype="CLOUD_AWS"))

    assert [vip.subnet_uuid for vip in content_of(found, "VsVip").vips] == ["a", "b"]


# --- what facts must tell ---------------------------------------------------------------------------------------------


def test_everything_that_is_referred_to_is_looked_up() -> None:
    """Networks by name or uuid, SE groups, application profiles of LoadBalancer Services."""
    settings = make_settings(
        NetworkSettings={"nodeNetworkList": [{"networkName": "nodes"}]},
        ControllerSettings={"serviceEngineGroupName": "base"},
    )
    setting = make_infra_setting(
        se_group="edge-group",
        vip_networks=[VipNetwork(network_uuid="u-1")],
        node_networks=[NodeNetwork(network_name="racks")],
    )
    service = make_load_balancer(annotations={"ako.vmware.com/application-profile": "Own"})

    found = references_of(make_tree_of(setting, service, make_load_balancer("b"), make_service()), settings)

    assert found == {
        "applicationprofile": {"Own", "System-L4-Application"},
        "network": {"vips", "nodes", "u-1", "racks"},
        "serviceenginegroup": {"base", "edge-group"},
        "tenant": {"admin"},
    }
