"""What a Kubernetes cluster makes of the Services of a tree, as it was read at one time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.model.resources.core import EndpointSlice, Node, Pod, ServicePort
from sync.model.resources.resource import GroupKind

ServiceKey = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNeeds:
    """What a tree needs of its cluster; nothing else is read.

    `services` are those whose servers come from the cluster. `slices`, `nodes` and `pods` tell which kinds serve them.
    """

    services: frozenset[ServiceKey]
    slices: bool = True
    nodes: bool = False
    pods: bool = False

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of the Services, sorted."""
        return tuple(sorted({namespace for namespace, _ in self.services}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterService:
    """A Service as the cluster has it; `ports` carry the node ports that it has allocated."""

    namespace: str
    name: str
    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()

    @property
    def key(self) -> ServiceKey:
        """Namespace and name."""
        return (self.namespace, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Objects of a kind that could not be read; `namespace` is empty for those of the whole cluster.

    `reason` is one sentence without secrets.
    """

    group_kind: GroupKind
    namespace: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """What was read of one cluster. What is absent while `unread` names its kind and namespace is unknown, not gone.

    `name` is how messages call the cluster. `read_at` is the time of the read, of a file that of its export.
    """

    name: str
    read_at: datetime
    services: Mapping[ServiceKey, ClusterService] = field(default_factory=dict)
    slices: tuple[EndpointSlice, ...] = ()
    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()
    unread: tuple[Unread, ...] = ()

    def unread_of(self, group_kind: GroupKind, namespace: str) -> Unread | None:
        """Why objects of this kind and namespace are unknown; None where they were read."""
        return next(
            (each for each in self.unread if each.group_kind == group_kind and each.namespace in ("", namespace)), None
        )
