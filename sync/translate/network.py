"""Infrastructure and addresses → VIPs, VRF and placement networks (AKO-VIP-NETWORK, AKO-PLACEMENT-NETWORKS)."""

import ipaddress

from sync.avi.addresses import GLOBAL_VRF
from sync.model.desired import PlacementNetwork, Subnet, Vip
from sync.model.provenance import Source, Sourced, in_values, in_words
from sync.model.resources.ako import NodeNetwork, VipNetwork
from sync.translate import clouds
from sync.translate.infra_setting import Infrastructure, subnet_uuid
from sync.translate.inputs import Inputs


def vips(infra: Infrastructure, address: str | None, inputs: Inputs) -> tuple[Vip, ...]:
    """The VIPs of one VsVip; `address` is the one that Git requests."""
    vtype = inputs.facts.cloud.vtype
    if vtype in clouds.SUBNET_CLOUDS:
        return tuple(
            _subnet_vip(number, network, infra) for number, network in enumerate(infra.vip_networks.value, start=1)
        )
    floating = infra.public_ip.value if vtype in clouds.PUBLIC_CLOUDS else None
    family = "V6" if address and ipaddress.ip_address(address).version == 6 else "V4"
    network = infra.vip_networks.value[0]
    return (
        Vip(
            vip_id="0",
            address=address,
            family=family,
            network_ref=network_ref(network),
            subnet=_subnet(network.cidr) if network.cidr else None,
            subnet6=_subnet(network.v6cidr) if network.v6cidr else None,
            ip_type=_ip_type(network),
            floating_ip=floating,
            placement_networks=_vlan_placement(network, inputs),
        ),
    )


def has_static_addresses(inputs: Inputs) -> bool:
    """Whether a requested address has an effect on this cloud."""
    return inputs.facts.cloud.vtype not in clouds.SUBNET_CLOUDS


def _subnet_vip(number: int, network: VipNetwork, infra: Infrastructure) -> Vip:
    return Vip(
        vip_id=str(number),
        subnet_uuid=subnet_uuid(network),
        ip_type=_ip_type(network),
        floating_ip=infra.public_ip.value,
    )


def _ip_type(network: VipNetwork) -> str | None:
    if not network.v6cidr:
        return None
    return "V4_V6" if network.cidr else "V6_ONLY"


def _vlan_placement(network: VipNetwork, inputs: Inputs) -> tuple[PlacementNetwork, ...]:
    if not (clouds.is_nsxt_vlan(inputs.facts.cloud, inputs.settings.network.nsxt_t1lr) and network.cidr):
        return ()
    return (PlacementNetwork(network_ref=network_ref(network), subnet=_masked(network.cidr)),)


def network_ref(network: VipNetwork | NodeNetwork) -> str:
    """The reference to a network, by uuid where that is given; the template makes a name into a reference."""
    return f"/api/network/{network.network_uuid}" if network.network_uuid else network.network_name


def _subnet(cidr: str) -> Subnet:
    """The address as it was written: AKO does not mask it."""
    interface = ipaddress.ip_interface(cidr)
    return Subnet(address=cidr.partition("/")[0], mask=interface.network.prefixlen, family=f"V{interface.version}")


def _masked(cidr: str) -> Subnet:
    network = ipaddress.ip_interface(cidr).network
    return Subnet(address=str(network.network_address), mask=network.prefixlen, family=f"V{network.version}")


def placement_networks(infra: Infrastructure, inputs: Inputs) -> tuple[PlacementNetwork, ...]:
    """The networks in which a pool's servers are reached, one entry per CIDR."""
    if not clouds.has_placement_networks(inputs.facts.cloud, inputs.settings.network.nsxt_t1lr):
        return ()
    return tuple(
        PlacementNetwork(network_ref=network_ref(network), subnet=_masked(cidr))
        for network in infra.node_networks.value
        for cidr in network.cidrs
    )


def vrf_by_setting(inputs: Inputs) -> str:
    """`ControllerSettings.vrfName`, where it counts: for all owners without a T1 router."""
    settings, vtype = inputs.settings, inputs.facts.cloud.vtype
    if vtype in clouds.PUBLIC_CLOUDS:  # OpenStack among them
        return ""
    counts = settings.l7.service_type == "NodePort" or vtype in clouds.VRF_BY_SETTING_CLOUDS
    return settings.controller.vrf_name if counts else ""


def vrf(infra: Infrastructure, tenant: str, inputs: Inputs) -> Sourced[str | None]:
    """The VRF of an owner's objects; None where a T1 router takes its place (AKO-VRF)."""
    if infra.tier1_lr.value:
        return _vrf(None, in_words("a T1 router takes its place"))
    settings, cloud = inputs.settings, inputs.facts.cloud
    if cloud.vtype == clouds.OPENSTACK:
        name = GLOBAL_VRF if tenant == "admin" else f"{tenant}-default"
        return _vrf(name, in_words("the tenant's own, on an OpenStack cloud"))
    if cloud.vtype in clouds.PUBLIC_CLOUDS:
        return _vrf(GLOBAL_VRF, in_words("the only one on a public cloud"))
    if named := vrf_by_setting(inputs):
        return _vrf(named, in_values("ControllerSettings", "vrfName"))
    if settings.l7.service_type == "NodePort":
        return _vrf(GLOBAL_VRF, in_words("default"))
    first = settings.network.vip_network_list[0] if settings.network.vip_network_list else VipNetwork()
    known = inputs.facts.network_vrf
    if found := known.get(first.network_uuid) or known.get(first.network_name):
        said = "its first network is in this VRF on the Controller"
        return _vrf(found, in_values("NetworkSettings", "vipNetworkList", 0, said=said))
    return _vrf(GLOBAL_VRF, in_words("default"))


def _vrf(name: str | None, source: Source) -> Sourced[str | None]:
    return Sourced(value=name, sources=(source,))
