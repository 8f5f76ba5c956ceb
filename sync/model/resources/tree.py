"""The manifests of one source tree, sorted by kind, with what could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sync.model.desired import OwnerKind, ServiceKey, UnknownServers
from sync.model.problem import Origin
from sync.model.resources.resource import GroupKind, ManifestKey, Resource, title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenResource:
    """A manifest that exists but cannot be used: everything that depends on it is held.

    `labels` and `annotations` are those that could be read, because they show what depends on a Service or
    EndpointSlice; `service_type` is the type of a Service, empty if it cannot be read.
    """

    group_kind: GroupKind
    namespace: str
    name: str
    labels: Mapping[str, str]
    origin: Origin
    annotations: Mapping[str, str] = field(default_factory=dict)
    service_type: str = ""

    def is_a(self, *kinds: type[Resource]) -> bool:
        """Whether it would be of one of these kinds."""
        return any(self.group_kind == kind.GROUP_KIND for kind in kinds)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)

    @property
    def manifest_key(self) -> ManifestKey:
        """Kind, namespace and name."""
        return (self.group_kind, *self.key)

    @property
    def title(self) -> str:
        """How messages name it: `Gateway blue/web`."""
        return title_of(self.group_kind, *self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Namesake:
    """A manifest that is not ours but has the name of a kind of ours: of another group, or a patch.

    It has no effect unless a live owner has its name; `message` and `fix` are for that. `owner` is what a manifest of
    ours would be for.
    """

    owner: OwnerKind
    message: str
    fix: str
    namespace: str
    name: str
    origin: Origin

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)


BackEndKey = tuple[ServiceKey, tuple[str, int]]
"""A Service, and protocol and number of one of its ports."""

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Everything usable of one source tree.

    `found` are the usable manifests by kind, in the order of the files.
    `is_complete` is False while something in the tree could not be read: then absence proves nothing.
    `namesakes` are manifests of kinds that are called like ours.
    `ignored` counts the manifests of kinds that mean nothing here, by `apiVersion/kind`.
    `followed` are the Services whose back ends a cluster tells, `unknown_servers` those of its ports of which it could
    not (`sync.translate.cluster`).
    """

    found: Mapping[GroupKind, tuple[Resource, ...]] = field(default_factory=dict)
    broken: tuple[BrokenResource, ...] = ()
    namesakes: tuple[Namesake, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
    is_complete: bool = True
    followed: frozenset[ServiceKey] = frozenset()
    unknown_servers: Mapping[BackEndKey, UnknownServers] = field(default_factory=dict)

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """The usable manifests of a kind."""
        return tuple(item for item in self.found.get(kind.GROUP_KIND, ()) if isinstance(item, kind))

    def broken_of(self, *kinds: type[Resource]) -> tuple[BrokenResource, ...]:
        """The unusable manifests of these kinds."""
        return tuple(item for item in self.broken if item.is_a(*kinds))

    def is_empty(self) -> bool:
        """Whether the tree holds no manifest that we read, usable or not."""
        return not (any(self.found.values()) or self.broken)
