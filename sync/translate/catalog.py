"""The manifests of a tree, found by what refers to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import SERVICE_NAME_LABEL, Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.resource import ManifestKey, Resource
from sync.model.resources.tree import BrokenResource, Resources

CONTROLLER = "ako.vmware.com/avi-lb"
"""The name by which GatewayClasses and loadBalancerClass select us."""

GATEWAY_NAME_LABEL = "ako.vmware.com/gateway-name"
GATEWAY_NAMESPACE_LABEL = "ako.vmware.com/gateway-namespace"

ATTACHABLE = frozenset({"ClusterIP", "NodePort"})
"""Types of Services that can be back ends of a Gateway."""

Key = tuple[str, str]
"""Namespace and name."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Lookups over `Resources`. Everything is in name order, so that no result depends on the order of files."""

    classes: Mapping[str, GatewayClass]
    infra_settings: Mapping[str, AviInfraSetting]
    l4_rules: Mapping[Key, L4Rule]
    namespaces: Mapping[str, Namespace]
    idle_namespaces: frozenset[str]
    """Those with labels or annotations, and with no manifest of ours in them."""
    services_of_gateway: Mapping[Key, tuple[Service, ...]]
    slices_of_service: Mapping[Key, tuple[EndpointSlice, ...]]
    endpoints: Mapping[Key, Endpoints]
    nodes: Mapping[str, Node]
    pods: Mapping[str, tuple[Pod, ...]]
    broken: Mapping[ManifestKey, BrokenResource]
    broken_services_of_gateway: Mapping[Key, tuple[BrokenResource, ...]]
    broken_slices_of_service: Mapping[Key, tuple[BrokenResource, ...]]

    def broken_back_ends(self, service: Key) -> tuple[BrokenResource, ...]:
        """The unusable manifests that should list this Service's back ends."""
        endpoints = self.broken.get((Endpoints.GROUP_KIND, *service))
        return self.broken_slices_of_service.get(service, ()) + ((endpoints,) if endpoints else ())

    def broken_of(self, kind: type[Resource]) -> tuple[BrokenResource, ...]:
        """All unusable manifests of a kind."""
        return tuple(item for item in self.broken.values() if item.is_a(kind))


def make_catalog(resources: Resources) -> Catalog:
    """The lookups of one tree."""
    services = sorted(resources.of(Service), key=lambda service: service.key)
    return Catalog(
        classes={item.name: item for item in resources.of(GatewayClass)},
        infra_settings={item.name: item for item in resources.of(AviInfraSetting)},
        l4_rules={item.key: item for item in resources.of(L4Rule)},
        namespaces={item.name: item for item in resources.of(Namespace)},
        idle_namespaces=_idle_namespaces(resources),
        services_of_gateway=_grouped((gateway_of(s.metadata.labels), s) for s in services if _may_attach(s)),
        slices_of_service=_grouped(
            ((item.namespace, item.service_name), item)
            for item in sorted(resources.of(EndpointSlice), key=lambda item: item.key)
        ),
        endpoints={item.key: item for item in resources.of(Endpoints)},
        nodes={node.name: node for node in sorted(resources.of(Node), key=lambda node: node.name)},
        pods=_grouped((pod.namespace, pod) for pod in sorted(resources.of(Pod), key=lambda pod: pod.key)),
        broken={item.manifest_key: item for item in resources.broken},
        broken_services_of_gateway=_grouped((gateway_of(item.labels), item) for item in resources.broken_of(Service)),
        broken_slices_of_service=_grouped(
            ((item.namespace, item.labels.get(SERVICE_NAME_LABEL, "")), item)
            for item in resources.broken_of(EndpointSlice)
        ),
    )


def _idle_namespaces(resources: Resources) -> frozenset[str]:
    slices = (*resources.of(EndpointSlice), *resources.of(Endpoints))
    inhabitants = (*resources.of(Gateway), *resources.of(Service), *slices, *resources.of(L4Rule), *resources.of(Pod))
    homes = {item.namespace for item in inhabitants} | {item.namespace for item in resources.broken}
    return frozenset(
        item.name
        for item in resources.of(Namespace)
        if item.name not in homes and (item.metadata.labels or item.metadata.annotations)
    )


def gateway_of(labels: Mapping[str, str]) -> Key:
    """The Gateway (namespace, name) that a Service's labels name; both labels are needed (AKO-GATEWAY-LABELS)."""
    return (labels.get(GATEWAY_NAMESPACE_LABEL, ""), labels.get(GATEWAY_NAME_LABEL, ""))


def _may_attach(service: Service) -> bool:
    """Whether it is of a type that can be behind a Gateway and carries both labels."""
    return service.spec.type in ATTACHABLE and all(gateway_of(service.metadata.labels))


K = TypeVar("K")


def _grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return {key: tuple(items) for key, items in groups.items()}
