"""What is kept with an object in its markers, and which fields that makes ours (DESIGN §6)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync.kinds import AKO_MARKERS, KINDS
from sync.model.desired import Owner, OwnerKind, ServiceKey
from sync.model.marks import MANAGED_BY, OWNER_KIND, SERVICE_NAMESPACE

ASKED_ADDRESS = "AskedAddress"
NO_ADDRESS = "none"
"""The value of `AskedAddress` while Git leaves the choice to the Controller."""

PAUSED_UNTIL = "PausedUntil"
"""Values: the time, and why."""

PROTECTED = "Protected"

DIGEST = "Digest"
FIELDS = "Fields"
UNCOMPARED_MARKERS = frozenset({DIGEST, FIELDS})
"""Written with every write, never a reason for one (DESIGN §6)."""

ENABLE_AGAIN = "EnableAgain"
"""On a VirtualService that we have disabled for a moment; who finds it later enables it."""

OUR_MARKERS = AKO_MARKERS | frozenset(
    {
        MANAGED_BY,
        OWNER_KIND,
        SERVICE_NAMESPACE,
        ASKED_ADDRESS,
        PROTECTED,
        PAUSED_UNTIL,
        "RefusedDigest",
        ENABLE_AGAIN,
        DIGEST,
        FIELDS,
    }
)
"""Markers that we write; others on a live object are labels of somebody else and stay."""


def markers_of(body: Mapping[str, Any]) -> dict[str, str]:
    """A body's markers, the values of each joined by commas."""
    return {str(marker.get("key", "")): _joined(marker.get("values") or ()) for marker in body.get("markers") or ()}


def owner_of(markers: Mapping[str, str]) -> Owner | None:
    """The owner that markers of ours or of AKO's name; None if they name none.

    Without `OwnerKind` a shared VIP cannot be told from a Gateway.
    """
    namespace, gateway, service = (markers.get(key, "") for key in ("Namespace", "GatewayName", "ServiceName"))
    if not namespace or not (gateway or service):
        return None
    if gateway:
        is_shared = markers.get(OWNER_KIND) == OwnerKind.SHARED_VIP
        return Owner(kind=OwnerKind.SHARED_VIP if is_shared else OwnerKind.GATEWAY, namespace=namespace, name=gateway)
    return Owner(kind=OwnerKind.SERVICE, namespace=namespace, name=service)


def service_of(body: Mapping[str, Any]) -> ServiceKey | None:
    """The Service that an object of ours serves, as its markers tell; None if they name none."""
    markers = markers_of(body)
    name = markers.get("ServiceName", "")
    return (markers.get(SERVICE_NAMESPACE) or markers.get("Namespace", ""), name) if name else None


def _joined(values: Sequence[Any]) -> str:
    return str(values[0]) if len(values) == 1 else ",".join(map(str, values))


_COMPARED_MARKERS = OUR_MARKERS - UNCOMPARED_MARKERS


def comparable_markers(markers: Mapping[str, str]) -> dict[str, str]:
    """Those of an object's markers that are fields like any other."""
    return {key: value for key, value in markers.items() if key in _COMPARED_MARKERS}


def managed_fields(kind: str, rendered: Iterable[str], written_before: Iterable[str]) -> frozenset[str]:
    """The top-level fields that are ours in this comparison (DESIGN §6)."""
    row = KINDS[kind]
    return row.managed | frozenset(rendered) | frozenset(written_before)
