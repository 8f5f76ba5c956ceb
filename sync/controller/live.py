"""Controller → LiveState: paged lists of our kinds, with the ownership of each object."""

from collections.abc import Mapping
from typing import Any

from sync.avi.markers import OUR_MARKERS, TOOL, Marker, Markers, created_by_ako, created_by_us
from sync.avi.references import parse_reference
from sync.controller.client import ControllerClient
from sync.controller.threads import threads
from sync.kinds import KINDS, Kind
from sync.model.desired import ObjectKey, Owner
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.settings import Settings
from sync.translate.names import Names


def read_live(client: ControllerClient, settings: Settings) -> LiveState:
    """Everything of our kinds that the account can see; raises if any list cannot be read whole.

    With `dedicatedTenantMode` only the tenant of values.yaml is read (AKO-DEDICATED-TENANT).
    """
    tenant = settings.controller.tenant_name if settings.controller.dedicated_tenant_mode else "*"
    names = Names(cluster=settings.cluster, is_encoded=settings.ako.enable_evh)
    with threads(len(KINDS)) as pool:
        lists = list(pool.map(lambda kind: _list(client, kind, tenant), KINDS.values()))
    found = (
        live_object(body, kind, names) for kind, bodies in zip(KINDS.values(), lists, strict=True) for body in bodies
    )
    return LiveState(objects={item.key: item for item in found}, only_tenants=_only_tenants(client, tenant))


def _only_tenants(client: ControllerClient, tenant: str) -> tuple[str, ...] | None:
    if tenant != "*":
        return (tenant,)
    tenants = client.account.tenants
    return None if client.account.is_superuser is not False or tenants is None else tuple(tenants)


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
    markers = Markers.of(body)
    ownership = _ownership(key, kind, str(body.get("created_by", "")), markers, names)
    is_ours, is_akos = ownership is Ownership.OURS, ownership is Ownership.AKO
    return LiveObject(
        key=key,
        uuid=str(body.get("uuid", "")),
        body=body,
        ownership=ownership,
        owner=Owner.of(markers) if is_ours else None,
        owner_name=_owner_name(key, markers, names) if is_ours else "",
        ako_owner=Owner.of(markers) if is_akos else None,
        ako_owner_name=_owner_name(key, markers, names) if is_akos else "",
    )


def _ownership(key: ObjectKey, kind: Kind, creator: str, markers: Markers, names: Names) -> Ownership:
    """Ours by marker, cluster and name; a cluster never claims objects of another one with a longer name."""
    is_marked = markers.our_cluster == names.cluster
    if is_marked or _has_our_traces(kind, creator, markers, names):
        return _ownership_of_ours(key, markers, names, is_marked=is_marked)
    if Marker.MANAGED_BY in markers or markers.is_of_layer_7:
        return Ownership.FOREIGN
    cluster = markers[Marker.CLUSTER]
    if not cluster and not creator:
        return Ownership.UNMARKED
    is_made_by_ako = creator == created_by_ako(names.cluster) if kind.has_created_by else True
    if not is_made_by_ako or cluster not in ("", names.cluster):
        return Ownership.FOREIGN
    return _ownership_by_name(key, markers, names)


def _has_our_traces(kind: Kind, creator: str, markers: Markers, names: Names) -> bool:
    """Whether `created_by`, or a marker that only we write, shows that we made an object that has lost other marks.

    No mark may contradict: those of another tool, of layer 7 or of another cluster were not lost by mistake.
    """
    if markers.is_of_layer_7:
        return False
    for key, ours in ((Marker.MANAGED_BY, TOOL), (Marker.CLUSTER, names.cluster)):
        if key in markers and markers[key] != ours:
            return False
    has_marks_of_ours = any(key in OUR_MARKERS - kind.ako_markers for key, _ in markers)
    return creator == created_by_us(names.cluster) or (not creator and has_marks_of_ours)


def _ownership_of_ours(key: ObjectKey, markers: Markers, names: Names, *, is_marked: bool) -> Ownership:
    """Of an object that we made. Markers for another name mean a copy; markers for none, lost marks."""
    spelled = names.spelled_by(key.kind, markers)
    if is_marked and key.name in spelled:
        return Ownership.OURS
    if is_marked and _is_renamed(key, markers, names):
        return Ownership.RENAMED
    if key.name.startswith(names.prefix) and (not spelled or key.name in spelled):
        return Ownership.STRIPPED
    return Ownership.CLONE if is_marked else Ownership.FOREIGN


def _ownership_by_name(key: ObjectKey, markers: Markers, names: Names) -> Ownership:
    """Of an object with the marks of this cluster's AKO. AKO's VsVips have no markers that give a name."""
    if Marker.NAMESPACE not in markers:
        return Ownership.AKO if key.name.startswith(names.prefix) else Ownership.FOREIGN
    spelled = names.spelled_by(key.kind, markers)
    if not spelled:
        return Ownership.FOREIGN
    if key.name in spelled:
        return Ownership.AKO
    return Ownership.AKO_RENAMED if _is_renamed(key, markers, names) else Ownership.AKO_CLONE


def _is_renamed(key: ObjectKey, markers: Markers, names: Names) -> bool:
    return key.name in names.of_other_encoding.spelled_by(key.kind, markers)


def _owner_name(key: ObjectKey, markers: Markers, names: Names) -> str:
    owner = Owner.of(markers)
    return names.virtual_service(owner.namespace, owner.name) if owner else key.name


def _name_of(reference: Any) -> str:
    parsed = parse_reference(str(reference))
    return parsed.name if parsed else ""
