"""One cluster → what it makes of the Services of a tree; what cannot be read is said, and raises nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync.cluster.client import STOPPING, ClusterClient, ClusterError
from sync.cluster.lists import PAGE_SIZE, read_list
from sync.cluster.objects import I, Item, NodeItem, PodItem, ServiceItem, SliceItem
from sync.errors import UnreachableError
from sync.model.cluster import ClusterNeeds, ClusterState, Unread
from sync.model.problem import Origin
from sync.model.resources.core import SERVICE_NAME_LABEL, EndpointSlice, Node, Pod, Service
from sync.model.resources.resource import GroupKind

MOST_NAMESPACES = 3
"""With Services in more namespaces, one list of the whole cluster is cheaper than a list of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKind:
    """Where the objects of a kind are listed."""

    group_kind: GroupKind
    root: str
    plural: str
    selector: str = ""

    def path(self, namespace: str) -> str:
        """The list of a namespace, or of the whole cluster."""
        return f"{self.root}/namespaces/{namespace}/{self.plural}" if namespace else f"{self.root}/{self.plural}"


SERVICES = ListedKind(group_kind=Service.GROUP_KIND, root="/api/v1", plural="services")
SLICES = ListedKind(
    group_kind=EndpointSlice.GROUP_KIND,
    root="/apis/discovery.k8s.io/v1",
    plural="endpointslices",
    selector=SERVICE_NAME_LABEL,
)
PODS = ListedKind(group_kind=Pod.GROUP_KIND, root="/api/v1", plural="pods")
NODES = ListedKind(group_kind=Node.GROUP_KIND, root="/api/v1", plural="nodes")


def kinds_of(needs: ClusterNeeds) -> tuple[ListedKind, ...]:
    """What is listed for these needs, in this order."""
    wanted = {SERVICES: True, SLICES: needs.slices, PODS: needs.pods, NODES: needs.nodes}
    return tuple(kind for kind, is_needed in wanted.items() if is_needed)


def read_cluster(
    client: ClusterClient,
    name: str,
    needs: ClusterNeeds,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    page_size: int = PAGE_SIZE,
) -> ClusterState:
    """What the tree needs of the cluster. Lists that cannot be read are in `unread`, each with its reason.

    Raises UsageError and UnreachableError only for a login that cannot even be made.

    Services come first, then their slices, Pods and Nodes: each list is a snapshot of its own, and in this order a
    later one may lack what is gone by then, but never pairs a new Service with old servers.
    """
    client.login()
    reading = _Reading(client=client, needs=needs, page_size=page_size)
    read_at = clock()
    services, slices, pods, nodes = reading.all()
    origin = Origin(file=f"cluster {name}", is_cluster=True)
    return ClusterState(
        name=name,
        read_at=read_at,
        services={each.metadata.key: each.value() for each in services},
        slices=tuple(each.value(origin) for each in slices),
        nodes=tuple(each.value(origin) for each in nodes),
        pods=tuple(each.value(origin) for each in pods),
        unread=tuple(reading.unread),
    )


def read_items(client: ClusterClient, needs: ClusterNeeds) -> tuple[Item, ...]:
    """What the tree needs of the cluster, as `sync.cluster.state_file` writes it to a file.

    Raises UnreachableError if any list cannot be read, and as `read_cluster`.
    """
    client.login()
    reading = _Reading(client=client, needs=needs, page_size=PAGE_SIZE)
    services, slices, pods, nodes = reading.all()
    if reading.unread:
        first = reading.unread[0]
        raise UnreachableError(
            f"the {first.group_kind.kind}s could not be read: {first.reason}",
            fix="make sure that the cluster answers, and that the account may list them; nothing was written",
        )
    return (*services, *slices, *pods, *nodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Collects in `unread` what could not be read. Once no request can succeed, no more are sent."""

    client: ClusterClient
    needs: ClusterNeeds
    page_size: int
    unread: list[Unread] = field(default_factory=list)
    stopped: list[ClusterError] = field(default_factory=list)

    def all(
        self,
    ) -> tuple[tuple[ServiceItem, ...], tuple[SliceItem, ...], tuple[PodItem, ...], tuple[NodeItem, ...]]:
        """Whatever counts of every kind. What is being deleted does not; a slice does, as long as it is there."""
        needs, wanted, namespaces = self.needs, self.needs.services, set(self.needs.namespaces)
        return (
            self._of(SERVICES, ServiceItem, lambda item: _stays(item) and item.metadata.key in wanted),
            self._of(SLICES, SliceItem, lambda item: item.service_key in wanted) if needs.slices else (),
            self._of(PODS, PodItem, lambda item: _stays(item) and item.metadata.namespace in namespaces)
            if needs.pods
            else (),
            self._whole(NODES, NodeItem) if needs.nodes else (),
        )

    def _of(self, kind: ListedKind, item: type[I], counts: Callable[[I], bool]) -> tuple[I, ...]:
        """The objects in the namespaces that count, by one list, or by one of each namespace."""
        namespaces = self.needs.namespaces
        if len(namespaces) > MOST_NAMESPACES:
            try:
                return self._list(kind, "", item, counts)
            except ClusterError as error:
                if error.status != 403:
                    self._note(kind, "", error)
                    return ()
        found: list[I] = []
        for namespace in namespaces:
            try:
                found += self._list(kind, namespace, item, counts)
            except ClusterError as error:
                self._note(kind, namespace, error)
        return tuple(found)

    def _whole(self, kind: ListedKind, item: type[I]) -> tuple[I, ...]:
        """The objects of a kind that has no namespaces."""
        try:
            return self._list(kind, "", item, _stays)
        except ClusterError as error:
            self._note(kind, "", error)
            return ()

    def _list(self, kind: ListedKind, namespace: str, item: type[I], counts: Callable[[I], bool]) -> tuple[I, ...]:
        if self.stopped:
            raise self.stopped[0]
        path, size = kind.path(namespace), self.page_size
        return read_list(self.client, path, item, counts, selector=kind.selector, page_size=size)

    def _note(self, kind: ListedKind, namespace: str, error: ClusterError) -> None:
        if error.status in STOPPING:
            self.stopped.append(error)
        self.unread.append(Unread(group_kind=kind.group_kind, namespace=namespace, reason=error.reason))


def _stays(item: Item) -> bool:
    return item.metadata.deletion_timestamp is None
