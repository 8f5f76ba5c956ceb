"""Objects as AKO makes them, from what a tree requests (AKO 2.2.1: internal/rest/avi_obj_{vs,vsvip,pool,l4ps}.go)."""

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sync.desired import load_source, make_desired
from sync.inspection import read_facts_of
from sync.kinds import KINDS
from sync.model.desired import AviObject, DesiredState, ObjectKey
from sync.model.run import Target
from sync.source.git.source import SourceRequest

OURS_ALONE = frozenset({"ManagedBy", "OwnerKind", "ServiceNamespace", "Digest", "Fields", "AskedAddress", "Protected"})
"""Markers that AKO does not write."""

CHECKSUMS = {
    "VsVip": "vsvip_cloud_config_cksum",
    "Pool": "cloud_config_cksum",
    "VirtualService": "cloud_config_cksum",
}


def ako_objects(desired: DesiredState) -> Iterator[tuple[ObjectKey, dict[str, Any]]]:
    """Every object as AKO would create it, climbing."""
    for item in sorted(desired, key=lambda item: (item.key.rank, item.key)):
        yield item.key, ako_body(item, desired.cluster)


def ako_body(item: AviObject, cluster: str) -> dict[str, Any]:
    """One object: AKO's marks in place of ours, its checksum, and what it notes down for itself."""
    kind = item.key.kind
    body = {**item.body, "markers": _markers(item)}
    if kind != "VsVip":
        body["created_by"] = f"ako-{cluster}"
    if kind in CHECKSUMS:
        body[CHECKSUMS[kind]] = str(zlib.crc32(json.dumps(body, sort_keys=True).encode()))
    if kind in ("Pool", "VirtualService"):
        body["service_metadata"] = _service_metadata(item)
    if kind == "VirtualService":
        body["error_page_profile_ref"] = ""
    return body


def _markers(item: AviObject) -> list[dict[str, Any]]:
    kept = [marker for marker in item.body["markers"] if marker["key"] not in OURS_ALONE]
    return [marker for marker in kept if marker["key"] == "clustername"] if item.key.kind == "VsVip" else kept


def _service_metadata(item: AviObject) -> str:
    """All sixteen keys in their order, those without a value too."""
    owner = f"{item.owner.namespace}/{item.owner.name}"
    is_gateway = item.owner.kind == "Gateway"
    return json.dumps(
        {
            "namespace_ingress_name": None,
            "ingress_name": "",
            "namespace": "",
            "hostnames": None,
            "namespace_svc_name": None if is_gateway else [owner],
            "crd_status": {"type": "", "value": "", "status": ""},
            "pool_ratio": 0,
            "passthrough_parent_ref": "",
            "passthrough_child_ref": "",
            "gateway": owner if is_gateway and item.key.kind == "VirtualService" else "",
            "httproute": "",
            "httproute_rule_name": "",
            "insecureedgetermallow": False,
            "is_mci_ingress": False,
            "fqdn_reuse_policy": "",
            "host_namespace_ingress_name": None,
        },
        separators=(",", ":"),
    )


def desired_of(repository: Path, url: str) -> DesiredState:
    """What a repository requests, with the facts of an emulated Controller."""
    request = SourceRequest(location=str(repository), cache_dir=repository.parent / "cache")
    state = str(repository.parent / "state")
    target = Target(controller=url, username="admin", password="emulator", state_folder=state)
    return make_desired(load_source(request), read_facts_of(request, target))


def made_by_ako(desired: DesiredState, call: Callable[..., object]) -> None:
    """Create everything as AKO would; `call(method, path, body, tenant)` sends one request."""
    for key, body in ako_objects(desired):
        call("POST", f"/api/{KINDS[key.kind].path}", body, key.tenant)
