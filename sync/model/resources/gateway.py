"""networking.x-k8s.io/v1alpha1: GatewayClass and Gateway, with the constraints of AKO's CRDs (AKO 2.2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sync.model.resources.resource import CAMEL, GroupKind, Resource
from sync.model.types import Port, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersRef:
    """A reference by name only; the object is cluster-scoped."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    group: Text
    kind: Text
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayClassSpec:
    """Which controller serves the class, and with what parameters."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    controller: Annotated[Text, Field(min_length=1, max_length=253)]
    parameters_ref: ParametersRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayClass(Resource):
    """networking.x-k8s.io/v1alpha1 GatewayClass."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("networking.x-k8s.io", "GatewayClass")
    NAMESPACED: ClassVar[bool] = False
    spec: GatewayClassSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSelector:
    """Only `matchLabels` is read, as in AKO."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    match_labels: Mapping[Text, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Which Services belong to a listener."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    kind: Annotated[Text, Field(min_length=1, max_length=253)]
    selector: RouteSelector = field(default_factory=RouteSelector)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One port of a Gateway."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    port: Port
    protocol: Text
    routes: Routes
    hostname: Annotated[Text, Field(min_length=1, max_length=253)] | None = None

    @property
    def port_key(self) -> tuple[str, int]:
        """Protocol and port: what a Service port must equal to serve the listener."""
        return (self.protocol, self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAddress:
    """An address that the Gateway requests."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    value: Annotated[Text, Field(min_length=1, max_length=253)]
    type: Literal["IPAddress", "NamedAddress"] = "IPAddress"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec:
    """Class, listeners and addresses."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    gateway_class_name: Annotated[Text, Field(min_length=1, max_length=253)]
    listeners: Annotated[tuple[Listener, ...], Field(min_length=1, max_length=64)]
    addresses: Annotated[tuple[GatewayAddress, ...], Field(max_length=16)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway(Resource):
    """networking.x-k8s.io/v1alpha1 Gateway."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("networking.x-k8s.io", "Gateway")
    spec: GatewaySpec
