"""Objects as an API server or kubectl prints them → typed values, with only the fields that count."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from sync.cluster.client import ClusterError
from sync.model.cluster import ClusterService
from sync.model.problem import Origin, dotted
from sync.model.resources.core import EndpointSlice, Node, Pod, Service
from sync.model.resources.resource import Resource

R = TypeVar("R", bound=Resource)
Item = Mapping[str, Any]

EVERYTHING = None
"""In `FIELDS`: whatever is below."""

FIELDS: Mapping[type[Resource], Mapping[str, Any]] = {
    Service: {
        "metadata": {"name": EVERYTHING, "namespace": EVERYTHING},
        "spec": {
            "type": EVERYTHING,
            "ports": [
                {
                    "name": EVERYTHING,
                    "port": EVERYTHING,
                    "protocol": EVERYTHING,
                    "targetPort": EVERYTHING,
                    "nodePort": EVERYTHING,
                }
            ],
        },
    },
    EndpointSlice: {
        "metadata": {"name": EVERYTHING, "namespace": EVERYTHING, "labels": {"kubernetes.io/service-name": EVERYTHING}},
        "addressType": EVERYTHING,
        "ports": [{"name": EVERYTHING, "port": EVERYTHING, "protocol": EVERYTHING}],
        "endpoints": [
            {
                "addresses": EVERYTHING,
                "conditions": {"ready": EVERYTHING, "terminating": EVERYTHING},
                "nodeName": EVERYTHING,
                "targetRef": {"kind": EVERYTHING, "name": EVERYTHING},
            }
        ],
    },
    Node: {
        "metadata": {"name": EVERYTHING, "labels": EVERYTHING, "annotations": EVERYTHING},
        "spec": {"podCIDR": EVERYTHING, "podCIDRs": EVERYTHING},
        "status": {"addresses": [{"type": EVERYTHING, "address": EVERYTHING}]},
    },
    Pod: {
        "metadata": {
            "name": EVERYTHING,
            "namespace": EVERYTHING,
            "labels": EVERYTHING,
            "annotations": {"nodeportlocal.antrea.io": EVERYTHING},
        },
        "spec": {
            "nodeName": EVERYTHING,
            "containers": [{"ports": [{"name": EVERYTHING, "containerPort": EVERYTHING, "protocol": EVERYTHING}]}],
        },
        "status": {"podIP": EVERYTHING, "conditions": [{"type": EVERYTHING, "status": EVERYTHING}]},
    },
}
"""The fields that mean something here; all others are dropped as soon as they are read (a Node carries 50 images)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """Makes values of what one cluster prints; `origin` is how problems name the cluster."""

    origin: str

    def resources(self, kind: type[R], items: Iterable[Item]) -> Iterator[R]:
        """The objects of a kind, without those that are being deleted, but for EndpointSlices. Raises ClusterError."""
        for item in items:
            if is_leaving(item) and kind is not EndpointSlice:
                continue
            found = {**picked(item, FIELDS[kind]), "origin": Origin(file=self.origin, is_cluster=True)}
            yield _validated(kind, found)

    def services(self, items: Iterable[Item]) -> Iterator[ClusterService]:
        """The Services, without those that are being deleted. Raises ClusterError."""
        for item in items:
            if is_leaving(item):
                continue
            found = picked(item, FIELDS[Service])
            metadata, spec = found.get("metadata") or {}, found.get("spec") or {}
            flat = {**metadata, "type": spec.get("type", "ClusterIP"), "ports": spec.get("ports", [])}
            yield _validated(ClusterService, flat)


def picking(kind: type[Resource]) -> Callable[[Iterable[Item]], Iterator[Item]]:
    """Picks the fields that count of the objects of a kind, without those that `Parser` leaves out."""

    def pick(items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            if not is_leaving(item) or kind is EndpointSlice:
                yield picked(item, FIELDS[kind])

    return pick


def is_leaving(item: Item) -> bool:
    """Whether the object is being deleted."""
    metadata = item.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("deletionTimestamp"))


def picked(value: Any, shape: Any) -> Any:
    """Only what the shape names; what is null counts as absent, as everywhere in the API."""
    if isinstance(shape, dict) and isinstance(value, dict):
        return {key: picked(value[key], below) for key, below in shape.items() if value.get(key) is not None}
    if isinstance(shape, list) and isinstance(value, list):
        return [picked(each, shape[0]) for each in value]
    return value


V = TypeVar("V")


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _validated(kind: type[V], found: Any) -> V:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    adapter: TypeAdapter[V] = _ADAPTERS[kind]
    try:
        return adapter.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = f"{kind.__name__.removeprefix('Cluster')}.{dotted(first['loc'])}"
        raise ClusterError(f"{field} is not as an API server writes it: {first['msg'].lower()}") from None
