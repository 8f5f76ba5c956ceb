"""The marks that tell whose an object is: ours (docs/safety.md#ownership) and AKO's (AKO-CREATED-BY, AKO-MARKERS)."""

MANAGED_BY = "ManagedBy"
TOOL = "avi-sync"

OWNER_KIND = "OwnerKind"
"""On objects of a shared VIP, whose other markers are those of a Gateway."""

SERVICE_NAMESPACE = "ServiceNamespace"
"""On the pool of a Service outside its Gateway's namespace: `Namespace` is the Gateway's."""

LAYER_7_MARKERS = frozenset({"Host", "Path", "IngressName"})
"""Markers that AKO puts only on objects of Ingresses and Routes, which are nothing of ours."""


def created_by_us(cluster: str) -> str:
    """What we write into `created_by`."""
    return f"{TOOL}-{cluster}"


def created_by_ako(cluster: str) -> str:
    """What the AKO of a cluster writes into `created_by`."""
    return f"ako-{cluster}"
