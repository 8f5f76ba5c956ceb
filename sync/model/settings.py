"""AKO's `values.yaml`, typed: the keys that matter to layer 4, with AKO's defaults, and our own `SyncSettings`.

Keys, defaults and effects are those of AKO's own file (AKO-SETTINGS). Keys of AKO that have no effect here
are fields of type `Anything`: accepted, never read. `sync.config` reports all others, so that no typo goes unnoticed.
"""

from dataclasses import dataclass, field
from datetime import date, time
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, GetPydanticSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, core_schema

from sync.avi.fields import wrong_path
from sync.avi.markers import created_by_us
from sync.kinds import IDENTITY, KINDS, OURS_AFTER_RENDERING
from sync.model.resources.ako import NodeNetwork, VipNetwork
from sync.model.resources.resource import CAMEL
from sync.model.types import Flag, QuotedFlag, Text, Whole, calendar_day, clock_time, or_default
from sync.model.wording import did_you_mean

VALUES_FILE = "values.yaml"
"""Where the settings stand, at the root of the source tree."""

STRICT_CAMEL = ConfigDict(alias_generator=to_camel, extra="forbid")
"""For our own sections, of which no other release of AKO can know a key."""

Anything = object | None
"""A key of AKO that has no effect here, with any value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceSelector:
    """Only Namespaces that carry this label are served; active when both parts are given."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    label_key: Text = ""
    label_value: Text = ""

    @property
    def is_active(self) -> bool:
        """Both parts are non-blank (AKO-NAMESPACE-SELECTOR)."""
        return bool(self.label_key.strip() and self.label_value.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class AkoSettings:
    """`AKOSettings`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    cluster_name: Annotated[Text, Field(pattern=r"^[a-zA-Z0-9_-]+$")]
    services_api: Annotated[QuotedFlag, Field(alias="servicesAPI")] = False
    layer7_only: Annotated[QuotedFlag, Field(alias="layer7Only")] = False
    enable_evh: Annotated[QuotedFlag, Field(alias="enableEVH")] = False
    istio_enabled: QuotedFlag = False
    vpc_mode: QuotedFlag = False
    primary_instance: QuotedFlag = True
    disable_static_route_sync: QuotedFlag = False
    cni_plugin: Text = ""
    ip_family: Literal["", "V4", "V6", "V4_V6"] = ""
    namespace_selector: NamespaceSelector = field(default_factory=NamespaceSelector)
    blocked_namespace_list: tuple[Text, ...] = ()
    enable_events: Anything = field(default=None, repr=False)
    log_level: Anything = field(default=None, repr=False)
    full_sync_frequency: Anything = field(default=None, repr=False)
    api_server_port: Anything = field(default=None, repr=False)
    delete_config: Anything = field(default=None, repr=False)
    use_default_secrets_only: Anything = field(default=None, repr=False)
    vip_per_namespace: Anything = field(default=None, repr=False)
    enable_prometheus: Anything = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """`NetworkSettings`."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    vip_network_list: tuple[VipNetwork, ...] = ()
    node_network_list: Annotated[tuple[NodeNetwork, ...], Field(max_length=5)] = ()
    enable_rhi: Annotated[QuotedFlag, Field(alias="enableRHI")] = False
    bgp_peer_labels: tuple[Text, ...] = ()
    nsxt_t1lr: Annotated[Text, Field(alias="nsxtT1LR")] = ""
    default_domain: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class L4Settings:
    """`L4Settings`. Any `auto_fqdn` but `default` and `flat` means disabled (AKO-AUTO-FQDN-FORMAT)."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    default_lb_controller: Annotated[QuotedFlag, Field(alias="defaultLBController")] = True
    default_domain: Text = ""
    auto_fqdn: Annotated[Text, Field(alias="autoFQDN")] = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class L7Settings:
    """`L7Settings`: only the way to the back ends matters to layer 4."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    service_type: Literal["ClusterIP", "NodePort", "NodePortLocal"] = "ClusterIP"
    default_ing_controller: Anything = field(default=None, repr=False)
    no_pg_for_sni: Annotated[Anything, Field(alias="noPGForSNI")] = field(default=None, repr=False)
    shard_vs_size: Annotated[Anything, Field(alias="shardVSSize")] = field(default=None, repr=False)
    passthrough_shard_size: Anything = field(default=None, repr=False)
    enable_mci: Annotated[Anything, Field(alias="enableMCI")] = field(default=None, repr=False)
    fqdn_reuse_policy: Anything = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerSettings:
    """`ControllerSettings`. `controller_host`, if given, must agree with where the run writes to."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    service_engine_group_name: Annotated[Text, or_default("Default-Group")] = "Default-Group"
    cloud_name: Annotated[Text, or_default("Default-Cloud")] = "Default-Cloud"
    tenant_name: Annotated[Text, or_default("admin")] = "admin"
    dedicated_tenant_mode: QuotedFlag = False
    vrf_name: Text = ""
    controller_version: Text = ""
    controller_host: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePortSelector:
    """Only Nodes that carry this label are servers in NodePort mode; active when `key` is given."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL
    key: Text = ""
    value: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """`SyncSettings.limits`: the limits above which a tree is considered a mistake."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    max_file_bytes: Annotated[Whole, Field(ge=1)] = 4 * 1024 * 1024
    max_files: Annotated[Whole, Field(ge=1)] = 20_000
    max_yaml_aliases: Annotated[Whole, Field(ge=0)] = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLimit:
    """How many owners one run may delete (or replace): both the number and the share of the live ones count."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    count: Annotated[Whole, Field(ge=0)] = 5
    percent: Annotated[Whole, Field(ge=0, le=100)] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerGuard:
    """Which pools may follow the cluster down to no enabled server; all others keep the servers that they have.

    `allow_none` holds globs over `namespace/name` of Services.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    allow_none: tuple[Annotated[Text, Field(pattern=r"^[^/]+/[^/]+$")], ...] = ()

    def allows_none(self, namespace: str, name: str) -> bool:
        """Whether the Service may have no server at all."""
        return any(fnmatchcase(f"{namespace}/{name}", each) for each in self.allow_none)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """`SyncSettings.guards`: beyond these limits a plan is printed and not applied; `servers` counts pool by pool."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    deletes: GuardLimit = field(default_factory=GuardLimit)
    replaces: GuardLimit = field(default_factory=GuardLimit)
    servers: ServerGuard = field(default_factory=ServerGuard)


UTC = ZoneInfo("UTC")

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAYS: tuple[Day, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One of `SyncSettings.windows`: when a run may write. Where there is none, always.

    `from` and `to` are times of the day in `timezone`; one that ends before it begins ends the next day, and belongs
    to the day on which it begins. With `for: disruptive` it is only needed by what breaks connections: a delete, a
    replace, another Service Engine group.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    start: Annotated[time, Field(alias="from"), BeforeValidator(clock_time)]
    end: Annotated[time, Field(alias="to"), BeforeValidator(clock_time)]
    timezone: ZoneInfo = UTC
    needed_for: Annotated[Literal["all", "disruptive"], Field(alias="for")] = "all"


KindName = Annotated[str, GetPydanticSchema(lambda _source, _handler: core_schema.literal_schema([*KINDS]))]
"""The name of one of our kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """One of `SyncSettings.ignore`: a field of live objects that somebody else may set. Git's value counts on create.

    `name` is a glob over object names, `field` a path such as `enabled` or `analytics_policy.client_log_filters`. A
    path may lead to a list, not into one: a rule covers the whole list.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    kind: KindName
    name: Text = "*"
    field: Annotated[Text, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
    reason: Annotated[Text, Field(min_length=1)]
    expires: Annotated[date, BeforeValidator(calendar_day)]

    def __post_init__(self) -> None:
        first = self.field.partition(".")[0]
        if first in OURS_AFTER_RENDERING | IDENTITY | KINDS[self.kind].replace.keys():
            raise PydanticCustomError("not_ignorable", "cannot be ignored")
        if (wrong := wrong_path(self.kind, self.field)) is not None:
            fix = did_you_mean(wrong.name, wrong.known) if wrong.known else f'write "{wrong.path}"'
            raise PydanticCustomError("wrong_path", "no field", {"said": f'"{wrong.path}" {wrong.why}', "fix": fix})


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSettings:
    """`SyncSettings.lock`: how long a run must be silent before another one may take the lock from it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    ttl_seconds: Annotated[Whole, Field(ge=1)] = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """`SyncSettings`, the only section that is ours.

    `exclude` holds globs of files that are no manifests. `backends` says where servers come from: `manifest` always
    from Git, `ignore` never (live servers stay), `auto` from Git for the Services whose back ends Git holds, `cluster`
    from Git for those and from the Kubernetes cluster for all others.
    `clusterStatus` says whether statuses of Gateways and Services are written to the cluster, `ipMode` with which mode
    addresses of Services are; empty leaves that to the cluster.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT_CAMEL
    backends: Literal["auto", "manifest", "ignore", "cluster"] = "auto"
    cluster_status: Flag = False
    ip_mode: Literal["", "VIP", "Proxy"] = ""
    exclude: tuple[Text, ...] = ()
    limits: LimitSettings = field(default_factory=LimitSettings)
    guards: GuardSettings = field(default_factory=GuardSettings)
    lock: LockSettings = field(default_factory=LockSettings)
    windows: tuple[Window, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One `values.yaml`."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")
    ako: Annotated[AkoSettings, Field(alias="AKOSettings")]
    network: Annotated[NetworkSettings, Field(alias="NetworkSettings")] = field(default_factory=NetworkSettings)
    l4: Annotated[L4Settings, Field(alias="L4Settings")] = field(default_factory=L4Settings)
    l7: Annotated[L7Settings, Field(alias="L7Settings")] = field(default_factory=L7Settings)
    controller: Annotated[ControllerSettings, Field(alias="ControllerSettings")] = field(
        default_factory=ControllerSettings
    )
    node_port_selector: Annotated[NodePortSelector, Field(alias="nodePortSelector")] = field(
        default_factory=NodePortSelector
    )
    sync: Annotated[SyncSettings, Field(alias="SyncSettings")] = field(default_factory=SyncSettings)
    feature_gates: Annotated[Anything, Field(alias="featureGates")] = field(default=None, repr=False)
    replica_count: Annotated[Anything, Field(alias="replicaCount")] = field(default=None, repr=False)
    image: Anything = field(default=None, repr=False)
    gateway_api: Annotated[Anything, Field(alias="GatewayAPI")] = field(default=None, repr=False)
    resources: Anything = field(default=None, repr=False)
    security_context: Annotated[Anything, Field(alias="securityContext")] = field(default=None, repr=False)
    pod_security_context: Annotated[Anything, Field(alias="podSecurityContext")] = field(default=None, repr=False)
    rbac: Anything = field(default=None, repr=False)
    avicredentials: Anything = field(default=None, repr=False)
    persistent_volume_claim: Annotated[Anything, Field(alias="persistentVolumeClaim")] = field(default=None, repr=False)
    mount_path: Annotated[Anything, Field(alias="mountPath")] = field(default=None, repr=False)
    log_file: Annotated[Anything, Field(alias="logFile")] = field(default=None, repr=False)
    ako_gateway_log_file: Annotated[Anything, Field(alias="akoGatewayLogFile")] = field(default=None, repr=False)
    ako_crd_operator: Annotated[Anything, Field(alias="ako-crd-operator")] = field(default=None, repr=False)
    name_override: Annotated[Anything, Field(alias="nameOverride")] = field(default=None, repr=False)
    fullname_override: Annotated[Anything, Field(alias="fullnameOverride")] = field(default=None, repr=False)
    global_: Annotated[Anything, Field(alias="global")] = field(default=None, repr=False)

    @property
    def cluster(self) -> str:
        """`AKOSettings.clusterName`: prefix of every name, marker of everything that is ours."""
        return self.ako.cluster_name

    @property
    def created_by(self) -> str:
        """What we write into `created_by` (AKO writes `ako-<clusterName>`, AKO-CREATED-BY)."""
        return created_by_us(self.cluster)
