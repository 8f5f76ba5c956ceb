"""What differs between clouds (ako-semantics §2.3, §8; AKO 2.2.1 lib.go, controller_obj_cache.go)."""

NSXT = "CLOUD_NSXT"
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
"""Where pools get placement networks; an NSX-T cloud without T1 router, too (LIB:1712)."""

VRF_BY_SETTING_CLOUDS = frozenset({"CLOUD_VCENTER", "CLOUD_NONE"})
"""Where `ControllerSettings.vrfName` counts in every mode (CACHE:4268)."""


def has_placement_networks(vtype: str, tier1_lr: str) -> bool:
    """Whether pools name the networks of their servers."""
    return vtype in PLACEMENT_CLOUDS or is_nsxt_vlan(vtype, tier1_lr)


def is_nsxt_vlan(vtype: str, tier1_lr: str) -> bool:
    """A T1 router is required on an NSX-T overlay and forbidden on a VLAN (CACHE:3927)."""
    return vtype == NSXT and not tier1_lr
