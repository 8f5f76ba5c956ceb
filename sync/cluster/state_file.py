"""A file that stands in for a cluster: what `kubectl get … -o yaml` or `avi-sync cluster export` prints."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from sync.cluster.client import ClusterError
from sync.cluster.objects import I, Item, NodeItem, PodItem, ServiceItem, SliceItem, item_of, manifest_of
from sync.errors import UsageError
from sync.model.cluster import ClusterNeeds, ClusterState, Unread
from sync.model.problem import Origin
from sync.model.resources.core import EndpointSlice, Node, Pod, Service
from sync.model.resources.resource import GroupKind

READ_AT = "avi-sync/read-at"
CLUSTER = "avi-sync/cluster"
"""Annotations of an exported list."""

MOST_BYTES = 512 * 1024 * 1024

_KINDS = (Service, EndpointSlice, Pod, Node)


def read_state_file(file: Path, needs: ClusterNeeds) -> ClusterState:
    """What the file says of the Services that count. Raises UsageError for a file that is none of its kind.

    A kind of which the file holds nothing counts as not read: it is unknown whether it was requested.
    """
    documents = tuple(_documents(file))
    lists = [each for each in documents if each.get("kind") == "List"]
    annotations = _annotations(lists[0]) if lists else {}
    name = annotations.get(CLUSTER) or str(file)
    items = _by_kind(documents)
    origin = Origin(file=f"cluster {name}", is_cluster=True)
    wanted = needs.services
    try:
        services = {each.metadata.key: each.value() for each in _items(ServiceItem, items)}
        slices = tuple(
            each.value(origin)
            for each in (item_of(SliceItem, item) for item in items.get(EndpointSlice.GROUP_KIND, ()))
            if each.service_key in wanted
        )
        pods = tuple(each.value(origin) for each in _items(PodItem, items)) if needs.pods else ()
        nodes = tuple(each.value(origin) for each in _items(NodeItem, items)) if needs.nodes else ()
    except ClusterError as error:
        raise UsageError(error.reason, where=str(file), fix="export the cluster again") from None
    return ClusterState(
        name=name,
        read_at=_read_at(annotations, file),
        services={key: each for key, each in services.items() if key in wanted},
        slices=slices,
        nodes=nodes,
        pods=pods,
        unread=tuple(
            Unread(group_kind=kind.GROUP_KIND, namespace="", reason=f"{file} holds no {kind.GROUP_KIND.kind}")
            for kind in _kinds_of(needs)
            if not items.get(kind.GROUP_KIND)
        ),
    )


def exported(name: str, read_at: datetime, items: Iterable[Item]) -> Iterator[str]:
    """The text of a file that holds these objects, as JSON, which is YAML: only the fields that count."""
    head = {
        "apiVersion": "v1",
        "kind": "List",
        "metadata": {"annotations": {CLUSTER: name, READ_AT: read_at.isoformat(timespec="seconds")}},
    }
    yield json.dumps(head, indent=1)[:-2] + ',\n "items": [\n'
    separator = ""
    for item in items:
        yield f"{separator}  {json.dumps(manifest_of(item), sort_keys=True)}"
        separator = ",\n"
    yield "\n ]\n}\n"


def _items(kind: type[I], items: Mapping[GroupKind, Sequence[Any]]) -> Iterator[I]:
    """The objects of a kind that are not being deleted."""
    for value in items.get(kind.GROUP_KIND, ()):
        item = item_of(kind, value)
        if item.metadata.deletion_timestamp is None:
            yield item


def _kinds_of(needs: ClusterNeeds) -> Iterator[type[Service | EndpointSlice | Pod | Node]]:
    yield Service
    if needs.slices:
        yield EndpointSlice
    if needs.pods:
        yield Pod
    if needs.nodes:
        yield Node


def _documents(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(f"the file has more than {MOST_BYTES // 1024 // 1024} MB", where=str(file))
        content = file.read_bytes()
    except OSError as error:
        fix = "check --cluster-state (SYNC_CLUSTER_STATE), or write the file with avi-sync cluster export"
        raise UsageError(
            f"the state of the cluster cannot be read: {error.strerror}", where=str(file), fix=fix
        ) from None
    try:
        found = [json.loads(content)] if content.lstrip()[:1] == b"{" else yaml.load_all(content, yaml.CSafeLoader)
        documents = [each for each in found if each is not None]
    except (ValueError, yaml.YAMLError, RecursionError):
        raise UsageError(
            "the file is neither JSON nor YAML",
            where=str(file),
            fix="write it with avi-sync cluster export, or kubectl get services,endpointslices -A -o json",
        ) from None
    if not documents or not all(isinstance(each, dict) and each.get("kind") for each in documents):
        raise UsageError(
            "the file holds no Kubernetes objects", where=str(file), fix="write it with avi-sync cluster export"
        )
    yield from documents


def _by_kind(documents: Iterable[Mapping[str, Any]]) -> Mapping[GroupKind, list[Any]]:
    found: dict[GroupKind, list[Any]] = {}
    known = {kind.GROUP_KIND for kind in _KINDS}
    for document in documents:
        items = document.get("items")
        for item in items if isinstance(items, list) else [document]:
            if isinstance(item, dict):
                group = str(item.get("apiVersion", document.get("apiVersion", ""))).rpartition("/")[0]
                kind = GroupKind(group, str(item.get("kind") or str(document.get("kind")).removesuffix("List")))
                if kind in known:
                    found.setdefault(kind, []).append(item)
    return found


def _annotations(document: Mapping[str, Any]) -> Mapping[str, str]:
    metadata = document.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _read_at(annotations: Mapping[str, str], file: Path) -> datetime:
    """When the cluster was read: as the file says, else when it was written."""
    if READ_AT not in annotations:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    try:
        found = datetime.fromisoformat(annotations[READ_AT])
    except ValueError:
        raise UsageError(f"{READ_AT} is not a time: {annotations[READ_AT]}", where=str(file)) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
