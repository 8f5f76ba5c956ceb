"""What differs between clouds (ako-semantics §2.3, §8; AKO 2.2.1 lib.go, controller_obj_cache.go)."""

from sync.model.facts import CloudFacts

NSXT = "CLOUD_NSXT"
OVERLAY, VLAN = "OVERLAY", "VLAN"
OPENSTACK = "CLOUD_OPENSTACK"

SUBNET_CLOUDS = frozenset({"CLOUD_AWS", "CLOUD_AZURE", OPENSTACK})
"""A VIP names its subnet by uuid, one VIP per network; a static address has no effect."""

PUBLIC_CLOUDS = SUBNET_CLOUDS | {"CLOUD_GCP"}
"""Where `enablePublicIP` means something, and where values.yaml does not choose the VRF."""

CLOUDS_WITHOUT_NETWORKS = frozenset({"CLOUD_AWS", "CLOUD_AZURE"})
"""Where AKO does not look networks up before it accepts an AviInfraSetting (CRDC:1116)."""

DUAL_STACK_CLOUDS = frozenset({"CLOUD_VCENTER", "CLOUD_NONE", NSXT})
"""Where `ipFamily` counts, and is V4_V6 unless set (LIB:2219)."""

SEVERAL_NETWORKS_CLOUDS = frozenset({"CLOUD_AWS"})
"""Where vipNetworkList may hold more than one network (LIB:934)."""

PLACEMENT_CLOUDS = frozenset({"CLOUD_VCENTER"})
"""Where pools get placement networks; an NSX-T cloud with VLANs, too (LIB:1712)."""

VRF_BY_SETTING_CLOUDS = frozenset({"CLOUD_VCENTER", "CLOUD_NONE"})
"""Where `ControllerSettings.vrfName` counts in every mode (CACHE:4268)."""


def has_placement_networks(cloud: CloudFacts, tier1_lr: str) -> bool:
    """Whether pools name the networks of their servers."""
    return cloud.vtype in PLACEMENT_CLOUDS or is_nsxt_vlan(cloud, tier1_lr)


def is_nsxt_vlan(cloud: CloudFacts, tier1_lr: str) -> bool:
    """Whether an NSX-T cloud has VLANs instead of an overlay; `tier1_lr` is that of values.yaml.

    It is required on an overlay and forbidden on VLANs (CACHE:3927), so that it tells where nobody asked the cloud.
    """
    zone = cloud.transport_zone or (OVERLAY if tier1_lr else VLAN)
    return cloud.vtype == NSXT and zone == VLAN
