"""What differs between clouds."""

from sync.model.facts import CloudFacts

NSXT = "CLOUD_NSXT"
OVERLAY, VLAN = "OVERLAY", "VLAN"
OPENSTACK = "CLOUD_OPENSTACK"

SUBNET_CLOUDS = frozenset({"CLOUD_AWS", "CLOUD_AZURE", OPENSTACK})
"""A VIP names its subnet by uuid, one VIP per network; a static address has no effect (AKO-SUBNET-VIPS)."""

PUBLIC_CLOUDS = SUBNET_CLOUDS | {"CLOUD_GCP"}
"""Where `enablePublicIP` means something (AKO-PUBLIC-ADDRESS), and where values.yaml does not choose the VRF."""

CLOUDS_WITHOUT_NETWORKS = frozenset({"CLOUD_AWS", "CLOUD_AZURE"})
"""Where AKO does not look networks up before it accepts an AviInfraSetting (AKO-INFRA-NETWORK-CHECK)."""

DUAL_STACK_CLOUDS = frozenset({"CLOUD_VCENTER", "CLOUD_NONE", NSXT})
"""Where `ipFamily` counts, and is V4_V6 unless set (AKO-IP-FAMILY)."""

SEVERAL_NETWORKS_CLOUDS = frozenset({"CLOUD_AWS"})
"""Where vipNetworkList may hold more than one network (AKO-ONE-VIP-NETWORK)."""

PLACEMENT_CLOUDS = frozenset({"CLOUD_VCENTER"})
"""Where pools get placement networks; an NSX-T cloud with VLANs, too (AKO-PLACEMENT-NETWORKS)."""

VRF_BY_SETTING_CLOUDS = frozenset({"CLOUD_VCENTER", "CLOUD_NONE"})
"""Where `ControllerSettings.vrfName` counts in every mode (AKO-VRF)."""


def has_placement_networks(cloud: CloudFacts, tier1_lr: str) -> bool:
    """Whether pools name the networks of their servers."""
    return cloud.vtype in PLACEMENT_CLOUDS or is_nsxt_vlan(cloud, tier1_lr)


def is_nsxt_vlan(cloud: CloudFacts, tier1_lr: str) -> bool:
    """Whether an NSX-T cloud has VLANs instead of an overlay; `tier1_lr` is that of values.yaml.

    It is required on an overlay and forbidden on VLANs (AKO-T1-ROUTER), so it shows the kind without a Controller.
    """
    zone = cloud.transport_zone or (OVERLAY if tier1_lr else VLAN)
    return cloud.vtype == NSXT and zone == VLAN
