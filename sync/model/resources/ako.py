"""ako.vmware.com: AviInfraSetting and L4Rule, with the constraints and defaults of AKO's CRDs (AKO 2.2.1)."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sync.model.resources.core import Protocol
from sync.model.resources.resource import CAMEL, GroupKind, Resource
from sync.model.types import Flag, OptionalPort, Port, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class VipNetwork:
    """A network from which a VIP takes its address; name or uuid, never both (oneOf in the CRD)."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    network_name: Text = ""
    network_uuid: Annotated[Text, Field(alias="networkUUID")] = ""
    cidr: Text = ""
    v6cidr: Annotated[Text, Field(alias="v6cidr")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNetwork:
    """A network in which back ends are reached; name or uuid, never both (oneOf in the CRD)."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    network_name: Text = ""
    network_uuid: Annotated[Text, Field(alias="networkUUID")] = ""
    cidrs: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraListener:
    """Layer 7 only; accepted and checked, without effect on layer 4."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    port: Port
    enable_ssl: Annotated[Flag, Field(alias="enableSSL")] = False
    enable_http2: Annotated[Flag, Field(alias="enableHTTP2")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraNetwork:
    """`spec.network` of an AviInfraSetting. None means "not said": the setting of values.yaml counts."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    vip_networks: tuple[VipNetwork, ...] = ()
    node_networks: tuple[NodeNetwork, ...] = ()
    enable_rhi: Flag | None = None
    enable_public_ip: Annotated[Flag | None, Field(alias="enablePublicIP")] = None
    bgp_peer_labels: tuple[Text, ...] | None = None
    listeners: tuple[InfraListener, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraSeGroup:
    """`spec.seGroup`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraNsx:
    """`spec.nsxSettings`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    t1lr: Annotated[Text, Field(alias="t1lr")]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraL7:
    """`spec.l7Settings`: checked, without effect on layer 4."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    shard_size: Literal["SMALL", "MEDIUM", "LARGE", "DEDICATED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraSpec:
    """`spec` of an AviInfraSetting."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    network: InfraNetwork = field(default_factory=InfraNetwork)
    se_group: InfraSeGroup | None = None
    nsx_settings: InfraNsx | None = None
    l7_settings: InfraL7 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AviInfraSetting(Resource):
    """ako.vmware.com AviInfraSetting (v1beta1 and v1alpha1, AKO 2.2.1); cluster-scoped."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("ako.vmware.com", "AviInfraSetting")
    NAMESPACED: ClassVar[bool] = False
    spec: InfraSpec = field(default_factory=InfraSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullClientLogs:
    """Ranges and defaults of the CRD."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    enabled: Flag
    duration: OptionalPort = 30
    throttle: OptionalPort = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnalytics:
    """`spec.analyticsPolicy` of an L4Rule."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    full_client_logs: FullClientLogs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceLimits:
    """`spec.performanceLimits`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    max_concurrent_connections: OptionalPort | None = None
    max_throughput: OptionalPort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerProperties:
    """One row of `spec.listenerProperties`; TCP only, by the CRD."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    port: OptionalPort
    protocol: Literal["TCP"]
    enable_ssl: Flag = False


LbAlgorithm = Literal[
    "LB_ALGORITHM_CONSISTENT_HASH",
    "LB_ALGORITHM_CORE_AFFINITY",
    "LB_ALGORITHM_FASTEST_RESPONSE",
    "LB_ALGORITHM_FEWEST_SERVERS",
    "LB_ALGORITHM_FEWEST_TASKS",
    "LB_ALGORITHM_LEAST_CONNECTIONS",
    "LB_ALGORITHM_LEAST_LOAD",
    "LB_ALGORITHM_NEAREST_SERVER",
    "LB_ALGORITHM_RANDOM",
    "LB_ALGORITHM_ROUND_ROBIN",
    "LB_ALGORITHM_TOPOLOGY",
]
LbAlgorithmHash = Literal[
    "LB_ALGORITHM_CONSISTENT_HASH_CALLID",
    "LB_ALGORITHM_CONSISTENT_HASH_SOURCE_IP_ADDRESS",
    "LB_ALGORITHM_CONSISTENT_HASH_SOURCE_IP_ADDRESS_AND_PORT",
    "LB_ALGORITHM_CONSISTENT_HASH_URI",
    "LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER",
    "LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_STRING",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendAnalytics:
    """`analyticsPolicy` of one backendProperties row."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    enable_realtime_metrics: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendProperties:
    """One row of `spec.backendProperties`: the pool of the Service port with this number and protocol."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    port: Port
    protocol: Protocol
    enabled: Flag = True
    lb_algorithm: LbAlgorithm = "LB_ALGORITHM_LEAST_CONNECTIONS"
    lb_algorithm_hash: LbAlgorithmHash | None = None
    lb_algorithm_consistent_hash_hdr: Text = ""
    health_monitor_refs: tuple[Text, ...] = ()
    health_monitor_crd_refs: tuple[Text, ...] = ()
    min_servers_up: OptionalPort | None = None
    application_persistence_profile_ref: Annotated[Text, Field(alias="applicationPersistenceProfileRef")] = ""
    pki_profile_ref: Text = ""
    ssl_key_and_certificate_ref: Text = ""
    ssl_profile_ref: Text = ""
    analytics_policy: BackendAnalytics = field(default_factory=BackendAnalytics)


@dataclass(frozen=True, slots=True, kw_only=True)
class L4RuleSpec:
    """`spec` of an L4Rule, with the defaults that the CRD makes an API server fill in."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    analytics_policy: RuleAnalytics | None = None
    analytics_profile_ref: Text = "System-Analytics-Profile"
    application_profile_ref: Text = "System-L4-Application"
    network_profile_ref: Text = "System-TCP-Proxy"
    network_security_policy_ref: Text = ""
    security_policy_ref: Text = ""
    ssl_profile_ref: Text = ""
    ssl_key_and_certificate_refs: tuple[Text, ...] = ()
    vs_datascript_refs: tuple[Text, ...] = ()
    load_balancer_ip: Annotated[Text, Field(alias="loadBalancerIP")] = ""
    performance_limits: PerformanceLimits | None = None
    revoke_vip_route: Flag = False
    listener_properties: tuple[ListenerProperties, ...] = ()
    backend_properties: tuple[BackendProperties, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class L4Rule(Resource):
    """ako.vmware.com/v1alpha2 L4Rule (AKO 2.2.1)."""

    GROUP_KIND: ClassVar[GroupKind] = GroupKind("ako.vmware.com", "L4Rule")
    spec: L4RuleSpec = field(default_factory=L4RuleSpec)
