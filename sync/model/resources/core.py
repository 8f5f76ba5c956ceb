"""v1 and discovery.k8s.io/v1: Services, their back ends, Nodes, Namespaces and Pods (Kubernetes 1.30)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sync.model.resources.resource import CAMEL, GroupKind, Resource
from sync.model.types import Flag, OptionalPort, Port, Text, Whole


class Protocol(StrEnum):
    """The protocols of a Service port."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort:
    """One port of a Service. `target_port` 0 means: the same number as `port`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    port: Port
    protocol: Protocol = Protocol.TCP
    name: Text = ""
    target_port: Whole | Text = 0
    node_port: OptionalPort = 0

    @property
    def port_key(self) -> tuple[str, int]:
        """Protocol and port."""
        return (self.protocol.value, self.port)

    @property
    def target(self) -> int | str:
        """The port number of the pods, or the name under which each pod declares it."""
        return self.target_port or self.port


ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """What AKO reads of a Service for layer 4, and nothing else."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    stated_type: Annotated[ServiceType | None, Field(alias="type")] = None
    """What the manifest says; a lost line says nothing."""
    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[Text, Text] = field(default_factory=dict)
    load_balancer_ip: Annotated[Text, Field(alias="loadBalancerIP")] = ""
    load_balancer_class: Text | None = None
    external_traffic_policy: Literal["Cluster", "Local"] = "Cluster"
    ip_families: tuple[Literal["IPv4", "IPv6"], ...] = ()

    @property
    def type(self) -> ServiceType:
        """The type that the API server takes it for."""
        return self.stated_type or "ClusterIP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Resource):
    """v1 Service."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("", "Service")
    spec: ServiceSpec = field(default_factory=ServiceSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePort:
    """A port of the back ends. A slice written by hand may leave the name out (None), which is not the same as ""."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    port: Port | None = None
    name: Text | None = None
    protocol: Protocol = Protocol.TCP


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConditions:
    """Absent means: ready, not terminating (Kubernetes 1.30, EndpointConditions)."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    ready: Flag | None = None
    terminating: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRef:
    """What stands behind an endpoint: the Pod, where it is one."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    kind: Text = ""
    name: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One back end; only its first address counts (Kubernetes 1.30, EndpointSlice: consumers may use the first)."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    addresses: Annotated[tuple[Text, ...], Field(min_length=1)]
    conditions: EndpointConditions = field(default_factory=EndpointConditions)
    node_name: Text = ""
    target_ref: TargetRef = field(default_factory=TargetRef)


SERVICE_NAME_LABEL = "kubernetes.io/service-name"
AddressType = Literal["IPv4", "IPv6", "FQDN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSlice(Resource):
    """discovery.k8s.io/v1 EndpointSlice; it belongs to the Service that its label names."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("discovery.k8s.io", "EndpointSlice")
    address_type: AddressType
    ports: tuple[SlicePort, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def service_name(self) -> str:
        """The Service it belongs to, in its own namespace; empty if none."""
        return self.metadata.labels.get(SERVICE_NAME_LABEL, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAddress:
    """One address of an Endpoints subset."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    ip: Text
    node_name: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSubset:
    """Addresses that share ports."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[SlicePort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints(Resource):
    """v1 Endpoints, which people write by hand for back ends outside the cluster; named like its Service."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("", "Endpoints")
    subsets: tuple[EndpointSubset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAddress:
    """One address of a Node."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    type: Text
    address: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """Where a Node can be reached."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    addresses: tuple[NodeAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """The pod networks of a Node."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    pod_cidr: Annotated[Text, Field(alias="podCIDR")] = ""
    pod_cidrs: Annotated[tuple[Text, ...], Field(alias="podCIDRs")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Resource):
    """v1 Node."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("", "Node")
    NAMESPACED: ClassVar[bool] = False
    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace(Resource):
    """v1 Namespace: its labels and annotations select tenant, AviInfraSetting and whether it is served."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("", "Namespace")
    NAMESPACED: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPort:
    """A named port of a container."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    container_port: Port
    name: Text = ""
    protocol: Protocol = Protocol.TCP


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container, for the names of its ports."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    ports: tuple[ContainerPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSpec:
    """The containers of a Pod."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    containers: tuple[Container, ...] = ()
    node_name: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCondition:
    """A condition such as `Ready`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    type: Text
    status: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus:
    """The conditions and the address of a Pod."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    pod_ip: Annotated[Text, Field(alias="podIP")] = ""
    conditions: tuple[PodCondition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod(Resource):
    """v1 Pod: read in NodePortLocal mode, for Antrea's annotation."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("", "Pod")
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)
