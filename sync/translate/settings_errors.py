"""Errors of values.yaml that affect every owner: AKO would not start with them (AKO-SETTINGS).

Checks that depend on the type of the cloud are skipped without a Controller.
"""

from collections.abc import Iterator

from sync.model.problem import Origin, Problem, Severity
from sync.model.settings import VALUES_FILE
from sync.translate.clouds import DUAL_STACK_CLOUDS, NSXT, OVERLAY, SEVERAL_NETWORKS_CLOUDS, VLAN
from sync.translate.infra_setting import node_network_defects, vip_network_defects
from sync.translate.inputs import Inputs
from sync.translate.network import vrf_by_setting
from sync.translate.tenants import no_tenant

Path = tuple[str | int, ...]
_VIP_NETWORKS: Path = ("NetworkSettings", "vipNetworkList")
_NODE_NETWORKS: Path = ("NetworkSettings", "nodeNetworkList")


def settings_errors(inputs: Inputs) -> Iterator[Problem]:
    """Errors that hold every owner."""
    yield from _unsupported(inputs)
    yield from _vip_networks(inputs)
    yield from _node_networks(inputs)
    group = inputs.settings.controller.service_engine_group_name
    if not inputs.facts.has("serviceenginegroup", group):
        message = f'the Controller has no Service Engine group "{group}"'
        fix = "correct the name, or create it on the Controller"
        yield _error(("ControllerSettings", "serviceEngineGroupName"), message, fix)
    yield from _vrf_and_tenant(inputs)


def _vrf_and_tenant(inputs: Inputs) -> Iterator[Problem]:
    """What every object would refer to; with a T1 router none refers to a VRF."""
    controller = inputs.settings.controller
    vrf = "" if inputs.settings.network.nsxt_t1lr else vrf_by_setting(inputs)
    if vrf and not inputs.facts.has("vrfcontext", vrf):
        message = f'cloud {inputs.facts.cloud.name} has no VRF "{vrf}"'
        yield _error(("ControllerSettings", "vrfName"), message, "correct the name, or create it on the Controller")
    if not inputs.facts.has("tenant", controller.tenant_name):
        yield _error(("ControllerSettings", "tenantName"), *no_tenant(controller.tenant_name))


def _unsupported(inputs: Inputs) -> Iterator[Problem]:
    ako = inputs.settings.ako
    if ako.vpc_mode:
        fix = "set it to false; VPCs of NSX-T stay with AKO"
        yield _error(("AKOSettings", "vpcMode"), "vpcMode is not supported", fix)
    if ako.istio_enabled:
        fix = "set it to false; Istio stays with AKO"
        yield _error(("AKOSettings", "istioEnabled"), "istioEnabled is not supported", fix)
    if not inputs.facts.is_assumed:
        yield from _tier1_router(inputs)


def _tier1_router(inputs: Inputs) -> Iterator[Problem]:
    """Required on an overlay of NSX-T, forbidden everywhere else (AKO-T1-ROUTER)."""
    router, cloud, place = inputs.settings.network.nsxt_t1lr, inputs.facts.cloud, ("NetworkSettings", "nsxtT1LR")
    if router and cloud.vtype != NSXT:
        message = f"nsxtT1LR is set on a cloud of type {cloud.vtype}"
        yield _error(place, message, "remove it: only an NSX-T cloud has T1 routers")
    elif router and cloud.transport_zone == VLAN:
        yield _error(place, "nsxtT1LR is set on an NSX-T cloud with VLANs", "remove it: only overlays have them")
    elif not router and cloud.vtype == NSXT and cloud.transport_zone == OVERLAY:
        yield _error(place, "nsxtT1LR is missing on an NSX-T cloud with an overlay", "give the path of the T1 router")


def _vip_networks(inputs: Inputs) -> Iterator[Problem]:
    networks, vtype = inputs.settings.network.vip_network_list, inputs.facts.cloud.vtype
    if not networks:
        yield _error(_VIP_NETWORKS, "vipNetworkList names no network", "name the network that VIPs come from")
    if len(networks) > 1 and vtype not in SEVERAL_NETWORKS_CLOUDS and not inputs.facts.is_assumed:
        message = f"vipNetworkList names several networks on a cloud of type {vtype}"
        yield _error(_VIP_NETWORKS, message, "name one; put the others into an AviInfraSetting")
    for number, network in enumerate(networks):
        for message, fix, key in vip_network_defects(network, inputs):
            yield _error((*_VIP_NETWORKS, number, *((key,) if key else ())), message, fix)
        if network.v6cidr and vtype not in DUAL_STACK_CLOUDS:
            message = f"v6cidr is given, but IPv6 is not supported on a cloud of type {vtype}"
            yield _error((*_VIP_NETWORKS, number, "v6cidr"), message, "remove it")


def _node_networks(inputs: Inputs) -> Iterator[Problem]:
    for number, network in enumerate(inputs.settings.network.node_network_list):
        for message, fix, key in node_network_defects(network, inputs):
            yield _error((*_NODE_NETWORKS, number, *((key,) if key else ())), message, fix)


def _error(path: Path, message: str, fix: str) -> Problem:
    origin = Origin(file=VALUES_FILE)
    return Problem(severity=Severity.ERROR, message=message, fix=fix, origin=origin, field=path)
