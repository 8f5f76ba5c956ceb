"""What should be on the Controller: specs (before rendering) and objects (after)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from sync.avi.markers import SHARED_VIP, Marker, Markers
from sync.errors import ExitCode
from sync.kinds import KINDS, RANKS, Part
from sync.model.problem import Origin, Problem, Severity
from sync.model.provenance import FieldSources
from sync.model.resources.resource import GroupKind


class OwnerKind(StrEnum):
    """The kind of resource that a VirtualService is created for."""

    GATEWAY = "Gateway"
    SERVICE = "Service"
    SHARED_VIP = SHARED_VIP


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Owner:
    """The Gateway, LoadBalancer Service or shared-VIP group that objects were made for."""

    kind: OwnerKind
    namespace: str
    name: str

    @classmethod
    def of(cls, markers: Markers) -> "Owner | None":
        """The owner that markers of ours or of AKO's name; None if they name none.

        Without `OwnerKind` a shared VIP cannot be told from a Gateway.
        """
        namespace, gateway, service = (markers[key] for key in (Marker.NAMESPACE, Marker.GATEWAY, Marker.SERVICE))
        if not namespace or not (gateway or service):
            return None
        if not gateway:
            return cls(kind=OwnerKind.SERVICE, namespace=namespace, name=service)
        is_shared = markers[Marker.OWNER_KIND] == SHARED_VIP
        return cls(kind=OwnerKind.SHARED_VIP if is_shared else OwnerKind.GATEWAY, namespace=namespace, name=gateway)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def argument(self) -> str:
        """As the command line names it: `Gateway/shop/web`."""
        return f"{self.kind}/{self.namespace}/{self.name}"


ServiceKey = tuple[str, str]
"""Namespace and name of a Service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersInGit:
    """The owners that the manifests of a tree define, whether they can be served or not.

    `named` are the owners that have a manifest. `of_services` gives the owner to which each Service belongs; that one
    need not have a manifest. `not_served` are owners that Git clearly does not request although they have one, with the
    rest of the sentence that says so: "is of type ClusterIP".
    `namesakes` are owners without a manifest of ours that another program's kind is called like, `loose_services` those
    Services whose manifest does not say whether they belong to an owner; both with what is wrong. They prove nothing:
    what is live for them stays. `meant_for` are errors about such Services, by the owner that they were probably meant
    for.
    """

    named: frozenset[Owner] = frozenset()
    of_services: Mapping[ServiceKey, Owner] = field(default_factory=dict)
    not_served: Mapping[Owner, str] = field(default_factory=dict)
    namesakes: Mapping[Owner, Problem] = field(default_factory=dict)
    loose_services: Mapping[ServiceKey, Problem] = field(default_factory=dict)
    meant_for: Mapping[Owner, tuple[Problem, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ObjectKey:
    """Names are unique per kind, tenant and cloud; an L4PolicySet has no cloud (Avi 30.2 API)."""

    kind: str
    tenant: str
    cloud: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.tenant}/{self.name}"

    @property
    def part(self) -> Part:
        """What the object does for a connection."""
        return KINDS[self.kind].part

    @property
    def rank(self) -> int:
        """Creates and updates climb the ranks, deletes descend."""
        return RANKS[self.kind]


# --- contents: what templates render --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """An address and a prefix length, the address as it was written (AKO does not mask a VIP network's cidr)."""

    address: str
    mask: int
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementNetwork:
    """A network, by reference, with one subnet of it."""

    network_ref: str
    subnet: Subnet


@dataclass(frozen=True, slots=True, kw_only=True)
class Vip:
    """One VIP of a VsVip. `address` is the one that Git requests; None lets the Controller choose."""

    vip_id: str
    address: str | None = None
    family: str = "V4"
    network_ref: str | None = None
    subnet: Subnet | None = None
    subnet6: Subnet | None = None
    subnet_uuid: str | None = None
    ip_type: str | None = None
    floating_ip: bool | None = None
    placement_networks: tuple[PlacementNetwork, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VsVipContent:
    """A VsVip: its VIPs, names and routing domain."""

    KIND: ClassVar[str] = "VsVip"
    vips: tuple[Vip, ...]
    fqdns: tuple[str, ...] = ()
    vrf: str | None = None
    tier1_lr: str | None = None
    bgp_peer_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A back end. `enabled` None leaves the field out, as AKO does in NodePort mode."""

    address: str
    family: str
    port: int
    enabled: bool | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRule:
    """The fields of an L4Rule for one pool."""

    lb_algorithm: str
    enabled: bool
    lb_algorithm_hash: str | None = None
    lb_algorithm_header: str | None = None
    health_monitors: tuple[str, ...] = ()
    persistence_profile: str | None = None
    pki_profile: str | None = None
    ssl_profile: str | None = None
    ssl_key: str | None = None
    min_servers_up: int | None = None
    realtime_metrics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolContent:
    """A Pool. `servers` None means that Git does not say: live servers stay."""

    KIND: ClassVar[str] = "Pool"
    health_monitors: tuple[str, ...]
    servers: tuple[Server, ...] | None
    vrf: str | None = None
    tier1_lr: str | None = None
    placement_networks: tuple[PlacementNetwork, ...] = ()
    pki_profile: str | None = None
    ssl_profile: str | None = None
    ssl_key: str | None = None
    rule: PoolRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """Traffic of one protocol and port goes to one pool."""

    protocol: str
    port: int
    pool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class L4PolicySetContent:
    """The rules, in the order of their index."""

    KIND: ClassVar[str] = "L4PolicySet"
    rules: tuple[PolicyRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServicePort:
    """One row of `services`. An L4Rule's listenerProperties give rows without range and HTTP/2 (AKO 2.2.1)."""

    port: int
    network_profile: str | None = None
    enable_ssl: bool = False
    is_bare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRule:
    """The fields of an L4Rule for the VirtualService."""

    analytics_profile: str
    revoke_vip_route: bool | None = None
    network_security_policy: str | None = None
    security_policy: str | None = None
    ssl_profile: str | None = None
    ssl_keys: tuple[str, ...] = ()
    datascripts: tuple[str, ...] = ()
    client_logs: Mapping[str, bool | int] | None = None
    performance_limits: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualServiceContent:
    """A VirtualService and what it refers to, by name."""

    KIND: ClassVar[str] = "VirtualService"
    vsvip: str
    ports: tuple[VirtualServicePort, ...]
    application_profile: str
    network_profile: str
    se_group: str
    vrf: str | None = None
    enable_rhi: bool | None = None
    traffic_enabled: bool | None = None
    policy_set: str | None = None
    pool: str | None = None
    rule: ServiceRule | None = None


Content = VsVipContent | PoolContent | L4PolicySetContent | VirtualServiceContent
"""One for each of our kinds, which it names in `KIND`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownServers:
    """What is unknown about the servers of a pool: live ones stay until it is known.

    Either `nodes` should be servers, by title, and Git does not have their addresses: every live server stays whose
    address is none of `known_addresses`, those of all other Nodes. Or no server is known, for the `reason`:
    all that are live stay, and the pool is not created without them.
    """

    nodes: tuple[str, ...] = ()
    known_addresses: frozenset[str] = frozenset()
    reason: str = ""
    fix: str = ""

    @property
    def is_everything(self) -> bool:
        """Whether no server at all is known."""
        return bool(self.reason)


class ServersFrom(StrEnum):
    """Where the servers of a pool come from."""

    GIT = "git"
    CLUSTER = "cluster"
    UNKNOWN = "unknown"
    """Nobody: live servers stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSpec:
    """One object that should exist: what it is called and what a template needs to know of it.

    `owner_name` is the name of the owner's VirtualService, which all objects of the owner have in common.
    `markers` are those that tell owner and ownership, in AKO's order. `left_alone` names top-level fields that are
    taken from live on every write and never compared.
    """

    key: ObjectKey
    owner: Owner
    owner_name: str
    markers: Markers
    content: Content
    left_alone: frozenset[str] = frozenset()
    unknown_servers: UnknownServers | None = None
    servers_from: ServersFrom | None = None
    """None for what is no pool."""
    sources: FieldSources = field(default_factory=dict, repr=False, compare=False)
    """Where the fields come from; recorded only for `explain`, for it costs memory."""
    may_be_empty: bool = False
    """Whether the cluster may take away its last server (`SyncSettings.guards.servers`)."""

    @property
    def follows_cluster(self) -> bool:
        """Whether the cluster tells its servers, also while it cannot be read."""
        is_unread = self.unknown_servers is not None and self.unknown_servers.is_everything
        return is_unread or self.servers_from is ServersFrom.CLUSTER


@dataclass(frozen=True, slots=True, kw_only=True)
class AviObject:
    """One rendered object: `body` is what a create would send, references as `/api/<type>?name=<name>`.

    `normal` is the normal form of the body without markers (`sync.compare.normal_form`). Neither must be changed.
    """

    key: ObjectKey
    owner: Owner
    owner_name: str
    body: Mapping[str, Any] = field(repr=False)
    normal: Mapping[str, Any] = field(repr=False)
    left_alone: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    """Paths of fields that others may set after the object was created."""
    unknown_servers: UnknownServers | None = None
    servers_from: ServersFrom | None = None
    may_be_empty: bool = False

    @property
    def markers(self) -> Markers:
        """The markers that it would get."""
        return Markers.of(self.body)

    @property
    def follows_cluster(self) -> bool:
        """Whether the cluster tells its servers, also while it cannot be read: then Git requests all else."""
        return Marker.SERVERS in self.markers


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An owner of which nothing is created, changed or deleted, with the name its VirtualService has or would have.

    `name` covers its objects in every tenant.
    """

    owner: Owner
    name: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A status condition as Kubernetes writes it."""

    type: str
    status: str
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatus:
    """One listener of a Gateway, and whether it is served."""

    port: int
    protocol: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What AKO would write back to a Gateway or Service. `owner_name` is the name of the VirtualService behind it.

    `is_served` is False where it is not ours to serve, `has_addresses` for a Service that is no load balancer: the
    cluster takes none for it.
    """

    group_kind: GroupKind
    namespace: str
    name: str
    owner_name: str
    is_served: bool = True
    has_addresses: bool = True
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[str, ...] = ()
    hostnames: tuple[str, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.group_kind.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """Everything that follows from manifests, settings and facts.

    `holds_everything` tells that something all owners depend on is wrong: then nothing is created, changed or deleted.
    `origins` gives the place of each owner's manifest, by owner name. `switched_off` are owners that are in Git and not
    served because of a switch in values.yaml, with the switch; `tenant_unknown` those whose Namespace is not in the
    tree: what is live of them is not deleted, and not moved to another tenant. `doubts` are what may keep the
    Controller from creating an owner's VIP, by owner name: warnings where the VIP is new (the Controller decides), and
    reasons to hold the owner where a live VIP would be deleted for it. `idle` are the places of manifests
    that cannot be used and hold nothing.
    """

    specs: tuple[ObjectSpec, ...]
    in_git: OwnersInGit = field(default_factory=OwnersInGit)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    switched_off: Mapping[str, str] = field(default_factory=dict)
    tenant_unknown: frozenset[str] = frozenset()
    doubts: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    held: tuple[Held, ...] = ()
    idle: frozenset[Origin] = frozenset()
    problems: tuple[Problem, ...] = ()
    statuses: tuple[Status, ...] = ()
    holds_everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredState:
    """All objects that should exist, in key order, and what must be left unchanged.

    `is_complete` False forbids every removal (docs/usage.md#incomplete-trees). `in_git`,
    `origins`, `switched_off`, `tenant_unknown` and `doubts` are those of the Translation. `unreadable` are types that
    the account may not read: their objects were assumed to exist.
    """

    commit: str
    cluster: str
    objects: Mapping[ObjectKey, AviObject]
    held: tuple[Held, ...] = ()
    holds_everything: bool = False
    is_complete: bool = True
    in_git: OwnersInGit = field(default_factory=OwnersInGit)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    switched_off: Mapping[str, str] = field(default_factory=dict)
    tenant_unknown: frozenset[str] = frozenset()
    doubts: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    hostnames_are_exclusive: bool = True
    """Whether the Controller gives each DNS name to one VsVip: if the cloud has a DNS profile (AVI-DNS-PROFILE)."""
    problems: tuple[Problem, ...] = ()
    """All problems of the tree, with their places."""
    statuses: tuple[Status, ...] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
    """How many manifests are of a kind that is not read, by `apiVersion/kind`."""

    def __iter__(self) -> Iterator[AviObject]:
        return iter(self.objects.values())

    @property
    def exit_code(self) -> ExitCode:
        """3 where nothing is usable, 5 where something is held, else 0."""
        if all(problem.severity is not Severity.ERROR for problem in self.problems):
            return ExitCode.DONE
        return ExitCode.HELD_OR_FAILED if self.objects else ExitCode.SOURCE_INVALID
