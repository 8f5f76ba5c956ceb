"""Controller → LiveState: paged lists of our kinds, and whose each object is."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sync.compare.markers import markers_of
from sync.compare.references import parse_reference
from sync.controller.client import ControllerClient
from sync.kinds import KINDS, Kind
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.settings import Settings
from sync.translate.names import MANAGED_BY, TOOL, Names


def read_live(client: ControllerClient, settings: Settings) -> LiveState:
    """Everything of our kinds that the account can see; raises if any list cannot be read whole.

    With `dedicatedTenantMode` only the tenant of values.yaml is looked at (AKO 2.2.1, internal/lib/lib.go:785).
    """
    tenant = settings.controller.tenant_name if settings.controller.dedicated_tenant_mode else "*"
    names = Names(cluster=settings.cluster, is_encoded=settings.ako.enable_evh)
    with ThreadPoolExecutor(max_workers=len(KINDS)) as pool:
        lists = list(pool.map(lambda kind: _list(client, kind, tenant), KINDS.values()))
    found = (
        live_object(body, kind, names) for kind, bodies in zip(KINDS.values(), lists, strict=True) for body in bodies
    )
    return LiveState(objects={item.key: item for item in found})


def _list(client: ControllerClient, kind: Kind, tenant: str) -> list[dict[str, Any]]:
    return client.list_all(f"/api/{kind.path}", {"include_name": "true"}, tenant=tenant)


def live_object(body: Mapping[str, Any], kind: Kind, names: Names) -> LiveObject:
    """One listed body as a live object."""
    key = ObjectKey(
        kind=kind.name,
        tenant=_name_of(body.get("tenant_ref", "")),
        cloud=_name_of(body.get("cloud_ref", "")) if kind.has_cloud else "",
        name=str(body.get("name", "")),
    )
    markers = markers_of(body)
    ownership = _ownership(key, markers, names)
    is_ours = ownership is Ownership.OURS
    return LiveObject(
        key=key,
        uuid=str(body.get("uuid", "")),
        body=body,
        ownership=ownership,
        owner=_owner(markers) if is_ours else None,
        owner_name=_owner_name(markers, names) if is_ours else "",
    )


def _ownership(key: ObjectKey, markers: Mapping[str, str], names: Names) -> Ownership:
    """Ours by marker, cluster and name; a cluster whose name is a prefix of another's never sees the other's."""
    if markers.get(MANAGED_BY) != TOOL or markers.get("clustername") != names.cluster:
        return Ownership.FOREIGN
    return Ownership.OURS if key.name in names.spelled_by(key.kind, dict(markers)) else Ownership.CLONE


def _owner(markers: Mapping[str, str]) -> Owner:
    namespace, gateway = markers.get("Namespace", ""), markers.get("GatewayName", "")
    if gateway:
        return Owner(kind=OwnerKind.GATEWAY, namespace=namespace, name=gateway)
    return Owner(kind=OwnerKind.SERVICE, namespace=namespace, name=markers.get("ServiceName", ""))


def _owner_name(markers: Mapping[str, str], names: Names) -> str:
    owner = _owner(markers)
    return names.virtual_service(owner.namespace, owner.name)


def _name_of(reference: Any) -> str:
    parsed = parse_reference(str(reference))
    return parsed.name if parsed else ""
