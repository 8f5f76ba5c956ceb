"""What is kept with an object in its markers, and which fields that makes ours (docs/safety.md#comparison)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sync.avi.schema import SCHEMA
from sync.kinds import AKO_MARKERS, COMPUTED, KINDS
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
"""Written with every write, never a reason for one (docs/safety.md#comparison)."""

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


def written_fields(kind: str, managed: Iterable[str], body: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of `Fields` for a body: its managed fields, then those computed ones that it sets all the same.

    The latter stand as `=dns_info.ttl`, whatever the number of items. What the Controller computes counts only while
    we set it, so this is how a later run knows that it has to be reset. Fields of VIPs, and those that cannot be
    changed in place, are not among them: dropped, they stay as they are.
    """
    set_by_us = [name for name in sorted(COMPUTED.get(kind, ())) if name in body and name not in KINDS[kind].replace]
    for name, computed in _LISTS_WITH_COMPUTED[kind].items():
        items = body.get(name)
        if type(items) is list:
            set_by_us += [f"{name}.{key}" for key in sorted(computed & set().union(*items))]
    return (*sorted(managed), *(f"={path}" for path in set_by_us))


_LISTS_WITH_COMPUTED: Mapping[str, Mapping[str, frozenset[str]]] = {
    kind: {
        name: COMPUTED[field.message]
        for name, field in SCHEMA[kind].items()
        if field.message in COMPUTED and name not in KINDS[kind].replace
    }
    for kind in KINDS
}


def names_written(markers: Mapping[str, str]) -> tuple[str, ...]:
    """The managed fields of an object's last write."""
    return _names_in(markers.get(FIELDS, ""))


@lru_cache(maxsize=256)
def _names_in(fields: str) -> tuple[str, ...]:
    return tuple(name for name in fields.split(",") if name and not name.startswith("="))


@lru_cache(maxsize=256)
def computed_fields(kind: str, fields: str) -> Mapping[str, frozenset[str]]:
    """`COMPUTED` for an object whose `Fields` are these: less what our last write set."""
    found = dict(COMPUTED)
    for path in (name[1:] for name in fields.split(",") if name.startswith("=")):
        name, _, inner = path.rpartition(".")
        message = SCHEMA[kind][name].message if name in SCHEMA[kind] else kind
        found[message] = found.get(message, frozenset()) - {inner}
    return found


def managed_fields(kind: str, rendered: Iterable[str], written_before: Iterable[str]) -> frozenset[str]:
    """The top-level fields that are ours in this comparison (docs/safety.md#comparison)."""
    row = KINDS[kind]
    return row.managed | frozenset(rendered) | frozenset(written_before)
