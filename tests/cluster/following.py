"""Trees that follow a cluster, in memory: what they request with the slices that the cluster has at one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import yaml

from sync.cluster.objects import ServiceItem, SliceItem, item_of
from sync.config import read_settings
from sync.desired import Source, make_desired
from sync.model.cluster import ClusterState
from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.model.problem import Origin
from sync.model.source import Snapshot, SourceFile
from sync.source.manifests import parse_manifests
from sync.template_files import read_templates
from sync.translate.cluster import needs_of, with_cluster
from tests.shared.tree import GATEWAY_CLASS, VALUES, Manifest, gateway, service

FOLLOWING: Manifest = {**VALUES, "SyncSettings": {"backends": "cluster"}}
ORIGIN = Origin(file="cluster test", is_cluster=True)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
READY = {"ready": True, "serving": True, "terminating": False}
STARTING = {"ready": False, "serving": False, "terminating": False}
DRAINING = {"ready": False, "serving": True, "terminating": True}
STOPPING = {"ready": False, "serving": False, "terminating": True}

Endpoints = Mapping[str, Mapping[str, bool]]
"""The conditions of each address."""


def allowing_none(*services: str) -> Manifest:
    """values.yaml of a tree in which these Services may have no server."""
    return {**VALUES, "SyncSettings": {"backends": "cluster", "guards": {"servers": {"allowNone": [*services]}}}}


def apps(*names: str) -> list[Manifest]:
    """Gateways of these names, each with its Service, and no back ends in Git."""
    return [item for name in names for item in (gateway(name), service(f"{name}-svc", gateway=name))]


def slice_of(name: str, endpoints: Endpoints) -> dict[str, Any]:
    """The slice of the Service of Gateway `name`; the placeholder where it has no endpoints."""
    return {
        "metadata": {
            "namespace": "shop",
            "name": f"{name}-svc-1",
            "labels": {"kubernetes.io/service-name": f"{name}-svc"},
        },
        "addressType": "IPv4",
        "ports": [{"name": "p80", "port": 8080, "protocol": "TCP"}] if endpoints else [],
        "endpoints": [{"addresses": [each], "conditions": dict(conditions)} for each, conditions in endpoints.items()],
    }


def cluster_of(slices: Iterable[Mapping[str, Any]], *services: Manifest) -> ClusterState:
    """A cluster with these Services and slices, all of which was read."""
    found = [item_of(ServiceItem, dict(each)).value() for each in services]
    parsed = tuple(item_of(SliceItem, dict(each)).value(ORIGIN) for each in slices)
    return ClusterState(name="test", read_at=NOW, services={each.key: each for each in found}, slices=parsed)


class Following:
    """One tree; it is read once, and asked with one cluster after another. `broken` is a file that cannot be parsed."""

    def __init__(self, *manifests: Manifest, values: Manifest = FOLLOWING, broken: str = "") -> None:
        files = {"all.yaml": [GATEWAY_CLASS, *manifests], "values.yaml": [values]}
        texts = {path: yaml.safe_dump_all(items) for path, items in files.items()} | (
            {"x.yaml": broken} if broken else {}
        )
        snapshot = Snapshot(
            location="tree",
            commit="c0ffee",
            files=tuple(SourceFile(path=path, content=text.encode()) for path, text in texts.items()),
        )
        settings, problems = read_settings(snapshot, max_aliases=1000)
        resources, found = parse_manifests(snapshot, exclude=(), max_aliases=1000)
        assert settings is not None
        self.settings = settings
        self.services = [each for each in manifests if each["kind"] == "Service"]
        self._source = Source(
            snapshot=snapshot,
            settings=settings,
            resources=resources,
            templates=read_templates(snapshot),
            problems=(*problems, *found),
        )

    def cluster(self, endpoints: Mapping[str, Endpoints]) -> ClusterState:
        """The cluster with these endpoints of each Gateway's Service; one that is not named has no slice."""
        return cluster_of((slice_of(name, found) for name, found in endpoints.items()), *self.services)

    def desired(self, cluster: ClusterState) -> DesiredState:
        """What the tree requests while the cluster is like this."""
        assert needs_of(self._source.resources, self.settings) is not None
        resources, problems = with_cluster(self._source.resources, cluster, self.settings)
        source = replace(self._source, resources=resources, problems=(*self._source.problems, *problems))
        return make_desired(source, None)


def enabled(live: LiveState, name: str) -> set[str]:
    """The addresses of the enabled servers of a Gateway's pool."""
    return {address for address, is_enabled in servers(live, name).items() if is_enabled}


def servers(live: LiveState, name: str) -> dict[str, bool]:
    """Address → enabled, of the servers of a Gateway's pool."""
    (pool,) = (item for item in live if item.key.kind == "Pool" and item.owner and item.owner.name == name)
    return {each["ip"]["addr"]: each.get("enabled", True) for each in pool.body.get("servers") or ()}
