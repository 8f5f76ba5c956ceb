"""The manifests of one source tree, sorted by kind, with what could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.model.problem import Origin
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenResource:
    """A manifest that is there but cannot be used: whatever depends on it is held, nothing of it is deleted.

    `labels` and `annotations` are those that could be read, for a Service or EndpointSlice tells by them what depends
    on it; `service_type` is what a Service says of its type, empty where that cannot be read.
    """

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    origin: Origin
    annotations: Mapping[str, str] = field(default_factory=dict)
    service_type: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Namesake:
    """A Gateway or Service that is none of ours: of another group, or a patch.

    It means nothing, unless what is live has its name; `message` and `fix` are for that.
    """

    kind: str
    message: str
    fix: str
    namespace: str
    name: str
    origin: Origin

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Everything usable of one source tree.

    `is_complete` is False while something in the tree could not be read: then absence proves nothing.
    `namesakes` are manifests of kinds that are called like ours.
    `ignored` counts the manifests of kinds that mean nothing here, by `apiVersion/kind`.
    """

    gateway_classes: tuple[GatewayClass, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    services: tuple[Service, ...] = ()
    endpoint_slices: tuple[EndpointSlice, ...] = ()
    endpoints: tuple[Endpoints, ...] = ()
    nodes: tuple[Node, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    pods: tuple[Pod, ...] = ()
    infra_settings: tuple[AviInfraSetting, ...] = ()
    l4_rules: tuple[L4Rule, ...] = ()
    broken: tuple[BrokenResource, ...] = ()
    namesakes: tuple[Namesake, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
    is_complete: bool = True

    def is_empty(self) -> bool:
        """Whether the tree holds no manifest that we read, usable or not."""
        return not any(
            (
                self.gateway_classes,
                self.gateways,
                self.services,
                self.endpoint_slices,
                self.endpoints,
                self.nodes,
                self.namespaces,
                self.pods,
                self.infra_settings,
                self.l4_rules,
                self.broken,
            )
        )
