"""Objects as an API server or kubectl prints them → typed values, with only the fields that count.

The item types below are these fields: whatever else an object has is dropped while it is parsed (a Node carries 50
images), and `cluster export` writes nothing but them.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sync.cluster.client import ClusterError
from sync.model.cluster import ClusterService, ServiceKey
from sync.model.problem import Origin, dotted
from sync.model.resources.core import (
    SERVICE_NAME_LABEL,
    AddressType,
    Endpoint,
    EndpointSlice,
    Node,
    NodeSpec,
    NodeStatus,
    Pod,
    PodSpec,
    PodStatus,
    Service,
    ServicePort,
    SlicePort,
)
from sync.model.resources.resource import CAMEL, DEFAULT_NAMESPACE, GroupKind, Metadata
from sync.model.types import Label, Subdomain, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What of `metadata` counts for every kind."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    name: Subdomain
    namespace: Label = DEFAULT_NAMESPACE
    deletion_timestamp: Text | None = None

    @property
    def key(self) -> ServiceKey:
        """Namespace and name."""
        return (self.namespace, self.name)


class Item(Protocol):
    """One object of a list."""

    GROUP_KIND: ClassVar[GroupKind]

    @property
    def metadata(self) -> _Head:
        """Its name, and whether it is being deleted."""


I = TypeVar("I", bound=Item)  # noqa: E741 -- an item


@dataclass(frozen=True, slots=True, kw_only=True)
class _ServiceForm:
    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    type: Text = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceItem:
    """A Service, for the node ports that its cluster has allocated."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    GROUP_KIND: ClassVar[GroupKind] = Service.GROUP_KIND
    metadata: _Head
    spec: _ServiceForm = field(default_factory=_ServiceForm)

    def value(self) -> ClusterService:
        """As its cluster has it."""
        head, spec = self.metadata, self.spec
        return ClusterService(namespace=head.namespace, name=head.name, type=spec.type, ports=spec.ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SliceLabels:
    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    service: Annotated[Text, Field(alias=SERVICE_NAME_LABEL)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _SliceHead(_Head):
    labels: _SliceLabels = field(default_factory=_SliceLabels)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceItem:
    """An EndpointSlice. A placeholder has neither ports nor endpoints: both are null there (Kubernetes 1.30)."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    GROUP_KIND: ClassVar[GroupKind] = EndpointSlice.GROUP_KIND
    metadata: _SliceHead
    address_type: AddressType
    ports: tuple[SlicePort, ...] | None = None
    endpoints: tuple[Endpoint, ...] | None = None

    @property
    def service_key(self) -> ServiceKey:
        """The Service that it belongs to."""
        return (self.metadata.namespace, self.metadata.labels.service)

    def value(self, origin: Origin) -> EndpointSlice:
        """As a manifest would be."""
        head = self.metadata
        labels = {SERVICE_NAME_LABEL: head.labels.service}
        return EndpointSlice(
            metadata=Metadata(name=head.name, namespace=head.namespace, labels=labels),
            origin=origin,
            address_type=self.address_type,
            ports=self.ports or (),
            endpoints=self.endpoints or (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodeHead(_Head):
    labels: Mapping[Text, Text] = field(default_factory=dict)
    annotations: Mapping[Text, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeItem:
    """A Node; its annotations may tell its pod networks."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    GROUP_KIND: ClassVar[GroupKind] = Node.GROUP_KIND
    metadata: _NodeHead
    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)

    def value(self, origin: Origin) -> Node:
        """As a manifest would be."""
        head = self.metadata
        metadata = Metadata(name=head.name, labels=head.labels, annotations=head.annotations)
        return Node(metadata=metadata, origin=origin, spec=self.spec, status=self.status)


_ANTREA = "nodeportlocal.antrea.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PodAnnotations:
    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    node_ports: Annotated[Text | None, Field(alias=_ANTREA)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _PodHead(_Head):
    labels: Mapping[Text, Text] = field(default_factory=dict)
    annotations: _PodAnnotations = field(default_factory=_PodAnnotations)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodItem:
    """A Pod, for the node ports that Antrea has given it."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    GROUP_KIND: ClassVar[GroupKind] = Pod.GROUP_KIND
    metadata: _PodHead
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)

    def value(self, origin: Origin) -> Pod:
        """As a manifest would be."""
        head = self.metadata
        ports = head.annotations.node_ports
        metadata = Metadata(
            name=head.name,
            namespace=head.namespace,
            labels=head.labels,
            annotations={_ANTREA: ports} if ports is not None else {},
        )
        return Pod(metadata=metadata, origin=origin, spec=self.spec, status=self.status)


# --- parsing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """Of which version of a list a page is, and the token for the next page; empty on the last one."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    resource_version: Text = ""
    next_token: Annotated[Text, Field(alias="continue")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[I]):
    """One answer to a request for a list."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    kind: Text = ""
    metadata: PageHead = field(default_factory=PageHead)
    items: tuple[I, ...] | None = None


def page_of(kind: type[I], body: bytes) -> Page[I]:
    """The page; raises ClusterError for anything that is none.

    What an API server writes is parsed in one step, without building what is dropped. Only if that fails, because
    something is null or wrong, the whole is loaded: null counts as absent, as everywhere in the API.
    """
    adapter: TypeAdapter[Page[I]] = _adapter(Page[kind])  # type: ignore[valid-type]
    try:
        page = adapter.validate_json(body)
    except ValidationError:
        page = _validated(adapter, _loaded(body), kind)
    if page.kind != f"{kind.GROUP_KIND.kind}List":
        message = f"the API server did not answer with a list of kind {kind.GROUP_KIND.kind}"
        raise ClusterError(message, status=_WRONG)
    return page


def item_of(kind: type[I], value: Any) -> I:
    """One object of a file; raises ClusterError."""
    adapter: TypeAdapter[I] = _adapter(kind)
    return _validated(adapter, value, kind)


def manifest_of(item: Item) -> Mapping[str, Any]:
    """The object with only the fields that count, as `item_of` reads it."""
    group, kind = item.GROUP_KIND
    fields = _adapter(type(item)).dump_python(item, mode="json", by_alias=True, exclude_defaults=True)
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, **fields}


_WRONG = 200
"""The status of an answer that arrived, but with unexpected content."""

V = TypeVar("V")


@functools.cache
def _adapter(kind: type[V]) -> TypeAdapter[V]:
    return TypeAdapter(kind)


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ClusterError("the API server answers with something that is no JSON", status=_WRONG) from None


def _validated(adapter: TypeAdapter[V], value: Any, kind: type[Item]) -> V:
    try:
        return adapter.validate_python(_without_nulls(value))
    except RecursionError:
        raise ClusterError("the API server answers with JSON that is too deep", status=_WRONG) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = first["loc"][2:] if first["loc"][:1] == ("items",) else first["loc"]
        what = f"{kind.GROUP_KIND.kind}.{dotted(place)}" if place else f"the list of {kind.GROUP_KIND.kind}s"
        raise ClusterError(f"{what} is not one of an API server: {first['msg'].lower()}", status=_WRONG) from None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
