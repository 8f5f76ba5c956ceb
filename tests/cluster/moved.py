"""A tree whose back ends move from Git into a cluster."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from sync.desired import Source
from sync.model.cluster import ClusterService, ClusterState
from sync.model.resources.core import EndpointSlice, Node, Pod, Service
from sync.model.resources.resource import Resource
from sync.model.resources.tree import Resources
from sync.model.settings import Settings

R = TypeVar("R", bound=Resource)

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


def cluster_with(resources: Resources) -> ClusterState:
    """A cluster to which all of these manifests were applied."""
    return ClusterState(
        name="test",
        read_at=NOON,
        services={
            each.key: ClusterService(
                namespace=each.namespace, name=each.name, type=each.spec.type, ports=each.spec.ports
            )
            for each in resources.of(Service)
        },
        slices=tuple(map(_live, resources.of(EndpointSlice))),
        nodes=tuple(map(_live, resources.of(Node))),
        pods=tuple(map(_live, resources.of(Pod))),
    )


def _live(item: R) -> R:
    return replace(item, origin=replace(item.origin, file="cluster test", is_cluster=True))


def without_back_ends(resources: Resources) -> Resources:
    """The manifests that people write: no EndpointSlices, no Nodes, no Pods, no node ports."""
    services = tuple(
        replace(each, spec=replace(each.spec, ports=tuple(replace(port, node_port=0) for port in each.spec.ports)))
        for each in resources.of(Service)
    )
    gone = {kind.GROUP_KIND: () for kind in (EndpointSlice, Node, Pod)}
    return replace(resources, found={**resources.found, **gone, Service.GROUP_KIND: services})


def following(source: Source) -> Source:
    """The source with `SyncSettings.backends: cluster`."""
    assert source.settings is not None
    return replace(source, settings=following_settings(source.settings))


def following_settings(settings: Settings) -> Settings:
    """The settings with `SyncSettings.backends: cluster`."""
    return replace(settings, sync=replace(settings.sync, backends="cluster"))
