"""One cluster → what it makes of the Services of a tree; what cannot be read is said, and raises nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from sync.cluster.client import ClusterClient, ClusterError
from sync.cluster.lists import PAGE_SIZE, Item, read_list
from sync.cluster.objects import Parser, picking
from sync.errors import UnreachableError
from sync.model.cluster import ClusterNeeds, ClusterState, Unread
from sync.model.resources.core import SERVICE_NAME_LABEL, EndpointSlice, Node, Pod, Service
from sync.model.resources.resource import GroupKind, Resource

T = TypeVar("T")

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
    parser = Parser(origin=f"cluster {name}")
    read_at = clock()
    services = reading.of(SERVICES, parser.services)
    slices = reading.of(SLICES, lambda items: parser.resources(EndpointSlice, items)) if needs.slices else ()
    pods = reading.of(PODS, lambda items: parser.resources(Pod, items)) if needs.pods else ()
    nodes = reading.whole(NODES, lambda items: parser.resources(Node, items)) if needs.nodes else ()
    wanted = needs.services
    return ClusterState(
        name=name,
        read_at=read_at,
        services={each.key: each for each in services if each.key in wanted},
        slices=tuple(each for each in slices if (each.namespace, each.service_name) in wanted),
        nodes=nodes,
        pods=tuple(each for each in pods if each.namespace in needs.namespaces),
        unread=tuple(reading.unread),
    )


def read_items(client: ClusterClient, needs: ClusterNeeds) -> Mapping[type[Resource], tuple[Item, ...]]:
    """What the tree needs of the cluster as the API server prints it, with only the fields that count.

    Raises UnreachableError if any list cannot be read, and as `read_cluster`.
    """
    client.login()
    reading = _Reading(client=client, needs=needs, page_size=PAGE_SIZE)
    wanted = needs.services
    services = reading.of(SERVICES, picking(Service))
    slices = reading.of(SLICES, picking(EndpointSlice)) if needs.slices else ()
    pods = reading.of(PODS, picking(Pod)) if needs.pods else ()
    nodes = reading.whole(NODES, picking(Node)) if needs.nodes else ()
    if reading.unread:
        first = reading.unread[0]
        raise UnreachableError(
            f"the {first.group_kind.kind}s could not be read: {first.reason}",
            fix="make sure that the cluster answers, and that the account may list them; nothing was written",
        )
    return {
        Service: tuple(each for each in services if _key(each, "name") in wanted),
        EndpointSlice: tuple(each for each in slices if _key(each, "labels", SERVICE_NAME_LABEL) in wanted),
        Pod: pods,
        Node: nodes,
    }


def _key(item: Item, *path: str) -> tuple[str, str]:
    metadata = item.get("metadata") or {}
    found: Any = metadata
    for step in path:
        found = (found or {}).get(step, "")
    return (metadata.get("namespace", ""), found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Collects in `unread` what could not be read. After a request without an answer nothing more is sent."""

    client: ClusterClient
    needs: ClusterNeeds
    page_size: int
    unread: list[Unread] = field(default_factory=list)
    no_answer: list[ClusterError] = field(default_factory=list)

    def of(self, kind: ListedKind, parse: Callable[[Iterable[Item]], Iterable[T]]) -> tuple[T, ...]:
        """The objects in the namespaces that count, by one list, or by one of each namespace."""
        namespaces = self.needs.namespaces
        if len(namespaces) > MOST_NAMESPACES:
            try:
                return self._list(kind, "", parse)
            except ClusterError as error:
                if error.status != 403:
                    self._note(kind, "", error)
                    return ()
        found: list[T] = []
        for namespace in namespaces:
            try:
                found += self._list(kind, namespace, parse)
            except ClusterError as error:
                self._note(kind, namespace, error)
        return tuple(found)

    def whole(self, kind: ListedKind, parse: Callable[[Iterable[Item]], Iterable[T]]) -> tuple[T, ...]:
        """The objects of a kind that has no namespaces."""
        try:
            return self._list(kind, "", parse)
        except ClusterError as error:
            self._note(kind, "", error)
            return ()

    def _list(self, kind: ListedKind, namespace: str, parse: Callable[[Iterable[Item]], Iterable[T]]) -> tuple[T, ...]:
        if self.no_answer:
            raise self.no_answer[0]
        return read_list(
            self.client,
            kind.path(namespace),
            kind.group_kind.kind,
            parse,
            selector=kind.selector,
            page_size=self.page_size,
        )

    def _note(self, kind: ListedKind, namespace: str, error: ClusterError) -> None:
        if not error.status:
            self.no_answer.append(error)
        self.unread.append(Unread(group_kind=kind.group_kind, namespace=namespace, reason=error.reason))
