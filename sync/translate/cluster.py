"""Manifests × what a cluster makes of them → the manifests with their back ends, and what nobody can tell.

What Git holds by hand wins, Service by Service, and Node by Node. What could not be read is unknown, not gone: the live
servers of such a Service stay, and nothing is created without servers (docs/servers.md#from-the-cluster).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from sync.model.cluster import ClusterNeeds, ClusterService, ClusterState, ServiceKey, Unread
from sync.model.desired import UnknownServers
from sync.model.facts import assumed_facts
from sync.model.problem import Problem, Severity
from sync.model.resources.core import EndpointSlice, Node, Pod, Service, ServicePort
from sync.model.resources.gateway import Gateway
from sync.model.resources.resource import Resource
from sync.model.resources.tree import BackEndKey, Resources
from sync.model.settings import Settings
from sync.translate.backends import is_reached_directly
from sync.translate.endpoints import port_of
from sync.translate.findings import Findings, problem_at
from sync.translate.inputs import Coverage, Inputs, coverage_of, inputs_of
from sync.translate.load_balancer import not_served
from sync.translate.node_port_local import pods_of


class _Way(Enum):
    """How a Service reaches its back ends, with the kinds of objects that tell them."""

    SLICES = (EndpointSlice,)
    NODES = (Service, Node)
    LOCAL_NODES = (Service, Node, EndpointSlice)
    PODS = (Pod, EndpointSlice)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Follower:
    """A Service whose servers come from the cluster; `has_slices` where Git holds its slices all the same."""

    service: Service
    way: _Way
    has_slices: bool

    @property
    def kinds(self) -> tuple[type[Resource], ...]:
        """What is needed of the cluster."""
        return tuple(kind for kind in self.way.value if not (kind is EndpointSlice and self.has_slices))


def needs_of(resources: Resources, settings: Settings) -> ClusterNeeds | None:
    """What the tree needs of its cluster; None if nothing, or if `SyncSettings.backends` is not `cluster`."""
    followers = _followers(resources, settings)
    kinds = {kind for each in followers for kind in each.kinds}
    if not followers:
        return None
    return ClusterNeeds(
        services=frozenset(each.service.key for each in followers),
        slices=EndpointSlice in kinds,
        nodes=Node in kinds,
        pods=Pod in kinds,
    )


def with_cluster(
    resources: Resources, cluster: ClusterState, settings: Settings
) -> tuple[Resources, tuple[Problem, ...]]:
    """The manifests with the back ends that the cluster tells, and what is wrong between Git and the cluster.

    `Resources.followed` and `unknown_servers` tell whose servers come from there, and which of them nobody can tell.
    """
    followers = _followers(resources, settings)
    merge = _Merge(cluster=cluster, slices=_slices_by_service(cluster), pods=_pods_by_namespace(cluster))
    services: dict[tuple[str, str], Service] = {}
    unknown: dict[BackEndKey, UnknownServers] = {}
    for each in followers:
        services[each.service.key] = merge.served(each, unknown)
    found = {
        **resources.found,
        Service.GROUP_KIND: tuple(services.get(each.key, each) for each in resources.of(Service)),
        EndpointSlice.GROUP_KIND: (*resources.of(EndpointSlice), *_slices(followers, merge)),
        Node.GROUP_KIND: (*resources.of(Node), *_nodes(followers, resources, cluster)),
        Pod.GROUP_KIND: (*resources.of(Pod), *_pods(followers, resources, merge)),
    }
    return (
        replace(
            resources,
            found={kind: items for kind, items in found.items() if items},
            followed=frozenset(services),
            unknown_servers=unknown,
        ),
        (*_unread_problems(cluster, merge.unread), *merge.problems),
    )


# --- which Services follow the cluster --------------------------------------------------------------------------------


def _followers(resources: Resources, settings: Settings) -> tuple[_Follower, ...]:
    """The Services that an owner uses and whose back ends Git does not tell, in key order."""
    if settings.sync.backends != "cluster":
        return ()
    inputs = inputs_of(resources, settings, assumed_facts(settings.controller.cloud_name))
    return tuple(filter(None, (_follower(each, inputs) for each in _used(resources, inputs))))


def _used(resources: Resources, inputs: Inputs) -> list[Service]:
    """The Services behind Gateways and those of type LoadBalancer, as far as they are ours to serve."""
    gateways = resources.of(Gateway) if inputs.settings.ako.services_api else ()
    attached = [each for gateway in gateways for each in inputs.catalog.services_of_gateway.get(gateway.key, ())]
    behind = (each for each in attached if coverage_of(each.namespace, inputs) is Coverage.YES)
    direct = (
        each
        for each in resources.of(Service)
        if each.spec.type == "LoadBalancer" and not not_served(each, inputs, Findings())
    )
    return [found for _, found in sorted({each.key: each for each in (*behind, *direct)}.items())]


def _follower(service: Service, inputs: Inputs) -> _Follower | None:
    """None where Git tells the back ends, or tries to with manifests that must be corrected first."""
    catalog = inputs.catalog
    if catalog.broken_back_ends(service.key) or inputs.strays.of_services.get(service.key):
        return None
    has_slices = service.key in catalog.slices_of_service or service.key in catalog.endpoints
    match inputs.settings.l7.service_type:
        case "NodePort" if not is_reached_directly(service):
            is_local = service.spec.external_traffic_policy == "Local"
            way, is_told = _Way.LOCAL_NODES if is_local else _Way.NODES, service.spec.type == "ClusterIP"
        case "NodePortLocal":
            way, is_told = _Way.PODS, bool(pods_of(service, inputs))
        case _:
            way, is_told = _Way.SLICES, has_slices
    return None if is_told else _Follower(service=service, way=way, has_slices=has_slices)


# --- what the cluster adds --------------------------------------------------------------------------------------------


def _slices_by_service(cluster: ClusterState) -> Mapping[ServiceKey, Sequence[EndpointSlice]]:
    """Without slices of names (FQDN): they mean nothing to Kubernetes itself."""
    found: dict[ServiceKey, list[EndpointSlice]] = defaultdict(list)
    for item in cluster.slices:
        if item.address_type != "FQDN":
            found[item.namespace, item.service_name].append(item)
    return found


def _pods_by_namespace(cluster: ClusterState) -> Mapping[str, Sequence[Pod]]:
    found: dict[str, list[Pod]] = defaultdict(list)
    for item in cluster.pods:
        found[item.namespace].append(item)
    return found


def _slices(followers: Iterable[_Follower], merge: "_Merge") -> Iterator[EndpointSlice]:
    """Those of the Services that need them."""
    for each in followers:
        if EndpointSlice in each.kinds:
            yield from merge.slices.get(each.service.key, ())


def _nodes(followers: Iterable[_Follower], resources: Resources, cluster: ClusterState) -> Iterator[Node]:
    in_git = {item.name for item in resources.of(Node)} | {item.name for item in resources.broken_of(Node)}
    if any(Node in each.kinds for each in followers):
        yield from (item for item in cluster.nodes if item.name not in in_git)


def _pods(followers: Iterable[_Follower], resources: Resources, merge: "_Merge") -> Iterator[Pod]:
    in_git = {item.key for item in resources.of(Pod)} | {item.key for item in resources.broken_of(Pod)}
    services = [each.service for each in followers if each.way is _Way.PODS]
    found = {
        item.key: item
        for service in services
        for item in merge.pods.get(service.namespace, ())
        if item.key not in in_git and _selects(service, item)
    }
    yield from found.values()


def _selects(service: Service, pod: Pod) -> bool:
    selector = service.spec.selector.items()
    return bool(selector) and selector <= pod.metadata.labels.items()


# --- what nobody can tell ---------------------------------------------------------------------------------------------

STAY = "its live servers stay, and no pool is created for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """Collects in `problems` what is wrong with Services, and in `unread` the lists that would have been needed."""

    cluster: ClusterState
    slices: Mapping[ServiceKey, Sequence[EndpointSlice]]
    pods: Mapping[str, Sequence[Pod]]
    problems: list[Problem] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def served(self, follower: _Follower, unknown: dict[BackEndKey, UnknownServers]) -> Service:
        """The Service with the node ports of the cluster; adds to `unknown` the ports whose servers nobody can tell."""
        service = follower.service
        live = self.cluster.services.get(service.key)
        why = self._unread(follower) or self._missing(follower, live)
        found = []
        for number, port in enumerate(service.spec.ports):
            served, why_not = (port, why) if why else self._port(follower, number, port, live)
            found.append(served)
            if why_not:
                unknown[service.key, port.port_key] = why_not
        if live is not None and live.type != service.spec.type:
            self._warn(
                service,
                ("spec", "type"),
                f"its type is {live.type} in {self.name}",
                "apply the Service to the cluster, or correct it in Git",
            )
        return replace(service, spec=replace(service.spec, ports=tuple(found)))

    @property
    def name(self) -> str:
        """How messages call the cluster."""
        return f"cluster {self.cluster.name}"

    def _warn(self, service: Service, field: tuple[str | int, ...], message: str, fix: str) -> None:
        self.problems.append(problem_at(Severity.WARNING, service, field, message, fix))

    def _unread(self, follower: _Follower) -> UnknownServers | None:
        """That a list could not be read without which the servers cannot be told."""
        for kind in follower.kinds:
            unread = self.cluster.unread_of(kind.GROUP_KIND, follower.service.namespace)
            if unread is not None:
                self.unread.append(unread)
                what = f"the {_plural(unread)} of {self.name} could not be read"
                return UnknownServers(reason=what, fix="see the error that says why; a run that reads them creates it")
        return None

    def _missing(self, follower: _Follower, live: ClusterService | None) -> UnknownServers | None:
        """That the Service, or what should tell its back ends, is not in the cluster: which proves nothing."""
        service, cluster = follower.service, self.cluster
        if live is None and cluster.unread_of(Service.GROUP_KIND, service.namespace) is None:
            reason = f"{self.name} has no {service.title}"
            fix = "apply the Service to the cluster, or commit its EndpointSlices"
        elif follower.way is not _Way.NODES and not self._tells(follower):
            reason = f"{self.name} has no {'Pod' if follower.way is _Way.PODS else 'EndpointSlice'} of {service.title}"
            fix = "see why the cluster makes none, or commit its EndpointSlices"
        else:
            return None
        self._warn(service, (), f"{reason}: {STAY}", fix)
        return UnknownServers(reason=reason, fix=fix)

    def _tells(self, follower: _Follower) -> bool:
        """Whether there is something by which the cluster tells the back ends, be it that there are none."""
        service = follower.service
        slices = follower.has_slices or bool(self._slices_of(service))
        if follower.way is not _Way.PODS:
            return slices
        is_empty = slices and not any(each.endpoints for each in self._slices_of(service))
        return is_empty or any(_selects(service, pod) for pod in self.pods.get(service.namespace, ()))

    def _slices_of(self, service: Service) -> Sequence[EndpointSlice]:
        return self.slices.get(service.key, ())

    def _port(
        self, follower: _Follower, number: int, port: ServicePort, live: ClusterService | None
    ) -> tuple[ServicePort, UnknownServers | None]:
        """The port as the cluster serves it, and why nobody can tell its servers if it has it in another form."""
        if live is None:
            return port, None
        service, place = follower.service, ("spec", "ports", number)
        fix = "apply the Service to the cluster, or correct it in Git"
        same = next((each for each in live.ports if each.port_key == port.port_key), None)
        what = f"port {port.protocol} {port.port} of {service.title}"
        if same is None:
            reason = f"{self.name} has no {what}"
            self._warn(service, place, f"{reason}: {STAY}", fix)
            return port, UnknownServers(reason=reason, fix=fix)
        if Node in follower.kinds:
            return self._node_port(service, place, port, same)
        if (same.name, same.target) == (port.name, port.target):
            return port, None
        slices = self._slices_of(service)
        is_found = any(port_of(each.ports, port, is_only=len(slices) == 1) for each in slices if each.endpoints)
        if is_found or follower.way is _Way.PODS or not any(each.endpoints for each in slices):
            self._warn(service, place, f"{self.name} has it with another name or targetPort", fix)
            return port, None
        reason = f"{self.name} has {what} with another name or targetPort"
        self._warn(service, place, f"{reason}: {STAY}", fix)
        return port, UnknownServers(reason=reason, fix=fix)

    def _node_port(
        self, service: Service, place: tuple[str | int, ...], port: ServicePort, same: ServicePort
    ) -> tuple[ServicePort, UnknownServers | None]:
        """With the node port that the cluster has allocated: that is where traffic arrives, whatever Git says."""
        if not same.node_port:
            reason = f"{self.name} has allocated no node port for port {port.protocol} {port.port} of {service.title}"
            fix = "make it type: NodePort or LoadBalancer in the cluster"
            self._warn(service, place, f"{reason}: {STAY}", fix)
            return port, UnknownServers(reason=reason, fix=fix)
        if port.node_port not in (0, same.node_port):
            message = f"nodePort is {same.node_port} in {self.name}, and that one counts"
            self._warn(service, (*place, "nodePort"), message, "leave it out, or apply the Service to the cluster")
        return replace(port, node_port=same.node_port), None


def _unread_problems(cluster: ClusterState, needed: Sequence[Unread]) -> Iterator[Problem]:
    """One for all lists that fail for the same reason: an error where servers depend on one of them."""
    reasons: dict[str, list[Unread]] = {}
    for unread in cluster.unread:
        reasons.setdefault(unread.reason, []).append(unread)
    for reason, lists in sorted(reasons.items()):
        is_needed = any(each in needed for each in lists)
        *others, last = dict.fromkeys(map(_plural, lists))
        what = f"{', '.join(others)} and {last}" if others else last
        outcome = "live servers stay as they are" if is_needed else "what Git says of them cannot be compared"
        yield Problem(
            severity=Severity.ERROR if is_needed else Severity.WARNING,
            message=f"cluster {cluster.name}: the {what} could not be read ({reason}): {outcome}",
            fix="make sure that the cluster answers, and that the account may list these",
        )


def _plural(unread: Unread) -> str:
    kind = f"{unread.group_kind.kind}s"
    return f"{kind} of namespace {unread.namespace}" if unread.namespace else kind
